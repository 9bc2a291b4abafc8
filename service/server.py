"""Runs the doors: the server with its limits, the worker beside it, and a calm end of both."""

import os
import signal
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from service.app import build_tools, create_app
from service.core import logs
from service.core.metrics import SHARED_FOLDER
from service.core.selfcheck import check_database
from service.doors.tools import Tools
from service.doors.wire import Wire, WireConfig
from service.settings import Settings
from service.worker.loop import run_worker

DRAIN_SECONDS = 20  # for requests under way, after the wish to stop; with the worker less than 30
WORKER_SECONDS = 5  # for the worker's task in hand; what it does not finish, it does again
BACKLOG = 2048


class CannotServe(Exception):
    """Why the server cannot start, and what to do."""


class QuietServer(uvicorn.Server):
    """Stops on SIGINT and SIGTERM, and then simply returns."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()  # uvicorn would raise them again


@contextmanager
def ending_calmly() -> Generator[None]:
    """Ctrl-C and SIGTERM end the block without an error, whenever they come."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        yield


def listen(settings: Settings) -> socket.socket:
    """A socket at the address of the settings. Raises CannotServe."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotServe(
            f"Cannot listen on {settings.host}, port {settings.port}: {error.strerror or error}. "
            "Choose another with EXHIBIT_HOST and EXHIBIT_PORT."
        ) from error


def serve_here(tools: Tools, listener: socket.socket) -> None:
    """Answer requests until a signal says stop."""
    config = config_for(tools.settings, create_app(tools))
    QuietServer(config).run([listener])


def serve_in_processes(settings: Settings, listener: socket.socket, workers: int) -> None:
    """Several processes behind one socket; each makes its own tools from the environment."""
    with TemporaryDirectory(prefix="exhibit-figures-") as folder:
        os.environ[SHARED_FOLDER] = folder
        os.environ["EXHIBIT_PORT"] = str(settings.port)  # the one we got, where any would do
        app = "service.server:app_of_this_process"
        listener.set_inheritable(True)
        config = config_for(settings, app, workers=workers, factory=True)
        Multiprocess(config, [listener]).run()


def app_of_this_process() -> FastAPI:
    """What each of several server processes runs."""
    settings = Settings()
    logs.configure(settings.log_level)
    tools = build_tools(settings)
    check_database(tools.database)
    return create_app(tools)


def config_for(settings: Settings, app: FastAPI | str, **others: Any) -> WireConfig:
    """uvicorn as we want it: our connections, no names of software, no trust in strangers."""
    return WireConfig(
        app,
        header_seconds=settings.limits.header_seconds,
        body_seconds=settings.limits.body_seconds,
        is_secure=settings.is_secure,
        http=Wire,
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # ours is in service/doors/proxy.py
        backlog=BACKLOG,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        **others,
    )


def work_here(tools: Tools) -> None:
    """Be the worker until a signal says stop."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    run_worker(tools, stop)


@contextmanager
def working(tools: Tools) -> Generator[None]:
    """The worker runs in a thread for as long as the block does."""
    stop = threading.Event()
    thread = threading.Thread(target=run_worker, args=(tools, stop), name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(WORKER_SECONDS)
