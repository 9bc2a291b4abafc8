"""What staff do to many submissions at once, and the note that something was taken away."""

import re
from collections.abc import Mapping, Sequence

from sqlmodel import Session

from service.core import outbox
from service.domain.accounts.actor import Actor, require
from service.domain.desk import policy
from service.domain.desk.events import ExportMade
from service.domain.desk.inputs import PLACEHOLDERS, ExportFilter, RejectInput
from service.domain.desk.queries.filters import find_job_id
from service.domain.messages.actions import write_message
from service.domain.pipeline.actions import end_submissions
from service.domain.pipeline.inputs import MoveInput
from service.domain.submissions.policy import may_handle
from service.domain.submissions.queries import find_newest, get_submissions
from service.domain.submissions.tables import Decision, Revision, Submission

_PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS)))


def reject_submissions(session: Session, actor: Actor, wanted: RejectInput) -> Sequence[Submission]:
    """Reject all of these with a letter each. A refusal is for all: the caller keeps none.

    Raises NotFound, Stale, AlreadyDecided, ReasonNeeded, ScoresSealed, ChampionUnheard.
    """
    require(may_handle(actor))
    submissions = get_submissions(session, actor, wanted.submissions)
    newest = find_newest(session, submissions)
    step = MoveInput(to=Decision.REJECTED.value, reason=wanted.reason, note=wanted.note)
    end_submissions(session, actor, submissions, step)
    for one in submissions:
        _write(session, actor, one, newest[one.id], wanted)
    session.flush()
    return submissions


def record_export(
    session: Session, actor: Actor, table: str, format: str, asked: ExportFilter
) -> None:
    """Note who takes what away. Raises UnknownFilter."""
    require(policy.may_export(actor))
    job_id = None if asked.job is None else find_job_id(session, actor, asked.job)
    made = ExportMade(user_id=actor.user_id, table=table, format=format, job_id=job_id)
    detail = asked.model_dump(mode="json", by_alias=True, exclude_unset=True)
    outbox.record(session, actor, job_id or actor.user_id, made, detail=detail)


def _write(
    session: Session,
    actor: Actor,
    submission: Submission,
    revision: Revision,
    wanted: RejectInput,
) -> None:
    words = {"{name}": revision.name, "{job}": submission.job.title}
    write_message(
        session,
        actor,
        kind="rejection",
        recipient=revision.email,
        subject=_filled(wanted.subject, words),
        text=_filled(wanted.text, words),
        submission_id=submission.id,
    )


def _filled(text: str, words: Mapping[str, str]) -> str:
    """In one pass, so that a name that looks like a placeholder stays a name."""
    return _PLACEHOLDER.sub(lambda found: words[found[0]], text)
