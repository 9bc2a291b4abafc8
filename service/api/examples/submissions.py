"""Examples of what a candidate sends, how it reads, and what becomes of it."""

from typing import Any

from service.api.examples.jobs import JOB, SLUG, STAGE_NEW, STAGE_REVIEW, TITLE
from service.api.examples.people import ALMA, NOOR

SUBMISSION = "01991c5e-8a00-7000-8000-0000000000d1"
REVISION = "01991c5e-8a00-7000-8000-0000000000d2"
EVIDENCE = "01991c5e-8a00-7000-8000-0000000000d3"
FILE = "01991c5e-8a00-7000-8000-0000000000d4"
PERSON = {"name": "Ida Moreau", "email": "ida@example.org"}

PIECE = {
    "kind": "production_system",
    "title": "A parser that never stops",
    "claim": "It reads every file we had in a tenth of the time, and names what it cannot read.",
    "contribution": "I designed and wrote it; Ben Okafor found the worst bug.",
    "link": "https://example.org/parser",
    "started": "2023-04",
    "ended": "2024-01",
    "cannot_show": "",
    "vouchers": [{"name": "Ben Okafor", "contact": "ben@example.org"}],
}
WRONG = "I was sure that our lock was fair. It starved one worker for a year; now I measure first."
FILE_SHOWN = {
    "id": FILE,
    "name": "design.pdf",
    "media_type": "application/pdf",
    "size": 48213,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "evidence": 1,
    "question": None,
    "url": f"/api/v1/submissions/{SUBMISSION}/files/{FILE}",
    "text": "read",
    "pages": 12,
}
CONTENT = {
    "state": "confirmed",
    "source": "api",
    "received_at": "2026-03-02T07:45:10Z",
    "confirm_reason": "",
    "location": "Lyon",
    "links": ["https://example.org/ida"],
    "statement": "I like systems that tell you what is wrong with them.",
    "answers": [
        {
            "key": "wrong",
            "question": "When were you wrong about something technical, and what changed?",
            "kind": "long",
            "value": WRONG,
        }
    ],
    "evidence": [{"id": EVIDENCE, "number": 1, **PIECE, "files": [FILE_SHOWN]}],
    "files": [FILE_SHOWN],
}
REVISION_SHOWN = {
    "id": REVISION,
    "number": 1,
    "state": "confirmed",
    "source": "api",
    "name": PERSON["name"],
    "received_at": "2026-03-02T07:45:10Z",
    "settled_at": None,
    "confirm_reason": "",
}
MOVE = {
    "kind": "move",
    "id": "01991c5e-8a00-7000-8000-0000000000d5",
    "submission_id": SUBMISSION,
    "to": "screen",
    "from_stage_id": STAGE_NEW,
    "to_stage_id": STAGE_REVIEW,
    "reason": "",
    "note": "Two people should read the parser closely.",
    "by": ALMA,
    "at": "2026-03-03T10:00:00Z",
}
DECISION = {
    "kind": "decision",
    "id": "01991c5e-8a00-7000-8000-0000000000d6",
    "submission_id": SUBMISSION,
    "to": "rejected",
    "reason": "not_enough_shown",
    "note": "",
    "by": ALMA,
    "at": "2026-03-20T15:30:00Z",
    "taken_back_at": None,
    "taken_back_reason": "",
}
SUBMISSIONS: dict[str, Any] = {
    "SubmissionInput": {
        **PERSON,
        "location": "Lyon",
        "links": ["https://example.org/ida"],
        "statement": "I like systems that tell you what is wrong with them.",
        "consent": True,
        "evidence": [{**PIECE, "files": ["design.pdf"]}],
        "answers": {"wrong": WRONG},
    },
    "ReceivedOut": {
        "id": SUBMISSION,
        "status_url": "https://jobs.example.com/receipts/AZkcXooAcA…",
    },
    "ReceiptOut": {
        "id": SUBMISSION,
        "job": TITLE,
        "received_at": "2026-03-02T07:45:10Z",
        "files": [{"name": "design.pdf", "size": 48213}],
    },
    "SubmissionItem": {
        "id": SUBMISSION,
        "job": SLUG,
        "stage": "screen",
        "stage_name": "Screening",
        "decision": None,
        **PERSON,
        "mixed_script": False,
        "submitted_at": "2026-03-02T07:45:10Z",
        "updated_at": "2026-03-03T10:00:00Z",
        "version": 2,
        "revision": 1,
        "waiting": 0,
        "evidence_count": 1,
        "evidence_kinds": ["production_system"],
        "reviews_done": 1,
        "reviews_wanted": 2,
        "score": None,
        "excerpts": [
            {
                "place": "evidence",
                "name": "A parser that never stops",
                "pieces": [
                    {"text": "It ", "marked": False},
                    {"text": "reads", "marked": True},
                    {"text": " every file we had in a tenth of the time", "marked": False},
                ],
            }
        ],
    },
    "SubmissionOut": {
        "id": SUBMISSION,
        "version": 2,
        "job": {"id": JOB, "slug": SLUG, "title": TITLE},
        "stage": {"key": "screen", "name": "Screening"},
        "decision": None,
        "decided_at": None,
        "candidate": {
            "id": "01991c5e-8a00-7000-8000-0000000000d7",
            **PERSON,
            "mixed_script": False,
        },
        "created_at": "2026-03-02T07:45:10Z",
        "updated_at": "2026-03-03T10:00:00Z",
        "newest_revision": 1,
        "unconfirmed": 0,
        "revision": 1,
        "revision_id": REVISION,
        **CONTENT,
    },
    "RevisionOut": REVISION_SHOWN,
    "ContentOut": {"id": REVISION, "number": 1, **PERSON, "mixed_script": False, **CONTENT},
    "ConfirmInput": {"reason": "She confirmed it on the telephone."},
    "EntryOut": {
        "id": "01991c5e-8a00-7000-8000-0000000000d8",
        "at": "2026-03-03T10:00:00Z",
        "event": "submission.moved",
        "text": "Alma Reis moved it from New to Screening",
        "by": {"kind": "user", "id": ALMA, "name": "Alma Reis"},
        "reason": "",
        "note": "Two people should read the parser closely.",
    },
    "MoveInput": {"to": "screen", "note": "Two people should read the parser closely."},
    "MoveOut": MOVE,
    "DecisionOut": DECISION,
    "ReopenInput": {"reason": "She sent what was missing."},
    "OutcomeInput": {
        "at": "2025-11-03",
        "succeeded": True,
        "note": "Leads the storage work now.",
        "hire": "01991c5e-8a00-7000-8000-0000000000e4",
    },
    "OutcomeOut": {
        "at": "2025-11-03",
        "succeeded": True,
        "note": "Leads the storage work now.",
        "hire": "01991c5e-8a00-7000-8000-0000000000e4",
        "recorded_by": NOOR,
        "updated_at": "2025-11-03T12:00:00Z",
    },
    "TaskOut": {
        "id": "01991c5e-8a00-7000-8000-0000000000d9",
        "kind": "letter",
        "state": "given_up",
        "payload": {"message_id": "01991c5e-8a00-7000-8000-0000000000da"},
        "created_at": "2026-03-02T07:45:10Z",
        "due_at": "2026-03-03T01:12:40Z",
        "attempts": 12,
        "last_error": "The mail server did not answer.",
    },
}
