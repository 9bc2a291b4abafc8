"""A run of people at one submission, the service and a short model of the seal side by side."""

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session, col, select
from starlette.testclient import TestClient

from service.core.outbox import ActorKind, EventDetail, EventRow, Task
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role, User
from service.domain.jobs.tables import Job, SealRule, TeamMember
from service.domain.pipeline.tables import DecisionRecord
from service.domain.reviews.queries import are_scores_open
from service.domain.reviews.tables import (
    Assignment,
    AssignmentState,
    Confidence,
    Rating,
    Recommendation,
    Scorecard,
    ScorecardState,
    Unsealing,
)
from service.domain.submissions.tables import Access, Submission
from tests import reviewing
from tests.reads import paths_about, steady
from tests.worlds import Person, Sent, World

API = "/api/v1"
REJECT = ("moves", {"to": "rejected", "reason": "depth"})
REVIEWERS = ("reviewer", "reviewer2", "double")  # `double` is a recruiter of the job as well
RUNNERS = ("double", "recruiter", "admin")
ROLES = {
    "reviewer": frozenset({Role.REVIEWER}),
    "reviewer2": frozenset({Role.REVIEWER}),
    "double": frozenset({Role.REVIEWER, Role.RECRUITER}),
    "recruiter": frozenset({Role.RECRUITER}),
    "admin": frozenset({Role.ADMIN}),
}
UNLOCKED = ("open", "declined", "abstained")
LEFT_BEHIND = (
    EventRow, EventDetail, Task, Unsealing, Rating, Scorecard, Assignment, Access, DecisionRecord
)  # fmt: skip
TOP = 4
BLANK_LINES = ("/exports/scorecards.csv",)


@dataclass
class Model:
    """Who may see whose scorecard: the rule, written a second time."""

    rule: str
    wanted: int = 2
    least: int = 2
    states: dict[str, str] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    looked: set[str] = field(default_factory=set)
    champions: set[str] = field(default_factory=set)

    def is_in(self, who: str) -> bool:
        """Whether the submission exists for somebody."""
        return who in RUNNERS or self.states.get(who) in ("open", "done")

    def sees(self, who: str) -> bool:
        mine, all_states = self.states.get(who), self.states.values()
        if mine in UNLOCKED:
            return False
        if who in self.looked or (mine == "done" and self.rule == "own_lock"):
            return True
        if "done" not in all_states or any(state in UNLOCKED for state in all_states):
            return False
        return mine == "done" or Role.REVIEWER not in ROLES[who] or self.done >= self.wanted

    @property
    def done(self) -> int:
        return sum(state == "done" for state in self.states.values())

    def takes(self, who: str) -> bool:
        """Whether somebody may be asked to review: not twice, and not after what could be seen."""
        saw = who in self.looked or (who in RUNNERS and self.done >= self.least)
        return who not in self.states and not saw

    def stops(self, who: str) -> bool:
        """Whether somebody may not reject: not unseen what is locked, and no unheard champion."""
        locked = {name for name, state in self.cards.items() if state == "locked"}
        return bool(locked if not self.sees(who) else locked & self.champions)

    def visible(self, who: str) -> set[str]:
        """Whose locked scorecards somebody is shown."""
        locked = {name for name, state in self.cards.items() if state == "locked"}
        return locked if self.sees(who) else locked & {who}


