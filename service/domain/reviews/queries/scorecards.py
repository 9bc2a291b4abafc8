"""Scorecards as one may see them: one's own to fill, and others' once they are open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, null, or_
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from service.core.db import load, load_lists
from service.core.errors import Forbidden
from service.domain.accounts.actor import Actor
from service.domain.jobs.queries import find_rubric
from service.domain.jobs.tables import Criterion, Job, Rubric
from service.domain.reviews import policy
from service.domain.reviews.queries.assignments import find_assignment
from service.domain.reviews.tables import (
    Amendment,
    Rating,
    Scorecard,
    ScorecardState,
    Unsealing,
)
from service.domain.submissions.differences import Difference, compare
from service.domain.submissions.queries import get_revision
from service.domain.submissions.tables import Revision, Submission


class NotAssigned(Forbidden):
    code = "not_assigned"
    message = "Only a reviewer who is asked to review this submission has a scorecard for it."


@dataclass(frozen=True)
class OwnReview:
    """What a reviewer needs to judge: the form (rubric), what is judged, and what is written.

    A draft is shown in the form of the job's newest rubric, a locked scorecard in its own.
    `rubric_changed` says that the draft was saved under an older one.
    """

    submission: Submission
    revision: Revision
    rubric: Rubric | None
    card: Scorecard | None
    difference: Difference | None = None  # to the newest revision, when that is another

    @property
    def is_locked(self) -> bool:
        return self.card is not None and self.card.state == ScorecardState.LOCKED

    @property
    def version(self) -> int | None:
        """For the ETag; a form that was never saved has none."""
        return self.card.version if self.card else None

    @property
    def newer_revision(self) -> bool:
        return self.revision.number != self.submission.revision

    @property
    def rubric_changed(self) -> bool:
        return bool(self.card and self.rubric and self.card.rubric_id != self.rubric.id)

    @property
    def earlier_ratings(self) -> Sequence[Rating]:
        """What a draft says under an older rubric than that of the form."""
        return in_order(self.card.ratings) if self.card and self.rubric_changed else []

    def find_rating(self, criterion: Criterion) -> Rating | None:
        """What was said about a criterion, found by its key, since an older rubric has it too."""
        ratings = self.card.ratings if self.card else []
        return next((r for r in ratings if r.criterion.key == criterion.key), None)


def are_scores_open(session: Session, actor: Actor, submission: Submission) -> bool:
    """Whether the actor may see others' locked scores of a submission."""
    query = select(Submission.id).where(Submission.id == submission.id, policy.sees_scores(actor))
    return session.exec(query).first() is not None


def are_comments_for(session: Session, actor: Actor, submission: Submission) -> bool:
    """Whether the actor is whom scorecards' comments for the recruiter alone are for."""
    meant = policy.reads_recruiter_comments(actor)
    query = select(Submission.id).where(Submission.id == submission.id, meant)
    return session.exec(query).first() is not None


def has_looked(session: Session, actor: Actor, submission: Submission) -> bool:
    """Whether the actor had an early look at sealed scores."""
    query = select(Unsealing.id).where(
        Unsealing.submission_id == submission.id, Unsealing.user_id == actor.user_id
    )
    return session.exec(query).first() is not None


def is_judged(session: Session, job: Job) -> bool:
    """Whether a scorecard of one of the job's submissions is locked."""
    query = select(Scorecard.id).join(Submission, col(Submission.id) == Scorecard.submission_id)
    locked = Scorecard.state == ScorecardState.LOCKED
    return (
        session.exec(query.where(Submission.job_id == job.id, locked).limit(1)).first() is not None
    )


def list_scorecards(session: Session, actor: Actor, submission: Submission) -> Sequence[Scorecard]:
    """The locked ones that the actor may see, in the order of locking."""
    query = _with_links().where(
        Scorecard.submission_id == submission.id,
        Scorecard.state == ScorecardState.LOCKED,
        policy.visible_scorecards(actor),
    )
    return session.exec(query.order_by(col(Scorecard.locked_at), col(Scorecard.id))).all()


def find_own_scorecard(session: Session, actor: Actor, submission: Submission) -> Scorecard | None:
    """Draft or locked, read afresh, with ratings."""
    query = _with_links().where(
        Scorecard.submission_id == submission.id, Scorecard.reviewer_id == actor.user_id
    )
    return session.exec(query, execution_options={"populate_existing": True}).first()


