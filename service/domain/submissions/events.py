"""What happens to submissions, their revisions, drafts and links."""

from typing import ClassVar
from uuid import UUID

from service.core.outbox import Event


class SubmissionReceived(Event):
    """The first of this candidate for this job: revision 1."""

    name: ClassVar[str] = "submission.received"

    submission_id: UUID
    job_id: UUID
    revision_id: UUID


class RevisionReceived(Event):
    """Another one, which waits until the person confirms it from the mail."""

    name: ClassVar[str] = "revision.received"

    submission_id: UUID
    job_id: UUID
    revision_id: UUID


class RevisionConfirmed(Event):
    name: ClassVar[str] = "revision.confirmed"

    submission_id: UUID
    job_id: UUID
    revision_id: UUID
    number: int


class RevisionAdded(Event):
    """The candidate added to the submission from the status page."""

    name: ClassVar[str] = "revision.added"

    submission_id: UUID
    job_id: UUID
    revision_id: UUID
    number: int


class RevisionExpired(Event):
    name: ClassVar[str] = "revision.expired"

    submission_id: UUID
    job_id: UUID
    revision_id: UUID


class AccessChanged(Event):
    """A user may see a submission, or no longer; `blocked`: whatever else would let them."""

    name: ClassVar[str] = "access.changed"

    submission_id: UUID
    user_id: UUID
    assigned: bool
    blocked: bool = False


class LinkMade(Event):
    name: ClassVar[str] = "link.made"

    link_id: UUID
    purpose: str


class LinksRevoked(Event):
    name: ClassVar[str] = "links.revoked"

    purpose: str


class StatusLinkRequested(Event):
    """Somebody asked for the link to their submissions. The address is in the detail only."""

    name: ClassVar[str] = "status_link.requested"

    job_id: UUID | None


class DraftSaved(Event):
    name: ClassVar[str] = "draft.saved"

    draft_id: UUID
    job_id: UUID


class DraftLinkRequested(Event):
    """Somebody wants to go on later: the worker mails the draft's link to its address."""

    name: ClassVar[str] = "draft_link.requested"

    draft_id: UUID
    job_id: UUID


class DraftRemoved(Event):
    """With all files staged in it: it was sent in as a revision, or swept, as none."""

    name: ClassVar[str] = "draft.removed"

    draft_id: UUID
    job_id: UUID
    revision_id: UUID | None


class FileStaged(Event):
    name: ClassVar[str] = "file.staged"

    draft_id: UUID
    file_id: UUID


class StagedFileDropped(Event):
    name: ClassVar[str] = "staged_file.dropped"

    draft_id: UUID
    file_id: UUID
