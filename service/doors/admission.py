"""Who may come in at all: a known host name, an address and headers of bearable size."""

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.core.errors import Malformed, Refusal
from service.doors.refusals import problem_of
from service.doors.transport import (
    BadPath,
    ExpectationFailed,
    HeadersTooLarge,
    NoWebSocket,
    UrlTooLong,
    WrongHost,
)
from service.settings import Settings

URL_BYTES = 8 * 1024
HEADER_BYTES = 16 * 1024
HEADER_COUNT = 100
HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:[0-9]{1,5})?", re.IGNORECASE)
UNREADABLE = re.compile(r"[\x00-\x1f\x7f\ufffd]")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  # compared with, not bound to


def known_hosts(settings: Settings) -> frozenset[str]:
    """The host names that are answered; `*` stands for any."""
    if settings.hosts:
        return frozenset(host.lower() for host in settings.hosts)
    names = set(LOOPBACK)
    if settings.base_url and settings.base_url.host:
        names.add(settings.base_url.host.lower())
    if settings.host not in ANYWHERE:
        names.add(f"[{settings.host}]" if ":" in settings.host else settings.host.lower())
    return frozenset(names)


class Admission:
    """Refuses, before anything is read or looked up."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope) if scope["type"] == "http" else NoWebSocket()
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            await problem_of(refusal)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = Headers(scope=scope)
        sizes = (len(name) + len(value) + 4 for name, value in headers.raw)
        if len(headers.raw) > HEADER_COUNT or sum(sizes) > HEADER_BYTES:
            return HeadersTooLarge(count=HEADER_COUNT, limit=HEADER_BYTES)
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > URL_BYTES:
            return UrlTooLong(limit=URL_BYTES)
        if not self._knows(headers.getlist("host")):
            return WrongHost()
        if UNREADABLE.search(scope["path"]):
            return BadPath()
        return _unwanted(headers)

    def _knows(self, hosts: list[str]) -> bool:
        found = HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        return found is not None and (
            "*" in self.hosts or found["name"].lower().rstrip(".") in self.hosts
        )


def _unwanted(headers: Headers) -> Refusal | None:
    """Wishes that HTTP knows and we do not."""
    if headers.get("expect", "100-continue").lower() != "100-continue":
        return ExpectationFailed()
    if "websocket" in headers.get("upgrade", "").lower():
        return NoWebSocket()
    if len(headers.getlist("content-type")) > 1 or len(headers.getlist("authorization")) > 1:
        return Malformed()
    return None
