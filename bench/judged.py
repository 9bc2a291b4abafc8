"""What became of one submission: two scorecards, moves, a decision; or a review that is open."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.facts import Chain, Rows
from bench.house import House
from bench.ids import Id, Row, id_of, new_id, stamp
from bench.sent import Sent
from service.core.outbox import ActorKind
from service.domain.reviews.tables import Confidence, Recommendation

WORDS, SURE = tuple(Recommendation), tuple(Confidence)
PATH = ("new", "review", "interview")
REASON = "evidence"  # a key of every job's first reasons to reject


@dataclass(frozen=True)
class Case:
    """One submission that people work on; `at` goes on with what they do."""

    house: House
    rows: Rows
    chain: Chain
    sent: Sent
    id: Id

    @property
    def row(self) -> Row:
        return self.rows["submission"][-1]

    def say(self, at: datetime, name: str, who: str, payload: dict[str, object]) -> None:
        about: dict[str, object] = {"submission_id": self.id.dashed}
        if name != "access.changed":
            about["job_id"] = id_of(self.sent.job.id).dashed
        actor = (ActorKind.USER, id_of(who))
        self.chain.add(self.rows, self.sent.random, at, name, actor, self.id, about | payload)


def add_open_review(case: Case) -> None:
    """The bench's own reviewer is asked, and has not begun."""
    _ask(case, case.house.reviewer, case.sent.at + timedelta(hours=1), state="open")


def add_judgement(case: Case) -> None:
    """Two colleagues judge; it moves on; most are decided."""
    random, at = case.sent.random, case.sent.at
    composites = []
    for number, who in enumerate(random.sample(case.house.reviewers, 2)):
        asked = at + timedelta(hours=1 + number)
        assignment = _ask(case, who, asked, state="done")
        composites.append(_judge(case, who, assignment, asked + timedelta(days=1)))
    steps = 1 + (random.random() < 0.4)  # noqa: PLR2004  # so many come to an interview
    for number in range(steps):
        _move(case, PATH[number], PATH[number + 1], at + timedelta(days=2 + number))
    if random.random() < 0.6:  # noqa: PLR2004  # and so many have an answer
        _decide(case, composites, at + timedelta(days=5))


def _ask(case: Case, who: str, at: datetime, *, state: str) -> Id:
    random, ruth = case.sent.random, case.house.recruiter
    id, moment = new_id(random, at), stamp(at)
    row: Row = {"id": id.hex, "created_at": moment, "updated_at": moment, "state": state}
    row |= {
        "version": 2 if state == "done" else 1,
        "due": (at + timedelta(days=7)).date().isoformat(),
    }
    row |= {"submission_id": case.id.hex, "reviewer_id": who, "assigned_by": ruth}
    case.rows["assignment"].append(row)
    access: Row = {"id": new_id(random, at).hex, "created_at": moment, "changed_at": moment}
    access |= {"submission_id": case.id.hex, "user_id": who, "assigned": True}
    case.rows["access"].append(access)
    user = id_of(who).dashed
    case.say(at, "access.changed", ruth, {"user_id": user, "assigned": True})
    case.say(at, "reviewer.assigned", ruth, {"assignment_id": id.dashed, "reviewer_id": user})
    return id


def _judge(case: Case, who: str, assignment: Id, at: datetime) -> float | None:
    random, words, job = case.sent.random, case.sent.words, case.sent.job
    id, locked = new_id(random, at), at + timedelta(hours=1)
    levels = [(key, random.choice((None, 1, 2, 3, 3, 4))) for key in job.criteria]
    shown = [(job.criteria[key][1], level) for key, level in levels if level is not None]
    weights = sum(weight for weight, _level in shown)
    composite = sum(weight * level for weight, level in shown) / weights if shown else None
    case.rows["scorecard"].append(
        {
            "id": id.hex,
            "created_at": stamp(at),
            "updated_at": stamp(locked),
            "version": 2,
            "submission_id": case.id.hex,
            "reviewer_id": who,
            "revision_id": case.id.hex,
            "rubric_id": job.rubric_id,
            "state": "locked",
            "recommendation": random.choice(WORDS).value,
            "confidence": random.choice(SURE).value,
            "forecast": random.randint(0, 100),
            "comment": words.text(random, 1),
            "counter_argument": random.choice(words.sentences),
            "composite": composite,
            "locked_at": stamp(locked),
        }
    )
    _rate(case, id, levels, at)
    user = id_of(who).dashed
    card: dict[str, object] = {"scorecard_id": id.dashed, "reviewer_id": user}
    case.say(at, "scorecard.saved", who, card)
    judged: dict[str, object] = {"assignment_id": assignment.dashed, "revision_id": case.id.dashed}
    rubric = {"rubric_id": id_of(job.rubric_id).dashed}
    case.say(locked, "scorecard.locked", who, card | judged | rubric)
    return composite


def _rate(case: Case, card: Id, levels: Sequence[tuple[str, int | None]], at: datetime) -> None:
    for key, level in levels:
        case.rows["rating"].append(
            {
                "id": new_id(case.sent.random, at).hex,
                "created_at": stamp(at),
                "scorecard_id": card.hex,
                "criterion_id": case.sent.job.criteria[key][0],
                "level": level,
                "cites": "[]" if level is None else '["1", "statement"]',
                "comment": case.sent.random.choice(case.sent.words.sentences),
            }
        )


def _move(case: Case, before: str, to: str, at: datetime) -> None:
    stages, ruth = case.sent.job.stages, case.house.recruiter
    id = new_id(case.sent.random, at)
    row: Row = {"id": id.hex, "created_at": stamp(at), "submission_id": case.id.hex}
    row |= {"from_stage_id": stages[before], "to_stage_id": stages[to], "moved_by": ruth}
    case.rows["move"].append(row)
    _change(case, at, stage_id=stages[to])
    said: dict[str, object] = {"move_id": id.dashed, "from_stage_id": id_of(stages[before]).dashed}
    case.say(at, "submission.moved", ruth, said | {"to_stage_id": id_of(stages[to]).dashed})


def _decide(case: Case, composites: Sequence[float | None], at: datetime) -> None:
    ruth, id = case.house.recruiter, new_id(case.sent.random, at)
    decision = "hired" if case.sent.random.random() < 0.05 else "rejected"  # noqa: PLR2004
    cards: list[dict[str, object]] = [
        {"composite": one, "recommendation": "yes", "levels": {}} for one in composites
    ]
    row: Row = {"id": id.hex, "created_at": stamp(at), "submission_id": case.id.hex}
    row |= {"decision": decision, "decided_by": ruth, "reason": REASON}
    case.rows["decision_record"].append(row | {"snapshot": json.dumps({"scorecards": cards})})
    _change(case, at, decision=decision, decided_at=stamp(at))
    said: dict[str, object] = {"decision_id": id.dashed, "decision": decision}
    case.say(at, "submission.decided", ruth, said)


def _change(case: Case, at: datetime, **values: str) -> None:
    row = case.row
    row |= {"updated_at": stamp(at), "version": int(row["version"] or 0) + 1, **values}
