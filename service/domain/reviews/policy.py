"""Who may review, who may look, and when sealed scores open: the one place that says so."""

from sqlalchemy import ColumnElement, and_, false, func, or_, true
from sqlmodel import col, select

from service.core.outbox import EventRow
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role
from service.domain.jobs.tables import Job, SealRule, TeamMember
from service.domain.reviews.tables import (
    Assignment,
    AssignmentState,
    Conflict,
    Scorecard,
    ScorecardState,
    Unsealing,
)
from service.domain.submissions.policy import runs
from service.domain.submissions.tables import Submission

# Asked, and neither done nor replaced by somebody else: these keep the scores sealed.
UNLOCKED = (AssignmentState.OPEN, AssignmentState.DECLINED, AssignmentState.ABSTAINED)


def sees_scores(actor: Actor) -> ColumnElement[bool]:
    """Whether the locked scores of others are open to an actor, as a condition on Submission.

    This is the seal. It says nothing about whether the actor may see the submission at all.
    An own assignment that is not locked always seals, whatever one's roles, looks and rights.
    Who reviews and was not asked waits until no seat is left, or would judge having seen.
    """
    if actor.is_system:
        return true()
    if not actor.is_staff:
        return false()
    mine = Assignment.reviewer_id == actor.user_id
    own_unlocked = _assigned(mine, col(Assignment.state).in_(UNLOCKED))
    own_locked = _assigned(mine, Assignment.state == AssignmentState.DONE)
    seatless = _job_of(col(Job.reviews_wanted) <= _done()) if actor.has(Role.REVIEWER) else true()
    ways = or_(
        and_(own_locked, _job_of(Job.seal_rule == SealRule.OWN_LOCK)),
        and_(_all_locked(), or_(own_locked, seatless)),
        _has_looked(actor),
    )
    return and_(~own_unlocked, ways)


def may_have_seen(actor: Actor) -> ColumnElement[bool]:
    """Whether an actor without an assignment may have seen scores: as a condition on Submission.

    Such a one can no longer judge independently. What was open once counts, also when somebody
    asked later keeps the scores sealed again: locked scorecards only become more.
    """
    once_full = _job_of(col(Job.reviews_wanted_least) <= _done())
    return or_(_has_looked(actor), and_(or_(runs(actor), _hired_here(actor)), once_full))


def _hired_here(actor: Actor) -> ColumnElement[bool]:
    """A recruiter who was on the job's team once, also when that is over."""
    if not actor.has(Role.RECRUITER):
        return false()
    member = select(TeamMember.id).where(
        TeamMember.job_id == Submission.job_id, TeamMember.user_id == actor.user_id
    )
    return member.correlate(Submission).exists()


def visible_scorecards(actor: Actor) -> ColumnElement[bool]:
    """One's own, and others' locked ones that are open: as a condition on Scorecard.

    To be used together with `visible_submissions`.
    """
    if not actor.is_staff and not actor.is_system:
        return false()
    open_to_me = (
        select(Submission.id)
        .where(Submission.id == Scorecard.submission_id, sees_scores(actor))
        .correlate(Scorecard)
        .exists()
    )
    others = and_(col(Scorecard.state) == ScorecardState.LOCKED, open_to_me)
    return others if actor.is_system else or_(col(Scorecard.reviewer_id) == actor.user_id, others)


def reads_recruiter_comments(actor: Actor) -> ColumnElement[bool]:
    """Whether what scorecards say for the recruiter alone is for an actor: on Submission.

    Who was ever asked to review the submission reads others' scorecards as a fellow reviewer.
    """
    if actor.is_system:
        return true()
    if not actor.is_staff:
        return false()
    return and_(runs(actor), ~_assigned(Assignment.reviewer_id == actor.user_id))


def visible_assignments(actor: Actor) -> ColumnElement[bool]:
    """As a condition on Assignment joined with Submission.

    A reviewer sees only the own one until scores open: how far others are could tell.
    """
    if actor.is_system:
        return true()
    if not actor.is_staff:
        return false()
    return or_(runs(actor), sees_scores(actor), col(Assignment.reviewer_id) == actor.user_id)


def visible_conflicts(actor: Actor) -> ColumnElement[bool]:
    """As a condition on Conflict joined with Submission.

    Who hires sees them all but what others say of themselves; everybody what they said: a
    suspicion of oneself could tell a blind reviewer who the candidate is.
    """
    if actor.is_system:
        return true()
    if not actor.is_staff:
        return false()
    mine = col(Conflict.user_id) == actor.user_id
    return or_(and_(runs(actor), ~mine), col(Conflict.reported_by) == actor.user_id)


def told_of_conflicts(actor: Actor) -> ColumnElement[bool]:
    """As a condition on EventRow: nobody is told of what others say of their own conflicts."""
    if actor.is_system or actor.id is None:
        return true()
    about_me = col(EventRow.payload)["user_id"].as_string() == str(actor.id)
    named = col(EventRow.name).startswith("conflict.") & about_me
    return func.coalesce(~named, true()) | (col(EventRow.actor_id) == actor.id)


def may_settle(actor: Actor, conflict: Conflict) -> bool:
    """Somebody uninvolved: neither who is accused nor who accuses."""
    return actor.id not in (conflict.user_id, conflict.reported_by)


def may_review(assignment: Assignment | None) -> bool:
    """Write a scorecard: only whom somebody asked to, and who has not answered yet."""
    return assignment is not None and assignment.state == AssignmentState.OPEN


def may_take(actor: Actor, *, on_team: bool) -> bool:
    """Take work unasked: reviewers, on the jobs whose team they are on."""
    return actor.has(Role.REVIEWER) and on_team


def _assigned(*conditions: ColumnElement[bool] | bool) -> ColumnElement[bool]:
    found = select(Assignment.id).where(Assignment.submission_id == Submission.id, *conditions)
    return found.correlate(Submission).exists()


def _all_locked() -> ColumnElement[bool]:
    """Somebody has judged, and nobody who was asked still owes a judgement."""
    done = _assigned(Assignment.state == AssignmentState.DONE)
    return and_(done, ~_assigned(col(Assignment.state).in_(UNLOCKED)))


def _done() -> ColumnElement[int]:
    done = select(func.count(col(Assignment.id))).where(
        Assignment.submission_id == Submission.id, Assignment.state == AssignmentState.DONE
    )
    return done.correlate(Submission).scalar_subquery()


def _job_of(*conditions: ColumnElement[bool] | bool) -> ColumnElement[bool]:
    found = select(Job.id).where(Job.id == Submission.job_id, *conditions)
    return found.correlate(Submission).exists()


def _has_looked(actor: Actor) -> ColumnElement[bool]:
    look = select(Unsealing.id).where(
        Unsealing.submission_id == Submission.id, Unsealing.user_id == actor.user_id
    )
    return look.correlate(Submission).exists()
