"""Submissions over the API: sent in by anyone, read by staff, confirmed by recruiters."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from service.api.examples import EXAMPLES
from service.api.submission_records import (
    ContentOut,
    ReceiptOut,
    ReceivedOut,
    RevisionOut,
    SentFileOut,
    SubmissionOut,
)
from service.core.db import new_id
from service.domain.accounts.actor import require
from service.domain.jobs.queries import get_job_to_send_to, list_questions
from service.domain.submissions import policy
from service.domain.submissions.actions import confirm_revision, receive_submission
from service.domain.submissions.inputs import ConfirmInput, SubmissionInput
from service.domain.submissions.queries import (
    get_file,
    get_revision_by_id,
    get_sent,
    get_submission,
    list_revisions,
    read_receipt_token,
)
from service.domain.submissions.shown import get_shown
from service.domain.submissions.tables import Source
from service.domain.submissions.texts import find_texts
from service.doors.downloads import send_stored
from service.doors.listing import ListQuery, PageOut
from service.doors.openapi import schema_of
from service.doors.preconditions import IfMatch
from service.doors.routes import JsonRoute, StaffRoute
from service.doors.short_lists import answer_few
from service.doors.submission_intake import (
    SentHere,
    admit,
    consent_of,
    read_content,
    receipt_path,
)
from service.doors.tools import Tools
from service.doors.uploads import store_uploads
from service.doors.visit import PublicVisit, StaffVisit

LARGEST_REVISION = 2**31 - 1

public = APIRouter(tags=["submissions"], route_class=JsonRoute)
router = APIRouter(prefix="/submissions", tags=["submissions"], route_class=StaffRoute)

_SHAPE = schema_of(SubmissionInput)
_FILES = {
    "type": "array",
    "items": {"type": "string", "contentMediaType": "application/octet-stream"},
    "description": "One part named `files` for each file that the submission names.",
}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {"schema": _SHAPE},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "description": "The submission as one JSON part; or its fields as plain ones, "
                "those of one exhibit too: `name`, `email`, `consent`, `claim` …",
                "properties": {"submission": _SHAPE, "files": _FILES},
                "anyOf": [
                    {"required": ["submission"]},
                    {"required": ["name", "email", "consent"]},
                ],
            },
            "encoding": {"submission": {"contentType": "application/json"}},
            "example": {"submission": EXAMPLES["SubmissionInput"], "files": ["%PDF-1.7 …"]},
        },
    },
}


@public.post(
    "/jobs/{slug}/submissions",
    status_code=201,
    response_model=ReceivedOut,
    openapi_extra={"requestBody": _BODY},
)
def submit(visit: PublicVisit, slug: str, sent: SentHere) -> Response:
    """Send a submission for a job, as JSON or as a form with files.

    Another one from the same address waits until the person confirms it from a mail.
    """
    with visit.reading() as (db, _me):
        job = get_job_to_send_to(db, slug)
        questions = list_questions(db, job.id)
    if sent.is_trapped:
        return _received(visit.tools, visit, new_id())
    content = read_content(sent, questions)
    admit(visit.tools, visit.network)
    files = store_uploads(visit.tools, sent.form.uploads, sent.places)
    text, version = consent_of(visit.tools.settings)
    with visit.writing() as (db, me):
        received = receive_submission(
            db,
            me,
            get_job_to_send_to(db, slug),
            content,
            files,
            source=Source.API,
            consent_text=text,
            consent_version=version,
        )
        return _received(visit.tools, visit, received.id)


@public.get("/receipts/{token}", response_model=ReceiptOut)
def receipt(visit: PublicVisit, token: str) -> Response:
    """What was just sent, for whoever sent it."""
    id = read_receipt_token(visit.tools.key, token)
    with visit.reading() as (db, _me):
        sent, job = get_sent(db, id)
        files = [SentFileOut(name=file.name, size=file.size) for file in sent.files]
        out = ReceiptOut(id=sent.id, job=job.title, received_at=sent.created_at, files=files)
        return visit.answer(out, headers={"Cache-Control": "private, no-store"})


@router.get("/{id}", response_model=SubmissionOut)
def read(
    visit: StaffVisit,
    id: UUID,
    revision: Annotated[int | None, Query(ge=1, le=LARGEST_REVISION)] = None,
) -> Response:
    """One submission with the newest revision, or the one asked for."""
    with visit.reading() as (db, me):
        shown = get_shown(db, me, id, revision)
        return visit.answer(SubmissionOut.of(shown), etag=shown.about.version)


@router.get("/{id}/revisions", response_model=PageOut[RevisionOut])
def read_revisions(visit: StaffVisit, id: UUID, query: Annotated[ListQuery, Query()]) -> Response:
    """All revisions, oldest first; those that wait only for who may confirm them."""
    with visit.reading() as (db, me):
        submission = get_submission(db, me, id)
        items = [RevisionOut.of(revision) for revision in list_revisions(db, me, submission)]
        return answer_few(visit, me, query, items, etag=submission.version)


@router.get("/{id}/revisions/{revision_id}", response_model=ContentOut)
def read_revision(visit: StaffVisit, id: UUID, revision_id: UUID) -> Response:
    """One revision, whole, also one that waits to be confirmed."""
    with visit.reading() as (db, me):
        submission = get_submission(db, me, id)
        revision = get_revision_by_id(db, me, submission, revision_id)
        out = ContentOut.of(revision, find_texts(db, revision.files))
        return visit.answer(out, etag=submission.version)


@router.post("/{id}/revisions/{revision_id}/confirm", response_model=RevisionOut)
def confirm(
    visit: StaffVisit, id: UUID, revision_id: UUID, body: ConfirmInput, if_match: IfMatch
) -> Response:
    """Take a waiting revision as the person's own, by hand and with a reason."""
    with visit.writing() as (db, me):
        submission = get_submission(db, me, id, version=if_match)
        require(policy.may_handle(me))
        revision = get_revision_by_id(db, me, submission, revision_id)
        confirm_revision(db, me, submission, revision, reason=body.reason)
        return visit.answer(RevisionOut.of(revision), etag=submission.version)


@router.head("/{id}/files/{file_id}", response_class=Response)
@router.get(
    "/{id}/files/{file_id}",
    response_class=Response,
    responses={
        200: {"description": "All bytes, by the file's own type.", "content": {"*/*": {}}},
        206: {"description": "The range of bytes that was asked for.", "content": {"*/*": {}}},
        304: {"description": "The file is the one named by `If-None-Match`."},
    },
)
def download(visit: StaffVisit, request: Request, id: UUID, file_id: UUID) -> Response:
    """The bytes of a file, always to be saved, never to be shown; one range may be asked for."""
    with visit.reading() as (db, me):
        submission = get_submission(db, me, id)
        file = get_file(db, me, submission, file_id)
    return send_stored(request, visit.tools.blobs, file)


def _received(tools: Tools, visit: PublicVisit, id: UUID) -> Response:
    path = receipt_path(tools, id)
    out = ReceivedOut(id=id, status_url=f"{tools.settings.site}{path}")
    return visit.answer(out, status=201, headers={"Location": f"/api/v1{path}"})
