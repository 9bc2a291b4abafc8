"""Examples of jobs and what belongs to them."""

from typing import Any

from service.api.examples.people import ALMA, NOOR

JOB = "01991c5e-8a00-7000-8000-0000000000c1"
STAGE_NEW = "01991c5e-8a00-7000-8000-0000000000c2"
STAGE_REVIEW = "01991c5e-8a00-7000-8000-0000000000c3"
SLUG, TITLE = "platform-engineer", "Platform engineer"

QUESTION = {
    "key": "wrong",
    "text": "When were you wrong about something technical, and what changed?",
    "help": "The larger the mistake, the better the story may be.",
    "kind": "long",
    "options": [],
    "required": True,
}
ANCHORS = [
    {"level": 1, "name": "Not there", "anchor": "Certain throughout; mistakes are missing."},
    {"level": 2, "name": "In part", "anchor": "Admits a mistake that could not be denied."},
    {"level": 3, "name": "Strong", "anchor": "Tells of being wrong, and what was learned."},
    {"level": 4, "name": "Exceptional", "anchor": "Goes looking for being wrong, in the open."},
]
CRITERION = {
    "key": "humility",
    "name": "Technical humility",
    "description": "Is glad to have been wrong, and credits others by name.",
    "weight": 30,
    "anchors": ANCHORS,
}
REASON = {"key": "not_enough_shown", "text": "The evidence does not show enough yet."}
PUBLIC_JOB = {
    "id": JOB,
    "slug": SLUG,
    "title": TITLE,
    "summary": "Keep what many people rely on simple and awake.",
    "description": "## What you would do\n\nOwn a system, its bad nights included.",
    "location": "Lisbon",
    "remote": True,
    "employment_type": "FULL_TIME",
    "state": "open",
    "opened_at": "2026-02-01T09:00:00Z",
    "closes_at": None,
    "timezone": "Europe/Lisbon",
    "taking": True,
    "questions": [QUESTION],
}
JOB_SHOWN = {
    **PUBLIC_JOB,
    "version": 4,
    "created_at": "2026-01-20T10:15:00Z",
    "updated_at": "2026-02-01T09:00:00Z",
    "seal_rule": "own_lock",
    "reviews_wanted": 2,
    "rejection_reasons": [REASON],
    "stages": [
        {"id": STAGE_NEW, "key": "new", "name": "New", "kind": "new"},
        {"id": STAGE_REVIEW, "key": "screen", "name": "Screening", "kind": "review"},
    ],
    "rubric": {
        "id": "01991c5e-8a00-7000-8000-0000000000c4",
        "number": 1,
        "created_at": "2026-01-20T10:40:00Z",
        "criteria": [{"id": "01991c5e-8a00-7000-8000-0000000000c5", **CRITERION}],
    },
    "team": [
        {"user_id": ALMA, "name": "Alma Reis", "email": "alma@example.com", "lead": True},
        {"user_id": NOOR, "name": "Noor Haddad", "email": "noor@example.com", "lead": False},
    ],
}
JOBS: dict[str, Any] = {
    "PublicJobOut": PUBLIC_JOB,
    "JobOut": JOB_SHOWN,
    "NewJob": {
        "slug": SLUG,
        "title": TITLE,
        "summary": "Keep what many people rely on simple and awake.",
        "location": "Lisbon",
        "remote": True,
        "timezone": "Europe/Lisbon",
    },
    "JobChange": {"closes_at": "2026-06-30T22:59:00Z", "reviews_wanted": 3},
    "StagesInput": {
        "stages": [
            {"key": "new", "name": "New", "kind": "new"},
            {"key": "screen", "name": "Screening", "kind": "review"},
            {"key": "talk", "name": "Talk", "kind": "interview"},
        ]
    },
    "QuestionsInput": {"questions": [QUESTION]},
    "RubricInput": {"criteria": [CRITERION]},
    "TeamInput": {"members": [{"user_id": ALMA, "lead": True}, {"user_id": NOOR, "lead": False}]},
}
