"""What staff ask about submissions, across features."""

from service.domain.desk.queries.filters import UnknownFilter
from service.domain.desk.queries.listing import Gone, SubmissionLine, list_submissions
from service.domain.desk.queries.steps import Since, sync_point

__all__ = [
    "Gone",
    "Since",
    "SubmissionLine",
    "UnknownFilter",
    "list_submissions",
    "sync_point",
]
