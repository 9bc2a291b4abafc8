"""Notes when a token or a browser was last seen, after the answer left: best effort, never late."""

from contextlib import suppress

from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from service.core.errors import Refusal
from service.doors.visit import Visit


class Sightings:
    """A visit that found its credential unseen for a while is noted here.

    It waits for no writer: when one is busy, the next visit is noted instead.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
        visit = scope.get("state", {}).get("unnoted")
        if isinstance(visit, Visit):
            await run_in_threadpool(_note, visit)


def _note(visit: Visit) -> None:
    with suppress(Refusal):
        visit.note()
