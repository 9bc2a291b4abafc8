"""What can happen to submissions, revisions, drafts and mailed links."""

from service.domain.submissions.actions.access import set_access
from service.domain.submissions.actions.answers import AnswersInvalid, check_answers
from service.domain.submissions.actions.content import ContentInvalid, FileGone
from service.domain.submissions.actions.receive import JobClosed, Received, receive_submission

__all__ = [
    "AnswersInvalid",
    "ContentInvalid",
    "FileGone",
    "JobClosed",
    "Received",
    "check_answers",
    "receive_submission",
    "set_access",
]
