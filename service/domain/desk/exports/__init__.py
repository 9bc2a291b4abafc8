"""Everything comes out: tables of rows, with one documented order of columns (docs/exports.md)."""

from service.domain.desk.exports.evidence import stream_evidence
from service.domain.desk.exports.history import stream_history
from service.domain.desk.exports.scorecards import stream_ratings, stream_scorecards
from service.domain.desk.exports.submissions import stream_submissions
from service.domain.desk.exports.table import Export, UnknownColumn

__all__ = [
    "Export",
    "UnknownColumn",
    "stream_evidence",
    "stream_history",
    "stream_ratings",
    "stream_scorecards",
    "stream_submissions",
]
