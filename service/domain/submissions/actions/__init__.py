"""What can happen to submissions, revisions, drafts and mailed links."""

from service.domain.submissions.actions.access import set_access, set_blocked
from service.domain.submissions.actions.answers import AnswersInvalid, check_answers
from service.domain.submissions.actions.content import (
    ContentInvalid,
    FileGone,
    announce_blob,
)
from service.domain.submissions.actions.drafts import (
    DraftTooLarge,
    drop_staged_file,
    remove_draft,
    request_draft_link,
    save_draft,
    stage_file,
)
from service.domain.submissions.actions.links import make_link, request_status_link, revoke_links
from service.domain.submissions.actions.receive import JobClosed, Received, receive_submission
from service.domain.submissions.actions.revisions import (
    ReasonMissing,
    RevisionSettled,
    SubmissionEnded,
    TooMuchEvidence,
    add_to_submission,
    confirm_revision,
    expire_revision,
)

__all__ = [
    "AnswersInvalid",
    "ContentInvalid",
    "DraftTooLarge",
    "FileGone",
    "JobClosed",
    "ReasonMissing",
    "Received",
    "RevisionSettled",
    "SubmissionEnded",
    "TooMuchEvidence",
    "add_to_submission",
    "announce_blob",
    "check_answers",
    "confirm_revision",
    "drop_staged_file",
    "expire_revision",
    "make_link",
    "receive_submission",
    "remove_draft",
    "request_draft_link",
    "request_status_link",
    "revoke_links",
    "save_draft",
    "set_access",
    "set_blocked",
    "stage_file",
]
