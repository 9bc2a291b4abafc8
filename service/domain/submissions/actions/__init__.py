"""What can happen to submissions, revisions, drafts and mailed links."""

from service.domain.submissions.actions.access import set_access
from service.domain.submissions.actions.answers import AnswersInvalid, check_answers
from service.domain.submissions.actions.content import ContentInvalid, FileGone
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
    "FileGone",
    "JobClosed",
    "ReasonMissing",
    "Received",
    "RevisionSettled",
    "SubmissionEnded",
    "TooMuchEvidence",
    "add_to_submission",
    "check_answers",
    "confirm_revision",
    "expire_revision",
    "receive_submission",
    "set_access",
]
