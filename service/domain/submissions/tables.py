"""What candidates begin (drafts) and send (submissions), in revisions with evidence and files."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Index, SQLModel

from service.core.db import Row, Versioned, choice, linked, shaped
from service.core.scripts import mixes_scripts
from service.core.word_index import add_word_index
from service.domain.candidates.tables import Candidate
from service.domain.jobs.tables import Job, Stage


class Source(StrEnum):
    """The door a revision came in by."""

    FORM = "form"
    API = "api"
    STATUS_PAGE = "status_page"
    DEMO = "demo"


class Decision(StrEnum):
    """How a submission ends. Reserved words: no stage may have such a key."""

    HIRED = "hired"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class RevisionState(StrEnum):
    """Whether the person behind the address stands by what was sent."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    EXPIRED = "expired"


class EvidenceKind(StrEnum):
    """What kind of work a piece of evidence shows."""

    OPEN_SOURCE = "open_source"
    PRODUCTION_SYSTEM = "production_system"
    RESEARCH = "research"
    COMPETITION = "competition"
    PATENT = "patent"
    TALK = "talk"
    WRITING = "writing"
    OTHER = "other"


class LinkPurpose(StrEnum):
    """What a mailed link opens."""

    STATUS = "status"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"
    DRAFT = "draft"


class TextState(StrEnum):
    """Whether what a file says was read, and why not."""

    READ = "read"
    NONE = "none"
    ENCRYPTED = "encrypted"
    UNREADABLE = "unreadable"


class Blob(Row, table=True):
    """Bytes that rows point to, once per content, counted; made at their newest arrival."""

    __tablename__ = "blob"

    sha256: str = Field(max_length=64, unique=True)
    size: int
    refs: int = Field(default=0)


class FileText(Row, table=True):
    """What a content says, read once, whoever sent it; goes with its bytes."""

    __tablename__ = "file_text"

    sha256: str = Field(max_length=64, foreign_key="blob.sha256", ondelete="CASCADE", unique=True)
    state: TextState = choice(TextState)
    pages: int | None = Field(default=None)
    text: str = Field(default="")


class Submission(Versioned, table=True):
    """What a candidate sent in for one job, and where it stands."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("job_id", "candidate_id"),
        Index("ix_submission_job_id_stage_id", "job_id", "stage_id"),
        Index("ix_submission_job_id_created_at", "job_id", "created_at", "id"),
        Index("ix_submission_created_at", "created_at", "id"),
    )

    job_id: UUID = Field(foreign_key="job.id")
    stage_id: UUID = Field(foreign_key="stage.id", index=True)
    candidate_id: UUID = Field(foreign_key="candidate.id", index=True)
    revision: int = Field(default=1)  # number of the newest confirmed revision
    waiting: int = Field(default=0)  # how many revisions wait for the person to confirm
    decision: Decision | None = choice(Decision, default=None, nullable=True)
    decided_at: datetime | None = Field(default=None)
    job: Job = linked()
    stage: Stage = linked()
    candidate: Candidate = linked()


class Revision(Row, table=True):
    """A version of a submission's content; it never changes. Numbered when confirmed."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    submission_id: UUID = Field(foreign_key="submission.id", ondelete="CASCADE", index=True)
    number: int | None = Field(default=None)
    state: RevisionState = choice(RevisionState, default=RevisionState.CONFIRMED)
    settled_at: datetime | None = Field(default=None)  # confirmed or expired
    confirm_reason: str = Field(default="", max_length=2_000)  # when staff confirmed by hand
    source: Source = choice(Source)
    name: str = Field(max_length=200)
    email: str = Field(max_length=254)
    location: str = Field(default="", max_length=200)
    links: list[str] = shaped(list[str], default_factory=list)
    statement: str = Field(default="", max_length=20_000)
    # [{"key", "question", "kind", "value"}]: the question as it was asked, and the answer
    answers: list[dict[str, object]] = shaped(list[dict[str, object]], default_factory=list)
    search_text: str = Field(default="")  # no longer used: `RevisionWords` took its place
    submission: Submission = linked()
    evidence: list["Evidence"] = linked(back_populates="revision", order_by="Evidence.number")
    files: list["SubmissionFile"] = linked(
        back_populates="revision", order_by="SubmissionFile.position"
    )

    @property
    def mixed_script(self) -> bool:
        """A hint at look-alikes, for people; nobody is known or told apart by it."""
        return mixes_scripts(self.name, self.email)


