"""What staff ask about submissions, across features."""

from service.domain.desk.queries.filters import UnknownFilter, find_job_id
from service.domain.desk.queries.listing import Gone, SubmissionLine, list_submissions
from service.domain.desk.queries.steps import Since, sync_point

__all__ = [
    "Gone",
    "Since",
    "SubmissionLine",
    "UnknownFilter",
    "find_job_id",
    "list_submissions",
    "sync_point",
]
