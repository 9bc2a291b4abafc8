"""Examples of assignments and scorecards."""

from typing import Any

from service.api.examples.jobs import CRITERION, SLUG, TITLE
from service.api.examples.people import NOOR
from service.api.examples.submissions import EVIDENCE, PIECE, SUBMISSION

CARD = "01991c5e-8a00-7000-8000-0000000000e1"
REVIEWER = {"id": NOOR, "name": "Noor Haddad"}
ASSIGNMENT = {
    "id": "01991c5e-8a00-7000-8000-0000000000e2",
    "submission_id": SUBMISSION,
    "job": SLUG,
    "job_title": TITLE,
    "reviewer": REVIEWER,
    "state": "open",
    "due": "2026-03-12",
    "reason": "",
    "assigned_at": "2026-03-03T10:05:00Z",
    "version": 1,
}
SAID: dict[str, Any] = {
    "level": 3,
    "cites": ["1", "answer:wrong"],
    "quote": "It starved one worker for a year; now I measure first.",
    "place": "Second paragraph",
    "comment": "Names who found the bug.",
}
RATING = {"criterion": CRITERION["key"], "name": CRITERION["name"], **SAID}
JUDGED: dict[str, Any] = {
    "recommendation": "yes",
    "confidence": "medium",
    "forecast": 70,
    "comment": "Strong on one system.",
    "counter_argument": "One exhibit only.",
    "recruiter_comment": "",
}
AMENDED: dict[str, Any] = {**JUDGED, "recommendation": "strong_yes", "forecast": 85}
WHY = "The second exhibit shows what I missed."
AMENDMENT: dict[str, Any] = {
    "number": 1,
    "at": "2026-03-06T08:00:00Z",
    "reason": WHY,
    "revision": 2,
    **AMENDED,
    "composite": 3.0,
    "ratings": [RATING],
}
DIFFERENCE = {"added": ["2"], "changed": ["statement"], "gone": []}
FIGURES: dict[str, Any] = {
    "n": 2,
    "mean": 3.5,
    "median": 3.5,
    "min": 3.0,
    "max": 4.0,
    "spread": 0.7071067811865476,
}
TALK = {
    "argument": "Nobody else here has run a scheduler of this size.",
    "answer": "True; the role has no scheduler any more.",
}
CHAMPION: dict[str, Any] = {
    "scorecard_id": "01991c5e-8a00-7000-8000-0000000000e3",
    "reviewer": REVIEWER,
    "discussions": [{"by": REVIEWER, "at": "2026-03-07T09:00:00Z", **TALK}],
}
REVIEWS: dict[str, Any] = {
    "AssignmentOut": ASSIGNMENT,
    "ChangedAssignmentOut": {
        **ASSIGNMENT,
        "state": "declined",
        "reason": "I leave for a month.",
        "version": 2,
        "following": None,
    },
    "AssignmentInput": {"reviewer": NOOR, "due": "2026-03-12"},
    "AssignmentChange": {"state": "declined", "reason": "I leave for a month."},
    "ConflictOut": {
        "id": "01991c5e-8a00-7000-8000-0000000000e3",
        "submission_id": SUBMISSION,
        "user": REVIEWER,
        "state": "suspected",
        "kind": "employer",
        "words": "They worked on the same team until 2024.",
        "reported_by": None,
        "settled_by": None,
        "settled_reason": "",
        "created_at": "2026-03-03T10:05:00Z",
        "version": 1,
    },
    "ConflictInput": {"kind": "personal", "words": "We founded a company together."},
    "ConflictChange": {"state": "dismissed", "reason": "They never met; I asked both."},
    "ScorecardInput": {
        "revision": 1,
        "rubric": 1,
        **JUDGED,
        "ratings": [{"criterion": "humility", **SAID}],
    },
    "AmendmentInput": {
        "reason": WHY,
        "revision": 2,
        **AMENDED,
        "ratings": [{"criterion": "humility", **SAID}],
    },
    "ScorecardOut": {
        "id": CARD,
        "submission_id": SUBMISSION,
        "reviewer": REVIEWER,
        "revision": 1,
        "newer_revision": True,
        "difference": DIFFERENCE,
        "rubric": 1,
        **JUDGED,
        "composite": 3.0,
        "locked_at": "2026-03-05T17:20:00Z",
        "ratings": [RATING],
        "amendments": [],
    },
    "OwnScorecardOut": {
        "id": CARD,
        "submission_id": SUBMISSION,
        "state": "draft",
        "revision": 1,
        "newer_revision": False,
        "difference": None,
        "rubric": 1,
        "rubric_changed": False,
        **JUDGED,
        "composite": None,
        "locked_at": None,
        "ratings": [
            {
                **RATING,
                "description": CRITERION["description"],
                "weight": CRITERION["weight"],
                "anchors": CRITERION["anchors"],
                "rated": True,
            }
        ],
        "earlier_ratings": [],
        "amendments": [AMENDMENT],
        "statement": True,
        "evidence": [{"number": 1, "id": EVIDENCE, "title": PIECE["title"]}],
        "answers": [
            {
                "key": "wrong",
                "question": "When were you wrong about something technical, and what changed?",
            }
        ],
    },
    "SummaryOut": {
        "sealed": False,
        "n": 2,
        "rubrics": [1],
        "recommendations": {"strong_no": 0, "no": 0, "yes": 1, "strong_yes": 1},
        "share_yes": 1.0,
        "disagreement": False,
        "forecast_mean": 70.0,
        "composite_mean": 3.5,
        "composites": [{"rubric": 1, **FIGURES}],
        "share_without_evidence": 0.0,
        "criteria": [
            {
                **FIGURES,
                "rubric": 1,
                "criterion": CRITERION["key"],
                "name": CRITERION["name"],
                "not_shown": 0,
                "disagreement": False,
                "without_evidence": False,
                "given": [
                    {
                        "scorecard_id": CARD,
                        "reviewer": REVIEWER,
                        "anchor": "Changes course in public once the data says so.",
                        **SAID,
                    }
                ],
            }
        ],
        "judgements": [
            {
                "scorecard_id": CARD,
                "reviewer": REVIEWER,
                "rubric": 1,
                "recommendation": "yes",
                "confidence": "medium",
                "forecast": 70,
                "composite": 3.0,
                "amended": False,
            }
        ],
        "champions": [CHAMPION],
    },
    "DiscussionInput": TALK,
    "ChampionOut": CHAMPION,
    "RejectionsOut": {"rejected": 41, "against_champion": 1},
    "UnsealInput": {"reason": "Another company's offer ends tonight."},
    "UnsealedOut": {"sealed": False},
}
REVIEWS["ScorecardsOut"] = {
    "sealed": False,
    "items": [REVIEWS["ScorecardOut"]],
    "next_cursor": None,
    "sync": None,
}