class Evidence(Row, table=True):
    """One exhibit of a revision. `number` stays the same in later revisions."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("revision_id", "number"),)

    revision_id: UUID = Field(foreign_key="revision.id", ondelete="CASCADE")
    number: int
    kind: EvidenceKind = choice(EvidenceKind, default=EvidenceKind.OTHER)
    title: str = Field(default="", max_length=300)
    claim: str = Field(default="", max_length=10_000)
    contribution: str = Field(default="", max_length=10_000)
    link: str | None = Field(default=None, max_length=2_000)
    started: str | None = Field(default=None, max_length=7)
    ended: str | None = Field(default=None, max_length=7)
    cannot_show: str = Field(default="", max_length=5_000)
    vouchers: list[dict[str, str]] = shaped(list[dict[str, str]], default_factory=list)
    revision: Revision = linked(back_populates="evidence")


class SubmissionFile(Row, table=True):
    """A file of a revision: of one exhibit, or the answer to a question."""

    __tablename__ = "submission_file"

    revision_id: UUID = Field(foreign_key="revision.id", ondelete="CASCADE", index=True)
    evidence_number: int | None = Field(default=None)
    question_key: str | None = Field(default=None, max_length=40)
    position: int = Field(default=0)
    name: str = Field(max_length=255)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(max_length=64, foreign_key="blob.sha256", index=True)
    revision: Revision = linked(back_populates="files")


class RevisionWords(Row, table=True):
    """What a revision is found by: its tokens with spaces between them. Its id is the revision's.

    `person` says who somebody is (names, addresses, links, names of files), `words` all else.
    """

    __tablename__ = "revision_words"
    __table_args__ = (Index("ix_revision_words_number_id", "number", "id"),)

    id: UUID = Field(primary_key=True, foreign_key="revision.id", ondelete="CASCADE")
    number: int | None = Field(default=None)  # what SQLite's word index knows it by
    form: int  # how the tokens were made: older forms are made anew
    person: str = Field(default="")
    words: str = Field(default="")


add_word_index(SQLModel.metadata.tables["revision_words"], ("person", "words"))


class Draft(Versioned, table=True):
    """What a candidate has begun: the typed words as they were typed; swept after 30 days."""

    __tablename__ = "draft"

    job_id: UUID = Field(foreign_key="job.id", ondelete="CASCADE", index=True)
    email: str = Field(default="", max_length=254)
    content: dict[str, object] = shaped(dict[str, object], default_factory=dict)
    files: list["StagedFile"] = linked(back_populates="draft", order_by="StagedFile.created_at")


class StagedFile(Row, table=True):
    """A file that waits in a draft. `place` is the form field it was put into."""

    __tablename__ = "staged_file"

    draft_id: UUID = Field(foreign_key="draft.id", ondelete="CASCADE", index=True)
    place: str = Field(max_length=80)
    name: str = Field(max_length=255)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(max_length=64, foreign_key="blob.sha256", index=True)
    draft: Draft = linked(back_populates="files")


class MailedLink(Row, table=True):
    """A link in a mail, good for one purpose until it ends or is revoked. The token is derived."""

    __tablename__ = "mailed_link"

    purpose: LinkPurpose = choice(LinkPurpose)
    submission_id: UUID | None = Field(
        default=None, foreign_key="submission.id", ondelete="CASCADE", index=True
    )
    revision_id: UUID | None = Field(default=None, foreign_key="revision.id", ondelete="CASCADE")
    draft_id: UUID | None = Field(
        default=None, foreign_key="draft.id", ondelete="CASCADE", index=True
    )
    expires_at: datetime
    ended_at: datetime | None = Field(default=None)  # used or revoked


class Access(Row, table=True):
    """What one user may see of one submission. Only actions called by `reviews` write it."""

    __tablename__ = "access"
    __table_args__ = (UniqueConstraint("submission_id", "user_id"),)

    submission_id: UUID = Field(foreign_key="submission.id", ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    assigned: bool = Field(default=False)
    blocked: bool = Field(default=False)
    blind: bool = Field(default=False)
    changed_at: datetime  # when it was given or lost: lost access reads as a tombstone
