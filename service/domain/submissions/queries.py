"""What can be asked about submissions. Every question starts from what the actor may see."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from service.core.clock import utc_now
from service.core.db import load, load_lists
from service.core.errors import Gone, NotFound
from service.core.outbox import EventRow
from service.core.secrets import LinkInvalid, sign, unsign
from service.core.versions import Expected
from service.domain.accounts.actor import Actor, require
from service.domain.jobs.tables import Job
from service.domain.submissions import policy
from service.domain.submissions.events import DraftRemoved
from service.domain.submissions.tables import (
    Decision,
    Draft,
    LinkPurpose,
    MailedLink,
    Revision,
    RevisionState,
    Submission,
    SubmissionFile,
)

TOKEN_LASTS = timedelta(days=400)  # at most; links and drafts end earlier, by their own rows
DONE = {
    LinkPurpose.CONFIRM: col(Revision.state) == RevisionState.CONFIRMED,
    LinkPurpose.WITHDRAW: col(Submission.decision) == Decision.WITHDRAWN,
}


class LinkEnded(Gone):
    """`is_done` says that what the link was for has happened: confirmed, withdrawn."""

    code = "link_ended"
    message = "This link was used already, or its time is over."

    def __init__(self, purpose: LinkPurpose, *, is_done: bool = False) -> None:
        self.purpose, self.is_done = purpose, is_done
        super().__init__()


class DraftSent(LinkEnded):
    """What was begun was sent, as this revision."""

    def __init__(self, revision_id: UUID, at: datetime) -> None:
        self.revision_id, self.at = revision_id, at
        super().__init__(LinkPurpose.DRAFT)


def get_submission(
    session: Session, actor: Actor, id: UUID, *, version: Expected | None = None
) -> Submission:
    """One submission with its job, stage and candidate. With `version` it is locked for a change.

    Raises NotFound, Forbidden, Stale.
    """
    links = load(Submission.job, Submission.stage, Submission.candidate)
    visible = policy.visible_submissions(actor, one=id)
    query = select(Submission).where(Submission.id == id, visible)
    if version:
        query = query.with_for_update(of=Submission)
    found = session.exec(query.options(*links)).first()
    if not found:
        raise NotFound
    if version:
        require(is_handled_by(session, actor, found))  # before it is told whether it was changed
        version.check(found.version)
    return found


def get_submissions(
    session: Session, actor: Actor, versions: Collection[tuple[UUID, int]]
) -> Sequence[Submission]:
    """Several in these versions, locked for a change; else as `get_submission`.

    Raises NotFound, Forbidden, Stale.
    """
    ids = {id for id, _version in versions}
    found = {one.id: one for one in find_submissions(session, actor, ids, held=True)}
    if found.keys() != ids:
        raise NotFound
    require(is_handled_by(session, actor, *found.values()))  # before it is told what was changed
    for id, version in versions:
        Expected(frozenset({version})).check(found[id].version)
    return list(found.values())


def find_submissions(
    session: Session, actor: Actor, ids: Collection[UUID], *, held: bool = False
) -> Sequence[Submission]:
    """Those of these that the actor may see, with job, stage and candidate; `held` for a change.

    In one order, so that two who change the same ones never wait for each other in a circle.
    """
    links = load(Submission.job, Submission.stage, Submission.candidate)
    query = select(Submission).where(
        col(Submission.id).in_(set(ids)), policy.visible_submissions(actor)
    )
    if held:
        query = query.with_for_update(of=Submission)
    return session.exec(query.order_by(col(Submission.id)).options(*links)).all()


def is_run_by(session: Session, actor: Actor, *submissions: Submission) -> bool:
    """Whether the actor hires for the job of this submission, of all these submissions."""
    ids = {one.id for one in submissions}
    query = select(Submission.id).where(col(Submission.id).in_(ids), policy.runs(actor))
    return set(session.exec(query).all()) == ids


def is_handled_by(session: Session, actor: Actor, *submissions: Submission) -> bool:
    """Whether the actor may move, decide and confirm here, not only on another job."""
    return policy.may_handle(actor) and is_run_by(session, actor, *submissions)


def find_newest(session: Session, submissions: Sequence[Submission]) -> dict[UUID, Revision]:
    """By the submission's id, the newest confirmed revision, without evidence and files."""
    ids = [one.id for one in submissions]
    query = select(Revision).where(col(Revision.submission_id).in_(ids))
    newest = query.join(Submission).where(col(Revision.number) == col(Submission.revision))
    return {one.submission_id: one for one in session.exec(newest).all()}


def get_revision(session: Session, submission: Submission, number: int | None = None) -> Revision:
    """A confirmed revision, the newest by default, with evidence and files. Raises NotFound."""
    wanted = submission.revision if number is None else number
    query = select(Revision).where(
        Revision.submission_id == submission.id, Revision.number == wanted
    )
    found = session.exec(query.options(*load_lists(Revision.evidence, Revision.files))).first()
    if not found:
        raise NotFound
    return found


def list_revisions(session: Session, actor: Actor, submission: Submission) -> Sequence[Revision]:
    """Oldest first; what nobody has confirmed yet is for those who may confirm it."""
    query = select(Revision).where(Revision.submission_id == submission.id)
    if not is_run_by(session, actor, submission):
        query = query.where(Revision.state == RevisionState.CONFIRMED)
    return session.exec(query.order_by(col(Revision.id))).all()


