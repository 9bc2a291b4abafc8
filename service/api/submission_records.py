"""How a submission reads over the API."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from service.core.scripts import mixes_scripts
from service.domain.submissions.shown import EVIDENCE, Shown, ShownRow
from service.domain.submissions.tables import (
    Decision,
    Evidence,
    EvidenceKind,
    Revision,
    RevisionState,
    Source,
    SubmissionFile,
)
from service.domain.submissions.texts import TextOfFile, TextShown, text_of_file


class ReceivedOut(BaseModel):
    """What a sender is told: the same for everybody."""

    id: UUID
    status_url: str = Field(description="A page with a receipt of just what was sent.")


class SentFileOut(BaseModel):
    """A file, as it arrived."""

    name: str = Field(description="What the file is called.")
    size: int


class ReceiptOut(BaseModel):
    """Just what was sent, without what was sent before or what became of it."""

    id: UUID
    job: str = Field(description="Title of the job.")
    received_at: datetime
    files: list[SentFileOut] = Field(description="The files as they arrived.")


class FileOut(BaseModel):
    """A file of a revision."""

    id: UUID
    name: str = Field(description="What the file is called.")
    media_type: str = Field(description="Its type, found in its bytes.")
    size: int
    sha256: str
    evidence: int | None = Field(
        description="Number of the piece of evidence it belongs to; null: to none."
    )
    question: str | None = Field(description="Key of the question it answers; null: of none.")
    url: str = Field(description="Where its bytes are.")
    text: TextShown = Field(
        description="Whether what it says was read and is searched; `none`: there is no text in "
        "it, `encrypted`: it asks for a password, `unreadable`: it is damaged or too much."
    )
    pages: int | None = Field(description="How many pages it has; null unless it is a PDF.")


class EvidenceOut(BaseModel):
    """`number` stays the same in later revisions."""

    id: UUID
    number: int = Field(description="What ratings cite it by.")
    kind: EvidenceKind
    title: str
    claim: str
    contribution: str
    link: str | None
    started: str | None
    ended: str | None
    cannot_show: str
    vouchers: list[dict[str, str]]
    files: list[FileOut] = Field(description="The files that belong to it.")


class AnswerOut(BaseModel):
    """The answer to one question of the job."""

    key: str = Field(description="Key of the question.")
    question: str = Field(description="The question as it was asked.")
    kind: str = Field(description="How it was to be answered.")
    value: str | bool | int | float | list[str] = Field(
        description="Text, number, truth value, or a list of options."
    )


class ContentOut(BaseModel):
    """One revision, whole. `number` is null while it waits for the person to confirm it."""

    id: UUID
    number: int | None = Field(description="Its number; null while it waits.")
    state: RevisionState
    source: Source
    received_at: datetime
    confirm_reason: str
    name: str
    email: str
    mixed_script: bool
    location: str = Field(description="Where the person lives.")
    links: list[str]
    statement: str
    answers: list[AnswerOut]
    evidence: list[EvidenceOut]
    files: list[FileOut] = Field(description="All files of the revision.")

    @classmethod
    def of(cls, revision: Revision, texts: Mapping[str, TextOfFile]) -> "ContentOut":
        of = revision.submission_id
        files = [_file(of, file, texts[file.sha256]) for file in revision.files]
        return cls(
            id=revision.id,
            number=revision.number,
            state=revision.state,
            source=revision.source,
            received_at=revision.created_at,
            confirm_reason=revision.confirm_reason,
            name=revision.name,
            email=revision.email,
            mixed_script=revision.mixed_script,
            location=revision.location,
            links=revision.links,
            statement=revision.statement,
            answers=[AnswerOut.model_validate(answer) for answer in revision.answers],
            evidence=[_evidence(piece, files) for piece in revision.evidence],
            files=files,
        )


class JobRef(BaseModel):
    """The job, by name."""

    id: UUID
    slug: str
    title: str = Field(description="Title of the job.")


class StageRef(BaseModel):
    """The stage, by name."""

    key: str
    name: str = Field(description="What people call it.")


class CandidateRef(BaseModel):
    """Who sent it."""

    id: UUID
    name: str
    email: str
    mixed_script: bool


class SubmissionOut(BaseModel):
    """The whole record: where it stands, and what was sent in one revision (`revision`).

    How many additions wait `unconfirmed` is for those who may confirm them; null for others.
    """

    id: UUID
    version: int
    job: JobRef = Field(description="The job it is for.")
    stage: StageRef = Field(description="The stage it is in.")
    decision: Decision | None
    decided_at: datetime | None
    candidate: CandidateRef = Field(description="Who sent it.")
    created_at: datetime
    updated_at: datetime
    newest_revision: int = Field(description="Number of the newest confirmed revision.")
    unconfirmed: int | None
    revision: int | None = Field(description="Number of the revision shown; null when it waits.")
    revision_id: UUID = Field(description="Id of the revision shown.")
    state: RevisionState
    source: Source
    received_at: datetime
    confirm_reason: str
    location: str = Field(description="Where the person lives.")
    links: list[str]
    statement: str
    answers: list[AnswerOut]
    evidence: list[EvidenceOut]
    files: list[FileOut] = Field(description="All files of the revision shown.")

    @classmethod
    def of(cls, shown: Shown) -> "SubmissionOut":
        about = shown.about
        return cls(
            id=about.id,
            version=about.version,
            job=JobRef(id=about.job_id, slug=about.slug, title=about.title),
            stage=StageRef(key=about.stage_key, name=about.stage_name),
            decision=about.decision,
            decided_at=about.decided_at,
            candidate=_candidate(about),
            created_at=about.created_at,
            updated_at=about.updated_at,
            newest_revision=about.newest,
            unconfirmed=shown.unconfirmed,
            **_content(shown),
        )


class RevisionOut(BaseModel):
    """One revision, in short."""

    id: UUID
    number: int | None = Field(description="Its number; null unless confirmed.")
    state: RevisionState
    source: Source
    name: str
    received_at: datetime
    settled_at: datetime | None = Field(
        description="When it was confirmed or expired; null while it waits."
    )
    confirm_reason: str

    @classmethod
    def of(cls, revision: Revision) -> "RevisionOut":
        return cls(
            received_at=revision.created_at,
            **revision.model_dump(
                include={
                    "id",
                    "number",
                    "state",
                    "source",
                    "name",
                    "settled_at",
                    "confirm_reason",
                }
            ),
        )


def _candidate(about: ShownRow) -> CandidateRef:
    mixed = mixes_scripts(about.name, about.email)
    return CandidateRef(
        id=about.candidate_id, name=about.name, email=about.email, mixed_script=mixed
    )


def _content(shown: Shown) -> dict[str, Any]:
    """What was sent, in the revision shown."""
    about = shown.about
    texts = [text_of_file(file.media_type, file.state, file.pages) for file in shown.files]
    files = [_file(about.id, *each) for each in zip(shown.files, texts, strict=True)]
    return {
        "revision": about.number,
        "revision_id": about.revision_id,
        "state": about.state,
        "source": about.source,
        "received_at": about.received_at,
        "confirm_reason": about.confirm_reason,
        "location": about.location,
        "links": about.links,
        "statement": about.statement,
        "answers": [AnswerOut.model_validate(answer) for answer in about.answers],
        "evidence": [_evidence(piece, files) for piece in shown.evidence],
        "files": files,
    }


def _file(submission_id: UUID, file: SubmissionFile | ShownRow, text: TextOfFile) -> FileOut:
    return FileOut(
        id=file.id,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        evidence=file.evidence_number,
        question=file.question_key,
        url=f"/api/v1/submissions/{submission_id}/files/{file.id}",
        text=text.state,
        pages=text.pages,
    )


def _evidence(piece: Evidence | ShownRow, files: Sequence[FileOut]) -> EvidenceOut:
    own = [file for file in files if file.evidence == piece.number]
    return EvidenceOut(files=own, **{name: getattr(piece, name) for name in EVIDENCE})
