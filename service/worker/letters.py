"""Which letter follows from an event, and to whom it goes. They are written here, sent later."""

from datetime import timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from service.core.clock import utc_now
from service.core.db import load
from service.core.outbox import ActorKind, EventDetail, EventRow
from service.core.rates import windows
from service.domain.accounts.actions import RESET_WITHIN, open_password_reset
from service.domain.accounts.actor import SYSTEM
from service.domain.accounts.tables import User
from service.domain.candidates.tables import Candidate
from service.domain.jobs.tables import Job
from service.domain.messages import letters as words
from service.domain.messages.actions import write_message
from service.domain.messages.letters import Words
from service.domain.messages.queries import count_letters
from service.domain.reviews.queries.conflicts import list_leads
from service.domain.reviews.tables import Assignment, AssignmentState
from service.domain.submissions.actions.links import make_link
from service.domain.submissions.queries import get_submission
from service.domain.submissions.tables import (
    Draft,
    LinkPurpose,
    Revision,
    RevisionState,
    Submission,
)
from service.settings import Settings
from service.worker.post import PAGES, RESET_PAGE, stored_link

STATUS_FOR = timedelta(days=180)
WITHDRAW_FOR = timedelta(days=1)
MOST_STATUS_LINKS = 20


def thank(session: Session, settings: Settings, event: EventRow) -> None:
    submission = get_submission(session, SYSTEM, event.subject_id)
    if _is_flooded(session, settings, "thanks", submission.candidate.email):
        return
    link = _link(session, settings, LinkPurpose.STATUS, STATUS_FOR, submission_id=submission.id)
    _mail_candidate(
        session, submission, "thanks", words.thanks(**_told(settings, submission, link))
    )


def ask_to_confirm(session: Session, settings: Settings, event: EventRow) -> None:
    """To the address that we know, which is the one that the addition came with."""
    submission = get_submission(session, SYSTEM, event.subject_id)
    revision = session.get(Revision, _id(event, "revision_id"))
    if not revision or revision.state is not RevisionState.UNCONFIRMED:
        return
    if _is_flooded(session, settings, "confirm", submission.candidate.email):
        return  # it can be confirmed from the status page too, and by hand
    link = _link(
        session,
        settings,
        LinkPurpose.CONFIRM,
        timedelta(days=settings.limits.confirm_days),
        submission_id=submission.id,
        revision_id=revision.id,
    )
    told = words.confirm(**_told(settings, submission, link))
    _mail_candidate(session, submission, "confirm", told)


def mail_withdraw_link(session: Session, settings: Settings, event: EventRow) -> None:
    submission = get_submission(session, SYSTEM, event.subject_id)
    if _is_flooded(session, settings, "withdraw", submission.candidate.email):
        return
    link = _link(session, settings, LinkPurpose.WITHDRAW, WITHDRAW_FOR, submission_id=submission.id)
    told = words.withdraw(**_told(settings, submission, link))
    _mail_candidate(session, submission, "withdraw", told)


def mail_status_links(session: Session, settings: Settings, event: EventRow) -> None:
    """For each submission of whoever has the address; to an address we do not know, nothing.

    Who confirmed something needs a new link, however many strangers asked for.
    """
    query = (
        select(Submission)
        .join(Candidate)
        .where(Candidate.email_key == _detail(session, event, "email_key"))
        .options(*load(Submission.job, Submission.candidate))
        .order_by(col(Submission.created_at).desc())
        .limit(MOST_STATUS_LINKS)
    )
    if event.payload.get("job_id"):
        query = query.where(Submission.job_id == _id(event, "job_id"))
    for submission in session.exec(query).all():
        is_asked_by_stranger = event.actor_id is None
        to = submission.candidate.email
        if is_asked_by_stranger and _is_flooded(session, settings, "status_link", to):
            return
        link = _link(session, settings, LinkPurpose.STATUS, STATUS_FOR, submission_id=submission.id)
        told = words.status_link(**_told(settings, submission, link))
        _mail_candidate(session, submission, "status_link", told)


def mail_draft_link(session: Session, settings: Settings, event: EventRow) -> None:
    draft = session.get(Draft, _id(event, "draft_id"))
    to = draft.email.lower() if draft else ""  # the same mailbox in every spelling
    if not draft or not to or _is_flooded(session, settings, "draft_link", to):
        return
    days = settings.limits.draft_days
    link = _link(session, settings, LinkPurpose.DRAFT, timedelta(days=days), draft_id=draft.id)
    job = session.get_one(Job, draft.job_id)
    told = words.draft_link(company=settings.company.name, job=job.title, link=link, days=days)
    _mail(session, "draft_link", to, told)


