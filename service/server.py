"""Runs the doors: the server with its limits, the worker beside it, and a calm end of both."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp
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
LOOK_SECONDS = 0.2  # a signal's handler may wake nobody: who is interrupted can hold that very lock
BACKLOG = 2048


class CannotServe(Exception):
    """Why the server cannot start, and what to do."""


class Ended(Exception):
    """Somebody wished us to stop before all was up."""


class Ending:
    """The wish to stop: the first signal is only noted, a second one interrupts at once.

    An interrupt between any two lines could leave a thread or a lock behind, or be lost in a
    callback; a note is looked at where one can stop, and stays. To note it takes no lock, which the
    code that was interrupted might hold.
    """

    def __init__(self) -> None:
        self.is_wished = False

    def note(self, _number: int, _frame: FrameType | None) -> None:
        if self.is_wished:
            raise KeyboardInterrupt
        self.is_wished = True

    def look(self) -> None:
        """Raises Ended."""
        if self.is_wished:
            raise Ended

    def wait(self) -> None:
        while not self.is_wished:
            time.sleep(LOOK_SECONDS)  # an event would take a lock, which `note` must not


@contextmanager
def ending_calmly() -> Generator[Ending]:
    """Ctrl-C and SIGTERM end the block without an error, whenever they come."""
    ending = Ending()
    with suppress(Ended, KeyboardInterrupt):
        _on_signal(ending.note)
        yield ending
    _on_signal(signal.SIG_DFL)  # nothing is left that would have to end first


def _on_signal(do: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, do)


class QuietServer(uvicorn.Server):
    """Stops when it is wished, and then simply returns."""

    def __init__(self, config: WireConfig, ending: Ending) -> None:
        super().__init__(config)
        self._ending = ending

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield  # ours stay as they are

    async def on_tick(self, counter: int) -> bool:
        self.should_exit |= self._ending.is_wished
        return await super().on_tick(counter)


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


def serve_here(tools: Tools, listener: socket.socket, ending: Ending) -> None:
    """Answer requests until it is time to end."""
    config = config_for(tools.settings, create_app(tools))
    ending.look()
    QuietServer(config, ending).run([listener])


def serve_in_processes(
    settings: Settings, listener: socket.socket, workers: int, ending: Ending
) -> None:
    """Several processes behind one socket; each makes its own tools from the environment."""
    with TemporaryDirectory(prefix="exhibit-figures-") as folder:
        os.environ[SHARED_FOLDER] = folder
        os.environ["EXHIBIT_PORT"] = str(settings.port)  # the one we got, where any would do
        app = "service.server:app_of_this_process"
        listener.set_inheritable(True)
        config = config_for(settings, app, workers=workers, factory=True)
        supervisor = Multiprocess(config, [listener])  # from here on it notes signals itself
        ending.look()
        supervisor.run()


def app_of_this_process() -> FastAPI:
    """What each of several server processes runs."""
    settings = Settings()
    logs.configure(settings.log_level)
    tools = build_tools(settings)
    check_database(tools.database)
    return create_app(tools)


def config_for(settings: Settings, app: ASGIApp | str, **others: Any) -> WireConfig:
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


def work_here(tools: Tools, ending: Ending) -> None:
    """Be the worker until it is time to end."""
    with working(tools, DRAIN_SECONDS):
        ending.wait()


@contextmanager
def working(tools: Tools, seconds: float = WORKER_SECONDS) -> Generator[None]:
    """The worker runs in a thread for as long as the block does, and `seconds` to end its task."""
    stop = threading.Event()
    thread = threading.Thread(target=run_worker, args=(tools, stop), name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(seconds)
