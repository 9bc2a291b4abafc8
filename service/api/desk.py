"""What staff do across submissions, over the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from service.domain.desk.inputs import SubmissionFilter
from service.domain.desk.queries import FoundIn, list_submissions
from service.domain.submissions.tables import Decision, EvidenceKind
from service.doors.listing import ListQuery, PageOut, ask
from service.doors.routes import StaffRoute
from service.doors.visit import StaffVisit

router = APIRouter(prefix="/submissions", tags=["submissions"], route_class=StaffRoute)


class SubmissionsQuery(SubmissionFilter, ListQuery):
    """Filters, sort and paging together."""


class PieceOut(BaseModel):
    """Some words of an excerpt."""

    model_config = ConfigDict(from_attributes=True)

    text: str = Field(description="The words, as they were sent; not escaped for HTML.")
    marked: bool = Field(description="Whether they are what was searched for.")


class ExcerptOut(BaseModel):
    """Where a search was found in a submission."""

    model_config = ConfigDict(from_attributes=True)

    place: FoundIn = Field(description="In what part of the submission.")
    name: str = Field(
        description="Title or number of the piece of evidence, the question, or the file's name."
    )
    pieces: list[PieceOut] = Field(description="The words, one after the other.")


class SubmissionItem(BaseModel):
    """One line of the list; a sealed score is null, so is what only those who hire may know."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    job: str = Field(description="Slug of the job.")
    stage: str = Field(description="Key of the stage it is in.")
    stage_name: str = Field(description="Name of that stage.")
    decision: Decision | None
    name: str
    email: str
    mixed_script: bool
    submitted_at: datetime = Field(description="When the first revision came in.")
    updated_at: datetime
    version: int
    revision: int = Field(description="Number of the newest confirmed revision.")
    waiting: int | None
    evidence_count: int = Field(description="How many pieces of evidence it holds.")
    evidence_kinds: list[EvidenceKind] = Field(description="The kinds of these, each once.")
    reviews_done: int | None = Field(
        description="How many reviews are done; null for who does not run the job."
    )
    reviews_wanted: int | None = Field(
        description="How many the job asks for; null for who does not run the job."
    )
    score: float | None = Field(
        description="Mean of the locked scorecards' composites; null while sealed, or without any."
    )
    excerpts: list[ExcerptOut] = Field(
        description="Where `q` was found, three places at most; empty without `q`."
    )


@router.get("", response_model=PageOut[SubmissionItem])
def list_all(visit: StaffVisit, query: Annotated[SubmissionsQuery, Query()]) -> Response:
    """Submissions one may see. The last page has a `sync` cursor for the next `updated_since`."""
    with visit.reading() as (db, me):
        asked = ask(visit, db, me, query)
        page = list_submissions(db, me, query, asked.slice, since=asked.since)
        return asked.answer(page, SubmissionItem.model_validate)
