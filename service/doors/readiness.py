"""Whether this process can serve: its database and its files, asked within a few seconds."""

from anyio import CapacityLimiter, move_on_after, to_thread
from sqlalchemy.exc import SQLAlchemyError

from service.core.errors import Refusal, Unavailable
from service.core.migrations import is_current
from service.doors.tools import Tools

SECONDS = 5
AT_ONCE = 4  # threads that may hang on a store that does not answer
NO_FILE = "0" * 64

_line = CapacityLimiter(AT_ONCE)


class NotReady(Unavailable):
    code = "not_ready"
    message = "{reason}"


async def check_ready(tools: Tools) -> None:
    """Raises NotReady."""
    reason = "The database or the file store did not answer in time."
    with move_on_after(SECONDS):
        reason = await to_thread.run_sync(_fault, tools, abandon_on_cancel=True, limiter=_line)
    if reason:
        raise NotReady(reason=reason)


def _fault(tools: Tools) -> str:
    """What is out of order; empty when all is well. Names no host and no folder."""
    try:
        if not is_current(tools.database):
            return "The database is not at the newest migration: run `exhibit migrate`."
    except SQLAlchemyError:
        return "The database cannot be reached."
    try:
        tools.blobs.exists(NO_FILE)
    except Refusal:
        return "The file store cannot be reached."
    return ""
