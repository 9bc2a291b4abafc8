"""What can happen between reviewers and submissions."""

from service.domain.reviews.actions.assignments import (
    AlreadyAssigned,
    AssignmentEnded,
    DuePast,
    NoReviewer,
    ScoresSeen,
    answer_assignment,
    assign_reviewer,
    change_assignment,
    change_due,
    reassign,
    take_next,
)
from service.domain.reviews.actions.ratings import ScorecardInvalid
from service.domain.reviews.actions.rules import SealFixed, change_judged_job
from service.domain.reviews.actions.scorecards import (
    NoRubric,
    OwnReviewOpen,
    RubricChanged,
    RubricUnnamed,
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
    "RubricUnnamed",
    "ScorecardIncomplete",
    "ScorecardInvalid",
    "ScorecardLockedAlready",
    "ScoresSeen",
    "SealFixed",
    "answer_assignment",
    "assign_reviewer",
    "change_assignment",
    "change_due",
    "change_judged_job",
    "lock_scorecard",
    "reassign",
    "save_scorecard",
    "take_next",
    "unseal_scorecards",
]
