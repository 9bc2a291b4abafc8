"""What staff ask about submissions, across features."""

from service.domain.desk.queries.excerpts import FoundIn
from service.domain.desk.queries.filters import UnknownFilter, find_job_id
from service.domain.desk.queries.listing import SubmissionLine, list_submissions

__all__ = ["FoundIn", "SubmissionLine", "UnknownFilter", "find_job_id", "list_submissions"]
