"""What staff do across submissions, over the API."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from service.domain.desk.inputs import SubmissionFilter
from service.domain.desk.queries import Gone, SubmissionLine, list_submissions, sync_point
from service.domain.submissions.tables import Decision, EvidenceKind
from service.doors.listing import ListQuery, PageOut, ask
from service.doors.routes import StaffRoute
from service.doors.visit import StaffVisit

router = APIRouter(prefix="/submissions", tags=["submissions"], route_class=StaffRoute)


class SubmissionsQuery(SubmissionFilter, ListQuery):
    """Filters, sort and paging together."""


class SubmissionItem(BaseModel):
    """One line of the list; a sealed score is null."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    job: str
    stage: str
    stage_name: str
    decision: Decision | None
    name: str
    email: str
    submitted_at: datetime
    updated_at: datetime
    version: int
    revision: int
    waiting: int
    evidence_count: int
    evidence_kinds: list[EvidenceKind]
    reviews_done: int | None
    reviews_wanted: int | None
    score: float | None


class Tombstone(BaseModel):
    """It is gone for the caller: out of sight, or no longer what was asked for."""

    id: UUID
    deleted: Literal[True] = True


def show(item: SubmissionLine | Gone) -> SubmissionItem | Tombstone:
    if isinstance(item, Gone):
        return Tombstone(id=item.id)
    return SubmissionItem.model_validate(item)


@router.get("", response_model=PageOut[SubmissionItem | Tombstone])
def list_all(visit: StaffVisit, query: Annotated[SubmissionsQuery, Query()]) -> Response:
    """Submissions one may see. The last page has a `sync` cursor for the next `updated_since`."""
    with visit.reading() as (db, me):
        asked = ask(visit, me, query, start=lambda: sync_point(db))
        page = list_submissions(db, me, query, asked.slice, since=asked.since)
        return asked.answer(page, show)
