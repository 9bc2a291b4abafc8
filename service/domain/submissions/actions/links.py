"""Links in mails: made for one purpose, ended when used, revoked when something newer holds."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from service.core import outbox
from service.core.clock import utc_now
from service.core.db import new_id
from service.core.words import email_key
from service.domain.accounts.actor import Actor, require
from service.domain.submissions.events import LinkMade, LinksRevoked, StatusLinkRequested
from service.domain.submissions.tables import LinkPurpose, MailedLink


def make_link(
    session: Session,
    actor: Actor,
    purpose: LinkPurpose,
    *,
    lasts: timedelta,
    submission_id: UUID | None = None,
    revision_id: UUID | None = None,
    draft_id: UUID | None = None,
) -> MailedLink:
    """A link to put into a mail; `queries.link_token` says its secret, which is stored nowhere."""
    require(actor.is_system)
    link = MailedLink(
        purpose=purpose,
        submission_id=submission_id,
        revision_id=revision_id,
        draft_id=draft_id,
        expires_at=utc_now() + lasts,
    )
    session.add(link)
    session.flush()
    subject = submission_id or draft_id or link.id
    made = LinkMade(link_id=link.id, purpose=purpose.value)
    outbox.record(session, actor, subject, made)
    return link


def revoke_links(
    session: Session,
    actor: Actor,
    purpose: LinkPurpose,
    *,
    submission_id: UUID | None = None,
    draft_id: UUID | None = None,
) -> None:
    """End all open links of one purpose to one submission, or to one draft."""
    about = (
        col(MailedLink.submission_id) == submission_id
        if submission_id
        else col(MailedLink.draft_id) == draft_id
    )
    end = update(MailedLink).where(
        about, col(MailedLink.purpose) == purpose, col(MailedLink.ended_at).is_(None)
    )
    ended = session.connection().execute(end.values(ended_at=utc_now())).rowcount
    subject = submission_id or draft_id
    if ended and subject:
        outbox.record(session, actor, subject, LinksRevoked(purpose=purpose.value))


def request_status_link(
    session: Session, actor: Actor, email: str, *, job_id: UUID | None = None
) -> None:
    """Ask for a mail with links to one's submissions.

    Nothing is looked up here, so known and unknown addresses are the same: the worker does it.
    """
    asked = StatusLinkRequested(job_id=job_id)
    outbox.record(session, actor, new_id(), asked, detail={"email_key": email_key(email)})
