"""What can be asked about assignments, scorecards and what they say together."""

from service.domain.reviews.queries.assignments import (
    find_assignment,
    get_assignment,
    list_assignments,
    list_inbox,
)
from service.domain.reviews.queries.scorecards import (
    NotAssigned,
    OwnReview,
    are_comments_for,
    are_scores_open,
    find_differences,
    find_own_scorecard,
    get_own_review,
    in_order,
    list_scorecards,
    score_snapshot,
    score_snapshots,
    visible_composite,
)
from service.domain.reviews.queries.summary import CriterionScores, Summary, summarise

__all__ = [
    "CriterionScores",
    "NotAssigned",
    "OwnReview",
    "Summary",
    "are_comments_for",
    "are_scores_open",
    "find_assignment",
    "find_differences",
    "find_own_scorecard",
    "get_assignment",
    "get_own_review",
    "in_order",
    "list_assignments",
    "list_inbox",
    "list_scorecards",
    "score_snapshot",
    "score_snapshots",
    "summarise",
    "visible_composite",
]
