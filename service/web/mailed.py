"""What a mailed link opens: whose it is, and the submission that it is about."""

from uuid import UUID

from service.core.outbox import ActorKind
from service.core.versions import Expected
from service.domain.accounts.actor import SYSTEM, Actor
from service.domain.submissions.queries import get_submission, open_link
from service.domain.submissions.tables import LinkPurpose, MailedLink, Submission
from service.doors.visit import Db, Visit

NONE = UUID(int=0)
ANY = Expected(anything=True)


def opened(db: Db, link: MailedLink, version: Expected | None = None) -> tuple[Actor, Submission]:
    """The link itself is the right to see it. Raises NotFound."""
    submission = get_submission(db, SYSTEM, link.submission_id or NONE, version=version)
    return Actor(ActorKind.CANDIDATE, submission.candidate_id, "The candidate"), submission


def used(
    db: Db, visit: Visit, purpose: LinkPurpose, token: str
) -> tuple[MailedLink, Actor, Submission]:
    """A link that is good once, with its submission, both locked: who states no version waits.

    The submission comes first, as with all who change one. Raises NotFound, LinkEnded.
    """
    link = open_link(db, visit.tools.key, purpose, token)
    me, submission = opened(db, link, ANY)
    return open_link(db, visit.tools.key, purpose, token, for_use=True), me, submission
