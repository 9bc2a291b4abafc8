"""Logs for machines: read back from the stderr of a real process."""

import json
import logging
import subprocess
import sys
import threading
from contextvars import copy_context
from typing import Any

import pytest

from service.core.logs import CUT, Lines, new_request_id, request_id

SET_UP = (
    "import logging\n"
    "from service.core.logs import *\n"
    "configure('info'); log = logging.getLogger('x')\n"
)


def lines(code: str) -> list[dict[str, Any]]:
    """What a fresh process that runs `code` writes to stderr."""
    command = [sys.executable, "-c", SET_UP + code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def formatted(message: str, *args: object, **extra: object) -> str:
    return Lines().format(logging.makeLogRecord({"msg": message, "args": args, **extra}))


def test_a_line_says_when_how_bad_where_and_what() -> None:
    [line] = lines("log.warning('disk at %d %%', 91, extra={'free': 7})")

    assert line.pop("time").endswith("Z")
    assert line == {"level": "warning", "logger": "x", "message": "disk at 91 %", "free": 7}


def test_a_request_is_told_without_who_and_what_was_sent() -> None:
    [line] = lines(
        "fresh = new_request_id()\n"
        "record_access(method='GET', route='/jobs/{slug}', status=200, ms=1.26, actor_id=None)"
    )

    assert len(line.pop("request_id")) == 32
    line.pop("time")
    assert line == {
        "level": "info", "logger": "exhibit.access", "message": "request", "method": "GET",
        "route": "/jobs/{slug}", "status": 200, "ms": 1.3, "actor_id": None,
    }  # fmt: skip


def test_an_error_is_told_without_its_words() -> None:
    [line] = lines(
        "def inner(): raise ValueError('ada@example.com')\n"
        "try:\n"
        "    try: inner()\n"
        "    except ValueError as error: raise KeyError('secret') from error\n"
        "except KeyError: log.exception('it broke')\n"
    )

    assert line["message"] == "it broke"
    assert line["exc_info"].startswith("builtins.KeyError > <string>:7 <module> from ")
    assert line["exc_info"].endswith("builtins.ValueError > <string>:6 <module> > <string>:4 inner")
    assert "ada" not in str(line)
    assert "secret" not in str(line)


@pytest.mark.parametrize(
    "hostile", ["a\nINFO faked line", "\x1b[31mred", "\r\x00\x85\u2028\u202e", "\ud800", '"}{"a":"']
)
def test_whatever_is_logged_stays_one_line_of_plain_characters(hostile: str) -> None:
    text = formatted("got %s", hostile, value=hostile)

    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text)["message"] == f"got {hostile}"
    assert json.loads(text)["value"] == hostile


def test_long_values_are_cut() -> None:
    line = json.loads(formatted("x" * 10**6, value=["y" * 10**6]))

    assert line["message"] == "x" * CUT + "… (1000000 characters)"
    assert len(line["value"]) < CUT + 30


def test_uvicorn_speaks_through_the_same_lines_and_keeps_its_own_access_line() -> None:
    said = lines(
        "import asyncio, uvicorn, socket, threading, urllib.request\n"
        "async def app(scope, receive, send):\n"
        "    if scope['type'] == 'http':\n"
        "        raise RuntimeError('ada@example.com')\n"
        "server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan='off'))\n"
        "s = socket.create_server(('127.0.0.1', 0))\n"
        "def ask():\n"
        "    try: urllib.request.urlopen(f'http://127.0.0.1:{s.getsockname()[1]}/secret?q=ada')\n"
        "    except OSError: pass\n"
        "    server.should_exit = True\n"
        "threading.Thread(target=ask).start()\n"
        "server.run([s])\n"
    )

    assert "Exception in ASGI application" in [line["message"].strip() for line in said]
    assert "secret" not in str(said)
    assert "ada" not in str(said)


def test_each_context_has_its_own_request_id() -> None:
    ids, here = set[str](), request_id.get()
    threads = [threading.Thread(target=lambda: ids.add(new_request_id())) for _ in range(3)]
    for thread in threads:
        thread.start()
        thread.join()

    assert len(ids) == 3
    assert copy_context().run(new_request_id) not in ids
    assert request_id.get() == here
