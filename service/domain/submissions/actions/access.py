"""Who may see a submission because of a review; only actions of `reviews` call this."""

from uuid import UUID

from sqlmodel import Session, select

from service.core.clock import utc_now
from service.domain.accounts.actor import Actor
from service.domain.submissions.tables import Access, Submission


def set_access(
    session: Session,
    actor: Actor,  # noqa: ARG001  # every action says who acts; the caller records the fact
    submission: Submission,
    user_id: UUID,
    *,
    assigned: bool,
) -> None:
    """Let a reviewer see a submission, or no longer. The submission itself does not change."""
    query = select(Access).where(Access.submission_id == submission.id, Access.user_id == user_id)
    now = utc_now()
    access = session.exec(query).first() or Access(
        submission_id=submission.id, user_id=user_id, changed_at=now
    )
    access.assigned, access.changed_at = assigned, now
    session.add(access)
    session.flush()
