"""The HTTP/1.1 connection: what may arrive on it, how much of it, and until when.

uvicorn has no deadline for a slow request and takes headers of any size; both end here. What is
not clearly one request is refused and the connection closed, so that nobody can hide a second
request behind it.
"""

import asyncio
import logging
from typing import Any

import httptools
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from service.core.errors import Malformed, Refusal
from service.doors.admission import HEADER_BYTES, HEADER_COUNT, URL_BYTES
from service.doors.refusals import problem_of
from service.doors.security import security_headers
from service.doors.transport import HeadersTooLarge, TooSlow, UrlTooLong

GRACE = 5  # seconds: whoever reads the body answers first, and better
LINGER = 2  # seconds in which a client may read why it was refused
UNREAD = 8 * 1024 * 1024  # bytes of a body nobody wants, read so that the answer arrives
HEAD_BYTES = HEADER_BYTES + URL_BYTES

log = logging.getLogger("exhibit.wire")


class WireConfig(Config):
    """uvicorn's settings and ours, which it hands to every connection."""

    def __init__(
        self,
        app: Any,
        *,
        header_seconds: float,
        body_seconds: float,
        is_secure: bool,
        **others: Any,
    ) -> None:
        super().__init__(app, **others)
        self.header_seconds = header_seconds
        self.body_seconds = body_seconds
        self.is_secure = is_secure


class Refused(Exception):
    """Stops the parser; it hands it on as the cause of its own error."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class Wire(HttpToolsProtocol):
    """One connection."""

    config: WireConfig

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._deadline: asyncio.TimerHandle | None = None
        self._in_head = True  # waiting for a request, or in the middle of its headers
        self._has_begun = False
        self._began_here = False  # in the piece that came last, behind an earlier request's body
        self._ended_here = False  # so what came last was a body, not headers
        self._is_deaf = False  # refused: what still comes is thrown away
        self._head_size = 0
        self._unread = 0

    # The connection

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect_within(self.config.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._is_deaf:
            return
        if self._in_head and self._deadline is None:
            self._expect_within(self.config.header_seconds)
        self._began_here = self._ended_here = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._is_deaf = True  # the answer to this request is the last one
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause.refusal if isinstance(cause, Refused) else Malformed())
        else:
            self._weigh_head(len(data))

    # What the parser finds

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._has_begun = self._began_here = True

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > URL_BYTES + 1:  # with the question mark
            raise Refused(UrlTooLong(limit=URL_BYTES))

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            raise Refused(Malformed())  # trailers would pass for headers
        super().on_header(name, value)
        size = sum(len(name) + len(value) + 4 for name, value in self.headers)
        if len(self.headers) > HEADER_COUNT or size > HEADER_BYTES:
            raise Refused(HeadersTooLarge(count=HEADER_COUNT, limit=HEADER_BYTES))

    def on_headers_complete(self) -> None:
        if not self._is_plain():
            raise Refused(Malformed())
        self._expect_within(self.config.body_seconds + GRACE)
        self._in_head = False
        self._head_size = self._unread = 0
        super().on_headers_complete()
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if self.cycle.response_complete:
            self._unread += len(body)
            if self._unread > UNREAD:
                self.transport.close()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._expect_nothing()
        self._in_head, self._has_begun, self._ended_here = True, False, True

    def _is_plain(self) -> bool:
        """One target on this host, and at most one way to tell where the body ends."""
        version, names = self.parser.get_http_version(), [name for name, _value in self.headers]
        if version not in {"1.0", "1.1"} or not self.url.startswith(b"/"):
            return False
        if b"transfer-encoding" in names:
            return version == "1.1" and b"content-length" not in names
        return names.count(b"content-length") <= 1

    # Limits

    def _weigh_head(self, size: int) -> None:
        """Headers count as they arrive; a single one of 2 MB is not waited for."""
        if self._in_head and not (self._began_here or self._ended_here):
            self._head_size += size
            if self._head_size > HEAD_BYTES:
                self._refuse(HeadersTooLarge(count=HEADER_COUNT, limit=HEADER_BYTES))

    def _expect_within(self, seconds: float) -> None:
        self._expect_nothing()
        self._deadline = self.loop.call_later(seconds, self._too_late, seconds)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self, seconds: float) -> None:
        if self._in_head and not self._has_begun:
            self._is_deaf = True
            if not self._finish_earlier():
                self.transport.close()
        else:
            self._refuse(TooSlow(seconds=seconds))

    # Refusing

    def _refuse(self, refusal: Refusal) -> None:
        """Answer, stop writing, and let the client read it for a moment before we hang up."""
        self._is_deaf = True
        self._expect_nothing()
        if self.transport.is_closing() or self._finish_earlier():
            return
        log.warning("A request was refused before it was whole.", extra={"code": refusal.code})
        if not self._in_head:
            if self.cycle.response_complete:  # it has its answer already
                self.transport.close()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(raw_answer(refusal, is_secure=self.config.is_secure))
        self.transport.write_eof()
        self._deadline = self.loop.call_later(LINGER, self.transport.close)

    def _finish_earlier(self) -> bool:
        """Whether an answer to an earlier request is under way; it then is the last one."""
        cycle = self.cycle
        if self.pipeline:
            self.pipeline.clear()
            return True
        if cycle is None or cycle.response_complete:
            return False
        if cycle.more_body and not cycle.response_started:
            return False
        cycle.keep_alive = False
        return True


def raw_answer(refusal: Refusal, *, is_secure: bool) -> bytes:
    """The whole answer as it goes over the wire."""
    answer = problem_of(refusal)
    headers = security_headers("/api/", is_secure=is_secure) | dict(answer.headers)
    headers["Connection"] = "close"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status_code} Refused\r\n{lines}\r\n".encode() + bytes(answer.body)
