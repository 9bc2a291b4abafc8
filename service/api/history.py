"""What happened to a submission, over the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from service.core.outbox import ActorKind
from service.domain.history.queries import Entry, history_point, list_history
from service.domain.submissions.queries import get_submission
from service.doors.listing import ListQuery, PageOut, ask
from service.doors.routes import StaffRoute
from service.doors.visit import StaffVisit

router = APIRouter(prefix="/submissions", tags=["submissions"], route_class=StaffRoute)


class ByOut(BaseModel):
    """Who did it; candidates are not named here."""

    kind: ActorKind = Field(description="Whether a user, the candidate or the service itself.")
    id: UUID | None = Field(description="The user's id; null for others.")
    name: str = Field(description="The user's name, or what the others are called.")


class EntryOut(BaseModel):
    """One thing that happened: as an event's name, and as a sentence."""

    id: UUID
    at: datetime = Field(description="When it happened.")
    event: str = Field(description="Its name for programs; see docs/events.md.")
    text: str = Field(description="What happened, as a sentence.")
    by: ByOut = Field(description="Who did it.")
    reason: str = Field(description="The reason given; empty for who may not know it.")
    note: str = Field(description="The note left; empty for who may not know it.")

    @classmethod
    def of(cls, entry: Entry) -> "EntryOut":
        return cls(
            id=entry.id,
            at=entry.at,
            event=entry.name,
            text=entry.text,
            by=ByOut(kind=entry.by_kind, id=entry.by_id, name=entry.by_name),
            reason=entry.reason,
            note=entry.note,
        )


@router.get("/{id}/history", response_model=PageOut[EntryOut])
def list_events(visit: StaffVisit, id: UUID, query: Annotated[ListQuery, Query()]) -> Response:
    """What happened to a submission, the newest first, as far as you may know it."""
    with visit.reading() as (db, me):
        submission = get_submission(db, me, id)
        asked = ask(visit, db, me, query, start=lambda _: history_point(db, me, submission))
        page = list_history(db, me, submission, asked.slice, since=asked.since)
        return asked.answer(page, EntryOut.of)
