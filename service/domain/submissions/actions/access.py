"""Who besides the job's team may see one submission. Only actions called by `reviews` use this."""

from uuid import UUID

from sqlmodel import Session, select

from service.core import outbox
from service.core.clock import utc_now
from service.core.upserts import insert_new
from service.domain.accounts.actor import Actor, require
from service.domain.submissions.events import AccessChanged
from service.domain.submissions.tables import Access, Submission


def set_access(
    session: Session, actor: Actor, submission: Submission, user_id: UUID, *, assigned: bool
) -> None:
    """Show the submission to a user whom it is assigned to, or no longer.

    Whether the actor may do it depends on why, which `reviews` knows: here it is only staff.
    """
    require(actor.is_staff or actor.is_system)
    access = _hold(session, submission, user_id)
    if access.assigned == assigned:
        return
    access.assigned = assigned
    outbox.record(session, actor, submission.id, _changed(session, access))


def set_blocked(
    session: Session, actor: Actor, submission: Submission, user_id: UUID, *, blocked: bool
) -> None:
    """Hide the submission from a user whatever the role, or no longer; as for `set_access`."""
    require(actor.is_staff or actor.is_system)
    access = _hold(session, submission, user_id)
    if access.blocked == blocked:
        return
    access.blocked = blocked
    outbox.record(session, actor, submission.id, _changed(session, access))


def _hold(session: Session, submission: Submission, user_id: UUID) -> Access:
    fresh = Access(submission_id=submission.id, user_id=user_id, changed_at=utc_now())
    insert_new(session, fresh, ["submission_id", "user_id"])
    query = select(Access).where(Access.submission_id == submission.id, Access.user_id == user_id)
    return session.exec(query.with_for_update()).one()


def _changed(session: Session, access: Access) -> AccessChanged:
    access.changed_at = utc_now()
    session.flush()
    ids = {"submission_id": access.submission_id, "user_id": access.user_id}
    return AccessChanged(**ids, assigned=access.assigned, blocked=access.blocked)