@dataclass
class Play:
    """One run: the people, the service and the model, side by side."""

    client: TestClient
    world: World
    people: dict[str, Person]
    model: Model

    def assign(self, who: str) -> None:
        answer = reviewing.assign(self.client, self.people["recruiter"], self._who(who), self.sent)
        fits = self.model.takes(who)
        assert answer.status_code == (201 if fits else 409), answer.text
        if fits:
            self.model.states[who] = "open"

    def draft(self, who: str, card: reviewing.Json) -> None:
        etag = self._etag(who)
        answer = reviewing.save(self.client, self._who(who), self.sent, card, etag)
        fits = self.model.states.get(who) == "open"
        assert (answer.status_code == 200) is fits, answer.text
        if fits:
            self.model.cards[who] = "draft"
            self.model.champions -= {who}
            if champions(card):
                self.model.champions.add(who)

    def judge(self, who: str, card: reviewing.Json) -> None:
        self.draft(who, card)
        self.lock(who)

    def lock(self, who: str) -> None:
        etag = self._etag(who) or '"1"'
        answer = reviewing.lock(self.client, self._who(who), self.sent, etag)
        fits = self.model.states.get(who) == "open" and who in self.model.cards
        assert (answer.status_code == 200) is fits, answer.text
        if fits:
            self.model.states[who], self.model.cards[who] = "done", "locked"

    def answer(self, who: str, state: str) -> None:
        if self.model.states.get(who) != "open":
            return
        answer = reviewing.change(
            self.client, self._who(who), self.sent, self._assignment(who), state=state
        )
        assert answer.status_code == 200, answer.text
        self.model.states[who] = state

    def reassign(self, who: str, to: str) -> None:
        if who not in self.model.states:
            return
        answer = reviewing.change(
            self.client,
            self.people["recruiter"],
            self.sent,
            self._assignment(who),
            reviewer=str(self._who(to).id),
        )
        fits = self.model.states[who] in UNLOCKED and self.model.takes(to)
        assert answer.status_code == (200 if fits else 409), answer.text
        if fits:
            self.model.states[who], self.model.states[to] = "reassigned", "open"

    def unseal(self, who: str) -> None:
        answer = reviewing.unseal(self.client, self._who(who), self.sent)
        fits = who in RUNNERS and self.model.states.get(who) not in UNLOCKED
        seen = self.model.is_in(who)
        assert answer.status_code == (200 if fits else 403 if seen else 404), answer.text
        if fits:
            self.model.looked.add(who)

    def decide(self) -> None:
        """Reject, which freezes the scores; or take it back, which leaves them frozen."""
        with self.world.database.read() as session:
            submission = session.get_one(Submission, self.sent.id)
        headers = {**self._who("recruiter").auth, "If-Match": f'"{submission.version}"'}
        step, body = ("reopen", {"reason": "Mistake."}) if submission.decision else REJECT
        done = self.client.post(f"{self.sent.url}/{step}", json=body, headers=headers)
        stopped = not submission.decision and self.model.stops("recruiter")
        assert done.status_code == 409 if stopped else done.is_success, done.text

    def want(self, reviews: int) -> None:
        """How many reviews the job wants for each submission."""
        assert self._change_job(reviews_wanted=reviews) == 200
        self.model.wanted, self.model.least = reviews, min(self.model.least, reviews)

    def rule(self, rule: SealRule) -> None:
        """Open scores by another rule: earlier only while nothing is locked (elsewhere one is)."""
        fits = rule is SealRule.ALL_LOCKED or rule == self.model.rule
        assert self._change_job(seal_rule=rule) == (200 if fits else 409)
        if fits:
            self.model.rule = rule

    def _change_job(self, **change: object) -> int:
        url, auth = f"{API}/jobs/{self.world.job_slug}", self._who("recruiter").auth
        etag = self.client.get(url, headers=auth).headers["ETag"]
        return self.client.patch(url, json=change, headers={**auth, "If-Match": etag}).status_code

    def check_sight(self) -> None:
        with self.world.database.read() as session:
            submission = session.get_one(Submission, self.sent.id)
            for name, person in self.people.items():
                actor = Actor(ActorKind.USER, person.id, roles=ROLES[name])
                assert are_scores_open(session, actor, submission) is self.model.sees(name), name

    def check_shown(self) -> None:
        """That everybody is shown the locked scorecards that are open to them, and no others."""
        for name, person in self.people.items():
            listed = self.client.get(f"{self.sent.url}/scorecards", headers=person.auth)
            summary = self.client.get(f"{self.sent.url}/summary", headers=person.auth)
            if not self.model.is_in(name):
                assert (listed.status_code, summary.status_code) == (404, 404)
                continue
            shown = {card["reviewer"]["id"] for card in listed.json()["items"]}
            assert shown == {str(self._who(each).id) for each in self.model.visible(name)}
            assert listed.json()["sealed"] is (not self.model.sees(name))
            number = len(shown) if self.model.sees(name) else None
            assert summary.json()["n"] == number

    def check_reads(self, who: str, *, gone: bool) -> None:
        """That no read tells what is hidden, nor, while sealed, how much of it there is.

        Only who hires knows who has locked: the export of scorecards has a blank line for each.
        """
        before = self._read_all(who)
        with self.world.database.write() as session:
            if gone and not self.model.sees(who):
                others = sa.delete(Scorecard).where(*self._hidden_from(who))
                session.connection().execute(others)
                before = {path: told for path, told in before.items() if path not in BLANK_LINES}
            else:
                self._turn_round(session, who)
        after = self._read_all(who)
        assert {path: after[path] for path in before if after[path] != before[path]} == {}

    def _read_all(self, who: str) -> dict[str, object]:
        """What every read of the API answers, without what changes from call to call."""
        with self.world.database.read() as session:
            mine = select(Assignment.id).where(Assignment.submission_id == self.sent.id)
            ids = session.exec(mine.order_by(col(Assignment.id))).all()
        auth = self._who(who).auth
        return {
            path: steady(self.client.get(API + path, headers=auth))
            for path in paths_about(self.sent.id, ids)
        }

    def _turn_round(self, session: Session, who: str) -> None:
        """Change all that is hidden from somebody: what scorecards say, what decisions froze."""
        for card in session.exec(select(Scorecard).where(*self._hidden_from(who))).all():
            turn_card(session, card)
        if not self.model.sees(who):
            for record in session.exec(select(DecisionRecord)).all():
                record.snapshot = {"scorecards": []}

    def _hidden_from(self, who: str) -> list[sa.ColumnElement[bool]]:
        visible = {self._who(name).id for name in self.model.visible(who) | {who}}
        here = col(Scorecard.submission_id) == self.sent.id
        return [here, col(Scorecard.reviewer_id).not_in(visible)]

    @property
    def sent(self) -> Sent:
        return self.world.submission

    def _who(self, name: str) -> Person:
        return self.people[name]

    def _assignment(self, who: str) -> reviewing.Json:
        listed = reviewing.read(self.client, self.people["recruiter"], self.sent, "assignments")
        wanted = str(self._who(who).id)
        found: reviewing.Json = next(
            each for each in listed.json()["items"] if each["reviewer"]["id"] == wanted
        )
        return found

    def _etag(self, who: str) -> str | None:
        mine = reviewing.read(self.client, self._who(who), self.sent, "scorecards/mine")
        return str(mine.headers["ETag"]) if "ETag" in mine.headers else None


