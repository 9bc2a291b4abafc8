"""How much a request may send, and until when: known from its headers, or found on the way."""

import asyncio
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.core.errors import Malformed, Refusal
from service.doors.refusals import answer_of
from service.doors.transport import BodyTooLarge, TooSlow
from service.settings import MIB, Limits

FORM_OVERHEAD = 2 * MIB  # the fields of a form beside its files
LONG = 18  # digits: more than any store holds, and no work for int()
PLAIN_FORM = 8  # a form without files, percent-encoded, against the JSON of the same words


class BodyLimits:
    """Refuses a body that is too large or too slow, by an answer the client can read."""

    def __init__(self, app: ASGIApp, *, limits: Limits) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = self._most(headers.get("content-type", ""))
        body = _Body(receive, send, headers, most=most, seconds=self.limits.body_seconds)
        body.waits = "expect" in headers
        if (refusal := _refusal(headers, most)) is not None:
            await answer_of(refusal, headers)(scope, receive, body.send)
        else:
            await self.app(scope, body.receive, body.send)

    def _most(self, content_type: str) -> int:
        kind = content_type.partition(";")[0].strip().lower()
        if kind == "multipart/form-data":
            return self.limits.submission_bytes + FORM_OVERHEAD
        if kind == "application/x-www-form-urlencoded":
            return PLAIN_FORM * self.limits.json_bytes
        return self.limits.json_bytes


def _refusal(headers: Headers, most: int) -> Refusal | None:
    """What can be said before anything is read."""
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        return Malformed()
    return BodyTooLarge(limit=most) if len(length) > LONG or int(length) > most else None


class _Body:
    """One request's body on its way in. What breaks a limit is raised where it is read."""

    def __init__(
        self, receive: Receive, send: Send, headers: Headers, *, most: int, seconds: float
    ) -> None:
        self._receive = receive
        self._send = send
        self._headers = headers
        self._most = most
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._size = 0
        self._whole = False
        self._refusal: Refusal | None = None
        self._replaced = False
        self.waits = False  # for `100 Continue`, which the server sends when we begin to read

    async def receive(self) -> Message:
        if self._whole:  # what comes now is only the news that the client has left
            return await self._receive()
        if self._refusal:
            raise self._refusal
        self.waits = False
        try:
            async with asyncio.timeout(self._until - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            raise self._refuse(TooSlow(seconds=self._seconds)) from None
        self._whole = not message.get("more_body", False)
        self._size += len(message.get("body", b""))
        if self._size > self._most:
            raise self._refuse(BodyTooLarge(limit=self._most))
        return message

    def _refuse(self, refusal: Refusal) -> Refusal:
        self._refusal = refusal
        return refusal

    async def send(self, message: Message) -> None:
        """Whatever a reader made of the refusal (a 400, a 500), the client sees the refusal."""
        if message["type"] != "http.response.start":
            if not self._replaced:
                await self._send(message)
            return
        if self._refusal:
            self._replaced = True
            await _say_and_close(answer_of(self._refusal, self._headers), self._send)
            return
        if self.waits:  # it may now send its body or not: nobody could tell what comes next
            MutableHeaders(scope=message)["Connection"] = "close"
        await self._send(message)


async def _say_and_close(answer: Response, send: Send) -> None:
    headers = [*answer.raw_headers, (b"connection", b"close")]
    start = {"status": answer.status_code, "headers": headers}
    await send({"type": "http.response.start", **start})
    await send({"type": "http.response.body", "body": bytes(answer.body)})
