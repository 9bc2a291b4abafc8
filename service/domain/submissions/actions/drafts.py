"""What a candidate has begun: kept as it was typed, with staged files, until sent or swept."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from pydantic_core import PydanticCustomError
from sqlalchemy import delete, update
from sqlmodel import Session, col

from service.core import outbox
from service.core.clock import utc_now
from service.core.db import new_id
from service.core.errors import NotFound, TooLarge
from service.core.words import email_key
from service.domain.accounts.actor import Actor
from service.domain.jobs.queries import is_taking
from service.domain.jobs.tables import Job
from service.domain.submissions.actions.content import count_blobs
from service.domain.submissions.actions.receive import JobClosed
from service.domain.submissions.events import (
    DraftLinkRequested,
    DraftRemoved,
    DraftSaved,
    FileStaged,
    StagedFileDropped,
)
from service.domain.submissions.inputs import StoredFile
from service.domain.submissions.tables import Blob, Draft, StagedFile

CONTENT_BYTES = 1024 * 1024
PLACE_LENGTH = 80


class DraftTooLarge(TooLarge):
    code = "draft_too_large"
    message = "A draft holds at most {limit}."


def save_draft(
    session: Session,
    actor: Actor,
    job: Job,
    fields: Sequence[tuple[str, str]],
    *,
    draft: Draft | None = None,
    id: UUID | None = None,
) -> Draft:
    """Keep a form's fields as they were typed, even where they are wrong.

    Without `draft` a new one begins, with this `id` if one is given.
    Raises DraftTooLarge, JobClosed.
    """
    if not is_taking(job):
        raise JobClosed
    content: dict[str, object] = {"fields": [list(pair) for pair in fields]}
    if len(json.dumps(content)) > CONTENT_BYTES:
        raise DraftTooLarge(limit="1 MiB of text")
    if draft is None:
        draft = Draft(id=id or new_id(), job_id=job.id, files=[])
    draft.content, draft.email = content, _address(fields)
    draft.updated_at = utc_now()  # so that it counts as touched when nothing else changed
    session.add(draft)
    session.flush()
    saved = DraftSaved(draft_id=draft.id, job_id=draft.job_id)
    outbox.record(session, actor, draft.id, saved)
    return draft


def stage_file(
    session: Session,
    actor: Actor,
    draft: Draft,
    file: StoredFile,
    *,
    most_files: int,
    most_bytes: int,
) -> StagedFile:
    """Keep a file in a draft; `file.place` is the form field it was put into.

    Raises DraftTooLarge, FileGone.
    """
    if len(draft.files) >= most_files:
        raise DraftTooLarge(limit=f"{most_files} files")
    if sum(staged.size for staged in draft.files) + file.size > most_bytes:
        raise DraftTooLarge(limit=f"{most_bytes} bytes of files")
    count_blobs(session, [file])
    staged = StagedFile(
        draft_id=draft.id,
        place=file.place[:PLACE_LENGTH],
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
    )
    draft.files.append(staged)
    draft.updated_at = utc_now()
    session.flush()
    outbox.record(session, actor, draft.id, FileStaged(draft_id=draft.id, file_id=staged.id))
    return staged


def drop_staged_file(session: Session, actor: Actor, draft: Draft, id: UUID) -> None:
    """Raises NotFound."""
    staged = next((file for file in draft.files if file.id == id), None)
    if staged is None:
        raise NotFound
    draft.files.remove(staged)
    session.delete(staged)
    draft.updated_at = utc_now()
    session.flush()
    release_blobs(session, [staged.sha256])
    outbox.record(session, actor, draft.id, StagedFileDropped(draft_id=draft.id, file_id=id))


def remove_draft(
    session: Session, actor: Actor, draft: Draft, *, sent_as: UUID | None = None
) -> None:
    """With all files staged in it, and its links. `sent_as` is what it became: a revision."""
    release_blobs(session, [file.sha256 for file in draft.files])
    session.expunge(draft)
    session.connection().execute(delete(Draft).where(col(Draft.id) == draft.id))
    removed = DraftRemoved(draft_id=draft.id, job_id=draft.job_id, revision_id=sent_as)
    outbox.record(session, actor, draft.id, removed)


def request_draft_link(session: Session, actor: Actor, draft: Draft, email: str) -> None:
    """Ask for a mail by which to go on later: the worker writes it to this address."""
    draft.email = email
    session.flush()
    asked = DraftLinkRequested(draft_id=draft.id, job_id=draft.job_id)
    outbox.record(session, actor, draft.id, asked)


def release_blobs(session: Session, hashes: Iterable[str]) -> None:
    """Count down who points to these bytes, always in one order; a sweep does the rest."""
    for sha256, count in sorted(Counter(hashes).items()):
        fewer = update(Blob).where(col(Blob.sha256) == sha256)
        session.connection().execute(fewer.values(refs=col(Blob.refs) - count))


def _address(fields: Sequence[tuple[str, str]]) -> str:
    """What was typed as the address, when it is one already."""
    typed = next((value.strip() for name, value in fields if name == "email"), "")
    try:
        email_key(typed)
    except PydanticCustomError:
        return ""
    return typed
