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
    fresh = Access(submission_id=submission.id, user_id=user_id, changed_at=utc_now())
    insert_new(session, fresh, ["submission_id", "user_id"])
    query = select(Access).where(Access.submission_id == submission.id, Access.user_id == user_id)
    access = session.exec(query.with_for_update()).one()
    if access.assigned == assigned:
        return
    access.assigned, access.changed_at = assigned, utc_now()
    session.flush()
    changed = AccessChanged(submission_id=submission.id, user_id=user_id, assigned=assigned)
    outbox.record(session, actor, submission.id, changed)
