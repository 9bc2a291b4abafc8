"""What is over and goes: one function per kind. Each removes at most `limit`, and says how many."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from service.core import outbox
from service.core.db import load_lists
from service.core.idempotency import KEPT_FOR, KeptAnswer
from service.core.outbox import Task, TaskState
from service.core.rates import RateCount
from service.domain.accounts.actor import SYSTEM
from service.domain.accounts.tables import PasswordReset, SignIn
from service.domain.submissions.actions import expire_revision
from service.domain.submissions.events import DraftRemoved
from service.domain.submissions.tables import (
    Blob,
    Draft,
    MailedLink,
    Revision,
    RevisionState,
    Submission,
)


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
    release(session, (file.sha256 for draft in found for file in draft.files))
    for draft in found:
        removed = DraftRemoved(draft_id=draft.id, job_id=draft.job_id)
        outbox.record(session, SYSTEM, draft.id, removed)
    ids = [draft.id for draft in found]
    session.connection().execute(sa.delete(Draft).where(col(Draft.id).in_(ids)))
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


def _expire(session: Session, revision: Revision) -> bool:
    """The submission is locked first, as those do who confirm: one of us comes too late."""
    locked = select(Submission).where(Submission.id == revision.submission_id).with_for_update()
    submission = session.exec(locked).one()
    session.refresh(revision)
    if revision.state is not RevisionState.UNCONFIRMED:
        return False
    expire_revision(session, SYSTEM, submission, revision)
    return True


def release(session: Session, hashes: Iterable[str]) -> None:
    """Count down who points to these bytes; in one order, so that two never wait for each other."""
    for sha256, count in sorted(Counter(hashes).items()):
        fewer = sa.update(Blob).where(col(Blob.sha256) == sha256)
        session.connection().execute(fewer.values(refs=col(Blob.refs) - count))


def _remove(
    session: Session, table: type[SQLModel], over: sa.ColumnElement[bool], limit: int
) -> int:
    id = SQLModel.metadata.tables[str(table.__tablename__)].c.id
    ids = session.connection().execute(sa.select(id).where(over).limit(limit)).scalars().all()
    session.connection().execute(sa.delete(table).where(id.in_(ids)))
    return len(ids)