def get_revision_by_id(
    session: Session, actor: Actor, submission: Submission, id: UUID
) -> Revision:
    """Any revision, also one that waits, with evidence and files. Raises NotFound."""
    query = select(Revision).where(Revision.id == id, Revision.submission_id == submission.id)
    if not is_run_by(session, actor, submission):
        query = query.where(Revision.state == RevisionState.CONFIRMED)
    found = session.exec(query.options(*load_lists(Revision.evidence, Revision.files))).first()
    if not found:
        raise NotFound
    return found


def get_sent(session: Session, id: UUID) -> tuple[Revision, Job]:
    """What one sending held, with its files, and the job, for whoever has its receipt.

    Raises NotFound.
    """
    query = (
        select(Revision, Job)
        .join(Submission, col(Submission.id) == Revision.submission_id)
        .join(Job, col(Job.id) == Submission.job_id)
        .where(Revision.id == id)
    )
    found = session.exec(query.options(*load_lists(Revision.files))).first()
    if not found:
        raise NotFound
    return found[0], found[1]


def get_file(session: Session, actor: Actor, submission: Submission, id: UUID) -> SubmissionFile:
    """A file of one of the revisions that the actor may see. Raises NotFound."""
    query = (
        select(SubmissionFile)
        .join(Revision)
        .where(SubmissionFile.id == id, Revision.submission_id == submission.id)
    )
    if not is_run_by(session, actor, submission):
        query = query.where(Revision.state == RevisionState.CONFIRMED)
    found = session.exec(query).first()
    if not found:
        raise NotFound
    return found


def receipt_token(key: str, id: UUID) -> str:
    return sign(key, "receipt", str(id))


def read_receipt_token(key: str, token: str) -> UUID:
    """Of which sending a receipt is. Raises NotFound."""
    return _signed_id(key, "receipt", token)


def link_token(key: str, link: MailedLink) -> str:
    """What stands in the mail: derived, so that no copy of the database opens anything."""
    return sign(key, f"link {link.purpose.value}", str(link.id))


def open_link(
    session: Session, key: str, purpose: LinkPurpose, token: str, *, for_use: bool = False
) -> MailedLink:
    """The link that a mail held; `for_use` locks it, so that two clicks are one after the other.

    Raises NotFound when it was never made, LinkEnded when it was and is over.
    """
    id = _signed_id(key, f"link {purpose.value}", token)
    query = select(MailedLink).where(
        MailedLink.id == id,
        MailedLink.purpose == purpose,
        col(MailedLink.ended_at).is_(None),
        col(MailedLink.expires_at) > utc_now(),
    )
    found = session.exec(query.with_for_update() if for_use else query).first()
    if not found:
        raise LinkEnded(purpose, is_done=_is_done(session, purpose, id))
    return found


def _is_done(session: Session, purpose: LinkPurpose, id: UUID) -> bool:
    """Whether what an ended link was for has happened; unknown when the link was swept."""
    if purpose not in DONE:
        return False
    query = (
        select(MailedLink.id)
        .outerjoin(Revision, col(Revision.id) == MailedLink.revision_id)
        .outerjoin(Submission, col(Submission.id) == MailedLink.submission_id)
        .where(MailedLink.id == id, DONE[purpose])
    )
    return session.exec(query).first() is not None


def draft_token(key: str, draft: Draft) -> str:
    return sign(key, "draft", str(draft.id))


def get_draft(session: Session, key: str, token: str, *, for_change: bool = False) -> Draft:
    """A draft by its signed token, with its staged files. Raises NotFound, DraftSent, LinkEnded."""
    id = _signed_id(key, "draft", token)
    found = find_draft(session, id, for_change=for_change)
    if not found:
        raise _draft_ended(session, id)
    return found


def find_draft(session: Session, id: UUID, *, for_change: bool = False) -> Draft | None:
    """With its staged files, for whoever knows that it is theirs."""
    query = select(Draft).where(Draft.id == id)
    if for_change:
        query = query.with_for_update(of=Draft)
    return session.exec(query.options(*load_lists(Draft.files))).first()


def _draft_ended(session: Session, id: UUID) -> LinkEnded:
    """What the history says of a draft that is gone: it was sent, or swept.

    An old form that is pressed again can begin a draft of the same id anew: the last end counts.
    """
    query = select(EventRow).where(EventRow.subject_id == id, EventRow.name == DraftRemoved.name)
    removed = session.exec(query.order_by(col(EventRow.id).desc())).first()
    revision_id = removed.payload.get("revision_id") if removed else None
    if removed is None or revision_id is None:
        return LinkEnded(LinkPurpose.DRAFT)
    return DraftSent(UUID(str(revision_id)), removed.created_at)


def get_linked_draft(session: Session, link: MailedLink) -> tuple[Draft, str]:
    """The draft that a mailed link leads to, and its job's slug. Raises LinkEnded."""
    query = select(Draft, Job.slug).join(Job).where(Draft.id == link.draft_id)
    found = session.exec(query).first()
    if not found:
        raise LinkEnded(LinkPurpose.DRAFT)
    return found[0], found[1]


def _signed_id(key: str, purpose: str, token: str) -> UUID:
    try:
        return UUID(str(unsign(key, purpose, token, TOKEN_LASTS)))
    except (LinkInvalid, ValueError) as error:
        raise NotFound from error