def get_own_review(session: Session, actor: Actor, submission: Submission) -> OwnReview:
    """The actor's scorecard, or a form to fill. Raises NotAssigned."""
    card = find_own_scorecard(session, actor, submission)
    if not card and not policy.may_review(find_assignment(session, submission, actor.user_id)):
        raise NotAssigned
    revision = get_revision(session, submission, card.revision.number if card else None)
    since = find_differences(session, submission, [card]).get(card.id) if card else None
    if card and card.state == ScorecardState.LOCKED:
        return OwnReview(submission, revision, get_rubric(session, card), card, since)
    rubric = find_rubric(session, submission.job_id)
    return OwnReview(submission, revision, rubric, card, since)


def find_differences(
    session: Session, submission: Submission, cards: Sequence[Scorecard]
) -> dict[UUID, Difference]:
    """By the scorecard's id, what came since the revision it judged last; none: nothing did."""
    last = {card.id: last_judged(card) for card in cards}
    judged = {id: one.id for id, one in last.items() if one.number != submission.revision}
    if not judged:
        return {}
    query = select(Revision).where(
        Revision.submission_id == submission.id,
        or_(col(Revision.id).in_(judged.values()), col(Revision.number) == submission.revision),
    )
    loaded = session.exec(query.options(*load_lists(Revision.evidence, Revision.files))).all()
    found = {revision.id: revision for revision in loaded}
    newest = next(one for one in loaded if one.number == submission.revision)
    return {id: compare(found[revision_id], newest) for id, revision_id in judged.items()}


def last_judged(card: Scorecard) -> Revision:
    """The revision that was judged last, at the lock or by an amendment."""
    return card.amendments[-1].revision if card.amendments else card.revision


def get_rubric(session: Session, card: Scorecard) -> Rubric:
    """The rubric version a scorecard judges by, with its criteria in order."""
    query = select(Rubric).where(Rubric.id == card.rubric_id)
    return session.exec(query.options(*load_lists(Rubric.criteria))).one()


def visible_composite(actor: Actor) -> ColumnElement[float | None]:
    """The mean composite of a submission's locked scorecards; NULL whenever they are sealed.

    For lists over Submission: to show, to sort and to filter by.
    """
    mean = (
        select(func.avg(col(Scorecard.composite)))
        .where(Scorecard.submission_id == Submission.id, Scorecard.state == ScorecardState.LOCKED)
        .correlate(Submission)
        .scalar_subquery()
    )
    return case((policy.sees_scores(actor), mean), else_=null())


def score_snapshot(session: Session, submission: Submission) -> dict[str, object]:
    """All locked scorecards as they are now, sealed or not: to be stored, never to be shown."""
    return score_snapshots(session, [submission])[submission.id]


def score_snapshots(
    session: Session, submissions: Sequence[Submission]
) -> dict[UUID, dict[str, object]]:
    """The same for several, by their ids."""
    frozen: dict[UUID, list[object]] = {one.id: [] for one in submissions}
    for card in fetch_locked(session, list(frozen)):
        frozen[card.submission_id].append(_frozen(card))
    return {id: {"scorecards": cards} for id, cards in frozen.items()}


def fetch_locked(session: Session, submission_ids: Sequence[UUID]) -> Sequence[Scorecard]:
    """All locked scorecards of these, sealed or not, in the order of locking: never to be shown."""
    query = _with_links().where(
        col(Scorecard.submission_id).in_(submission_ids), Scorecard.state == ScorecardState.LOCKED
    )
    return session.exec(query.order_by(col(Scorecard.locked_at), col(Scorecard.id))).all()


def _frozen(card: Scorecard) -> dict[str, object]:
    return {
        "reviewer_id": str(card.reviewer_id),
        "revision": card.revision.number,
        "rubric": card.rubric.number,
        "recommendation": card.recommendation,
        "confidence": card.confidence,
        "forecast": card.forecast,
        "composite": card.composite,
        "levels": {rating.criterion.key: rating.level for rating in in_order(card.ratings)},
    }


def in_order(ratings: Sequence[Rating]) -> list[Rating]:
    """As their criteria stand in the rubric."""
    return sorted(ratings, key=lambda rating: rating.criterion.position)


def _with_links() -> SelectOfScalar[Scorecard]:
    ratings: Any = Scorecard.ratings
    criterion: Any = Rating.criterion
    amendments: Any = Scorecard.amendments
    revision: Any = Amendment.revision
    return select(Scorecard).options(
        *load(Scorecard.reviewer, Scorecard.revision, Scorecard.rubric),
        selectinload(ratings).joinedload(criterion),
        selectinload(amendments).joinedload(revision),
    )
