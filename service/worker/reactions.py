"""What follows from what happened. The whole list, in one place."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from sqlmodel import Session

from service.core.errors import NotFound
from service.core.outbox import EventRow, Task
from service.doors.tools import Tools
from service.settings import Settings
from service.worker import letters
from service.worker.texts import ask_for_texts
from service.worker.work import Effect

Reaction = Callable[[Session, Settings, EventRow], None]

REACTIONS: dict[str, list[Reaction]] = {
    "submission.received": [letters.thank, ask_for_texts],
    "revision.received": [letters.ask_to_confirm],
    "revision.confirmed": [letters.tell_of_new_evidence, ask_for_texts],
    "revision.added": [ask_for_texts],
    "revision.expired": [letters.tell_recruiters],
    "status_link.requested": [letters.mail_status_links],
    "draft_link.requested": [letters.mail_draft_link],
    "withdrawal.requested": [letters.mail_withdraw_link],
    "user.created": [letters.welcome],
    "user.password_reset_requested": [letters.mail_password_reset],
    "reviewer.assigned": [letters.tell_reviewer],
}


def react(tools: Tools, task: Task) -> Effect | None:
    """All that follows from one event, in the transaction that ends its task: once, or not yet."""
    event_id = UUID(str(task.payload["event_id"]))

    def effect(session: Session) -> None:
        event = session.get_one(EventRow, event_id)
        for reaction in REACTIONS.get(event.name, []):
            with suppress(NotFound):  # what it was about was erased meanwhile: nothing follows
                reaction(session, tools.settings, event)

    return effect