def tell_recruiters(session: Session, settings: Settings, event: EventRow) -> None:
    """That an addition expired."""
    submission = get_submission(session, SYSTEM, event.subject_id)
    told = words.expired(
        job=submission.job.title,
        link=_staff_link(settings, submission.id),
        days=settings.limits.confirm_days,
    )
    _mail_leads(session, submission, "revision_expired", told)


def tell_of_new_evidence(session: Session, settings: Settings, event: EventRow) -> None:
    """That somebody whose submission has ended sent it again: a person decides what follows."""
    submission = get_submission(session, SYSTEM, event.subject_id)
    if submission.decision and event.actor_kind is ActorKind.CANDIDATE:
        link = _staff_link(settings, submission.id)
        told = words.sent_after_end(job=submission.job.title, link=link)
        _mail_leads(session, submission, "sent_after_end", told)


def tell_reviewer(session: Session, settings: Settings, event: EventRow) -> None:
    """That there is work, unless the reviewer took it unasked."""
    assignment = session.get(Assignment, _id(event, "assignment_id"))
    if not assignment or assignment.state is not AssignmentState.OPEN:
        return
    reviewer = session.get_one(User, assignment.reviewer_id)
    if event.actor_id == reviewer.id or reviewer.deactivated_at:
        return
    submission = get_submission(session, SYSTEM, assignment.submission_id)
    told = words.assignment(
        job=submission.job.title,
        link=_staff_link(settings, submission.id),
        due=f"{assignment.due:%d %B %Y}".lstrip("0") if assignment.due else "",
    )
    _mail(session, "assignment", reviewer.email, told, submission.id)


def mail_password_reset(session: Session, settings: Settings, event: EventRow) -> None:
    """To an address that nobody here has, nothing."""
    address = _detail(session, event, "email")
    reset = open_password_reset(session, SYSTEM, _id(event, "reset_id"), address)
    if not reset:
        return
    told = words.password_reset(
        company=settings.company.name,
        link=stored_link(settings, RESET_PAGE, reset.id),
        hours=RESET_WITHIN // timedelta(hours=1),
    )
    _mail(session, "password_reset", session.get_one(User, reset.user_id).email, told)


def welcome(session: Session, settings: Settings, event: EventRow) -> None:
    """To a new colleague who has no password yet: a link to choose one."""
    user = session.get(User, event.subject_id)
    if not user or user.password_hash or user.deactivated_at:
        return
    reset = open_password_reset(session, SYSTEM, event.id, user.email)
    if not reset:
        return
    told = words.welcome(
        company=settings.company.name,
        name=user.name,
        link=stored_link(settings, RESET_PAGE, reset.id),
        ask=f"{settings.site}/{RESET_PAGE}",
        hours=RESET_WITHIN // timedelta(hours=1),
    )
    _mail(session, "welcome", user.email, told)


def _mail_leads(session: Session, submission: Submission, kind: str, told: Words) -> None:
    """To those who lead the hiring; never to who has a conflict of interest."""
    for user in list_leads(session, submission):
        _mail(session, kind, user.email, told, submission.id)


def _is_flooded(session: Session, settings: Settings, kind: str, to: str) -> bool:
    """Whether an address got enough: what strangers can cause is bounded, and nobody is told."""
    return any(
        count_letters(session, kind=kind, recipient=to, since=utc_now() - lately) >= most
        for most, lately in windows(settings.rates.per_email)
    )


def _told(settings: Settings, submission: Submission, link: str) -> dict[str, str]:
    return {
        "company": settings.company.name,
        "job": submission.job.title,
        "name": submission.candidate.name,
        "link": link,
    }


def _link(
    session: Session, settings: Settings, purpose: LinkPurpose, lasts: timedelta, **ids: UUID
) -> str:
    made = make_link(session, SYSTEM, purpose, lasts=lasts, **ids)
    return stored_link(settings, PAGES[purpose], made.id)


def _staff_link(settings: Settings, submission_id: UUID) -> str:
    return f"{settings.site}/desk/submissions/{submission_id}"


def _mail_candidate(session: Session, submission: Submission, kind: str, told: Words) -> None:
    _mail(session, kind, submission.candidate.email, told, submission.id)


def _mail(
    session: Session, kind: str, to: str, told: Words, submission_id: UUID | None = None
) -> None:
    write_message(
        session,
        SYSTEM,
        kind=kind,
        recipient=to,
        subject=told.subject,
        text=told.text,
        submission_id=submission_id,
    )


def _id(event: EventRow, name: str) -> UUID:
    return UUID(str(event.payload[name]))


def _detail(session: Session, event: EventRow, name: str) -> str:
    """A value behind the event; empty when it was erased."""
    row = session.get(EventDetail, event.id)
    return str(row.detail.get(name, "")) if row else ""
