"""What can happen between reviewers and submissions."""

from service.domain.reviews.actions.amendments import amend_scorecard
from service.domain.reviews.actions.assignments import (
    AlreadyAssigned,
    AssignmentEnded,
    DuePast,
    InConflict,
    NoReviewer,
    ScoresSeen,
    answer_assignment,
    assign_reviewer,
    change_assignment,
    change_due,
    reassign,
    take_next,
)
from service.domain.reviews.actions.conflicts import (
    ConflictKnown,
    ConflictSettled,
    NobodyLeft,
    NoColleague,
    NotUninvolved,
    report_conflict,
    settle_conflict,
)
from service.domain.reviews.actions.discussions import discuss_champion
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
    "ConflictKnown",
    "ConflictSettled",
    "DuePast",
    "InConflict",
    "NoColleague",
    "NoReviewer",
    "NoRubric",
    "NobodyLeft",
    "NotUninvolved",
    "OwnReviewOpen",
    "RubricChanged",
    "RubricUnnamed",
    "ScorecardIncomplete",
    "ScorecardInvalid",
    "ScorecardLockedAlready",
    "ScoresSeen",
    "SealFixed",
    "amend_scorecard",
    "answer_assignment",
    "assign_reviewer",
    "change_assignment",
    "change_due",
    "change_judged_job",
    "discuss_champion",
    "lock_scorecard",
    "reassign",
    "report_conflict",
    "save_scorecard",
    "settle_conflict",
    "take_next",
    "unseal_scorecards",
]
