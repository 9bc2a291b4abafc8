"""What can happen between reviewers and submissions."""

from service.domain.reviews.actions.assignments import (
    AlreadyAssigned,
    AssignmentEnded,
    DuePast,
    NoReviewer,
    answer_assignment,
    assign_reviewer,
    change_assignment,
    change_due,
    reassign,
    take_next,
)
from service.domain.reviews.actions.ratings import ScorecardInvalid
from service.domain.reviews.actions.scorecards import (
    NoRubric,
    OwnReviewOpen,
    RubricChanged,
    ScorecardIncomplete,
    ScorecardLockedAlready,
    lock_scorecard,
    save_scorecard,
    unseal_scorecards,
)

__all__ = [
    "AlreadyAssigned",
    "AssignmentEnded",
    "DuePast",
    "NoReviewer",
    "NoRubric",
    "OwnReviewOpen",
    "RubricChanged",
    "ScorecardIncomplete",
    "ScorecardInvalid",
    "ScorecardLockedAlready",
    "answer_assignment",
    "assign_reviewer",
    "change_assignment",
    "change_due",
    "lock_scorecard",
    "reassign",
    "save_scorecard",
    "take_next",
    "unseal_scorecards",
]
