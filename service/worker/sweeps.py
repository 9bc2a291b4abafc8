"""What is over and goes: one function per kind. Each removes at most `limit`, and says how many."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from service.core.db import load_lists
from service.core.idempotency import KEPT_FOR, KeptAnswer
from service.core.outbox import EventDetail, EventRow, Task, TaskState
from service.core.rates import RateCount
from service.domain.accounts.actor import SYSTEM
from service.domain.accounts.tables import PasswordReset, SignIn
from service.domain.submissions.actions import expire_revision
from service.domain.submissions.actions.drafts import remove_draft
from service.domain.submissions.actions.found_by import add_missing_words
from service.domain.submissions.tables import (
    Draft,
    MailedLink,
    Revision,
    RevisionState,
    Submission,
)

ASKED = ("status_link.requested", "user.password_reset_requested")


def answers(session: Session, now: datetime, limit: int) -> int:
    """Answers kept for a repeat of the same request."""
    return _remove(session, KeptAnswer, col(KeptAnswer.created_at) < now - KEPT_FOR, limit)


def rates(session: Session, now: datetime, limit: int) -> int:
    return _remove(session, RateCount, col(RateCount.expires_at) < now, limit)


def links(session: Session, before: datetime, limit: int) -> int:
    """Mailed links that ended, were used or revoked before."""
    over = sa.or_(col(MailedLink.expires_at) < before, col(MailedLink.ended_at) < before)
    return _remove(session, MailedLink, over, limit)


def sign_ins(session: Session, before: datetime, limit: int) -> int:
    over = sa.or_(col(SignIn.expires_at) < before, col(SignIn.revoked_at) < before)
    return _remove(session, SignIn, over, limit)


def password_resets(session: Session, before: datetime, limit: int) -> int:
    return _remove(session, PasswordReset, col(PasswordReset.expires_at) < before, limit)


def tasks(session: Session, before: datetime, limit: int) -> int:
    """Work done before. What was given up stays until a person has seen to it."""
    over = sa.and_(col(Task.state) == TaskState.DONE, col(Task.done_at) < before)
    return _remove(session, Task, over, limit)


def asked_addresses(session: Session, before: datetime, limit: int) -> int:
    """Addresses that anybody may have typed to ask for a link; the events and the chain stay."""
    asked = select(EventRow.id).where(
        col(EventRow.name).in_(ASKED), col(EventRow.created_at) < before
    )
    return _remove(session, EventDetail, col(EventDetail.id).in_(asked), limit)


def drafts(session: Session, before: datetime, limit: int) -> int:
    """Drafts untouched since, with all files staged in them."""
    query = (
        select(Draft)
        .where(col(Draft.updated_at) < before)
        .order_by(col(Draft.updated_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = session.exec(query.options(*load_lists(Draft.files))).all()
    for draft in found:
        remove_draft(session, SYSTEM, draft)
    return len(found)


def revisions(session: Session, before: datetime, limit: int) -> int:
    """Revisions that nobody confirmed in time: kept, and out of the way."""
    query = (
        select(Revision)
        .where(Revision.state == RevisionState.UNCONFIRMED, col(Revision.created_at) < before)
        .order_by(col(Revision.created_at))
        .limit(limit)
    )
    return sum(_expire(session, revision) for revision in session.exec(query).all())


def words(session: Session, _now: datetime, limit: int) -> int:
    """What revisions are found by, where it is missing or made in an older way."""
    return add_missing_words(session, limit)


def _expire(session: Session, revision: Revision) -> bool:
    """The submission is locked first, as those do who confirm: one of us comes too late."""
    locked = select(Submission).where(Submission.id == revision.submission_id).with_for_update()
    submission = session.exec(locked).one()
    session.refresh(revision)
    if revision.state is not RevisionState.UNCONFIRMED:
        return False
    expire_revision(session, SYSTEM, submission, revision)
    return True


def _remove(
    session: Session, table: type[SQLModel], over: sa.ColumnElement[bool], limit: int
) -> int:
    id = SQLModel.metadata.tables[str(table.__tablename__)].c.id
    ids = session.connection().execute(sa.select(id).where(over).limit(limit)).scalars().all()
    session.connection().execute(sa.delete(table).where(id.in_(ids)))
    return len(ids)