def champions(card: reviewing.Json) -> bool:
    tops = [one for one in card["ratings"] if one["level"] == TOP]
    return card["recommendation"] == Recommendation.STRONG_YES and bool(tops)


def turn_card(session: Session, card: Scorecard) -> None:
    """Say the opposite, without a trace in version or time."""
    words, surety = list(Recommendation), list(Confidence)
    said = {
        "recommendation": card.recommendation and words[-1 - words.index(card.recommendation)],
        "confidence": card.confidence and surety[-1 - surety.index(card.confidence)],
        "forecast": None if card.forecast is None else 100 - card.forecast,
        "composite": None if card.composite is None else 5 - card.composite,
        "comment": card.comment.swapcase(),
    }
    here = sa.update(Scorecard).where(col(Scorecard.id) == card.id)
    session.connection().execute(here.values(**said, updated_at=card.updated_at))
    turned = sa.update(Rating).where(col(Rating.scorecard_id) == card.id)
    session.connection().execute(turned.values(level=5 - col(Rating.level), comment="Turned."))


def begin(client: TestClient, world: World, rule: SealRule) -> Play:
    """The world as it was first; `double` joins the team, and the other submission has a score."""
    double = world.other_recruiter
    with world.database.write() as session:
        for table in LEFT_BEHIND:
            session.connection().execute(sa.delete(table))
        job = session.get_one(Job, world.job_id)
        job.seal_rule, job.reviews_wanted, job.reviews_wanted_least = rule, 2, 2
        submission = session.get_one(Submission, world.submission.id)
        submission.decision = submission.decided_at = None
        if Role.REVIEWER not in session.get_one(User, double.id).roles:
            session.get_one(User, double.id).roles = [Role.RECRUITER, Role.REVIEWER]
            session.add(TeamMember(job_id=world.job_id, user_id=double.id))
        add_other_score(session, world)
    people = {name: getattr(world, name) for name in ROLES if name != "double"}
    return Play(client, world, {**people, "double": double}, Model(rule))


def add_other_score(session: Session, world: World) -> None:
    here, reviewer = world.submission2, world.outsider.id
    done = AssignmentState.DONE
    session.add(Assignment(submission_id=here.id, reviewer_id=reviewer, state=done))
    session.add(
        Scorecard(
            submission_id=here.id,
            reviewer_id=reviewer,
            revision_id=here.revision_id,
            rubric_id=world.rubric_id,
            state=ScorecardState.LOCKED,
            composite=2.5,
        )
    )
