"""Around every request: its id, its log line, its figures, and a calm answer when we fail."""

import logging
import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.core.logs import new_request_id, record_access, request_id
from service.core.metrics import Metrics
from service.doors.refusals import problem_of
from service.doors.transport import Broken

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
UNSENDABLE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")  # what a header's value cannot carry
GONE = 499  # the client left before it had the whole answer

log = logging.getLogger("exhibit")


class Watching:
    """Never lets an exception out: the connection stays usable for the client's next request.

    An answer that breaks off in the middle is left incomplete, which the server turns into a
    closed connection, so that nobody takes half an answer for a whole one.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send, _id_of(scope))
        began = time.perf_counter()
        try:
            await self.app(scope, receive, answer.send)
        except Exception:
            log.exception("A request failed.")
            if not answer.status:
                await problem_of(Broken())(scope, receive, answer.send)
        finally:
            self._note(scope, answer, time.perf_counter() - began)

    def _note(self, scope: Scope, answer: "_Answer", seconds: float) -> None:
        status = answer.status if answer.is_complete else GONE
        method, route = scope["method"], template_of(scope)
        self.metrics.count(method, route, status, seconds)
        actor_id = scope.get("state", {}).get("actor_id")
        record_access(
            method=method,
            route=route,
            status=status,
            ms=seconds * 1000,
            actor_id=None if actor_id is None else str(actor_id),
        )


def _id_of(scope: Scope) -> str:
    """The id that the client or the proxy gave, if it is one, else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    if not SANE_ID.fullmatch(given):
        return new_request_id()
    request_id.set(given)
    return given


class _Answer:
    """What has been sent so far."""

    def __init__(self, send: Send, id_: str) -> None:
        self._send = send
        self._id = id_
        self.status = 0
        self.is_complete = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._id
            if any(UNSENDABLE.search(value) for _name, value in headers.raw):
                raise ValueError("A header of the answer has control characters.")
            self.status = message["status"]
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.is_complete = True


def template_of(scope: Scope) -> str:
    """The route as it is written in the code: `/api/v1/submissions/{id}`; never the path itself."""
    root = scope.get("root_path", "")
    template = getattr(scope.get("route"), "path_format", None)
    if template is None:
        return f"{root}/*" if root else "*"
    return f"{root}{template}"
