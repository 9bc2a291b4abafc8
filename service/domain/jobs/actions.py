"""What can be done with a job: made, changed, opened, closed; stages, questions, rubric, team."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from service.core import outbox
from service.core.clock import utc_now
from service.core.errors import Fault, Invalid, StateConflict
from service.core.unique import is_taken
from service.domain.accounts.actor import Actor, require
from service.domain.accounts.tables import User
from service.domain.jobs import beginnings, events, policy
from service.domain.jobs.inputs import (
    CriterionInput,
    JobChange,
    MemberInput,
    NewJob,
    QuestionInput,
    StageInput,
)
from service.domain.jobs.queries import (
    find_rubric,
    is_slug_taken,
    list_stages,
    require_change,
)
from service.domain.jobs.tables import (
    Criterion,
    Job,
    JobState,
    Question,
    Rubric,
    Stage,
    TeamMember,
)

# What strangers are not shown of an open job.
INTERNAL = {"seal_rule", "reviews_wanted", "rejection_reasons"}


class SlugTaken(StateConflict):
    code = "slug_taken"
    message = "There is a job of this address already. Choose another slug."


class JobIncomplete(StateConflict):
    code = "job_incomplete"
    message = "An open job needs {missing}."


class JobNotOpen(StateConflict):
    code = "job_not_open"
    message = "This job was never opened, so it cannot be closed."


class StageInUse(StateConflict):
    code = "stage_in_use"
    message = "There are submissions in {stages}. Move them first."


class UserNotUsable(Invalid):
    code = "user_not_usable"
    message = "Somebody named is not an active user."


def create_job(session: Session, actor: Actor, wanted: NewJob) -> Job:
    """A draft with the usual stages; its maker leads the team. Raises Forbidden, SlugTaken."""
    require(policy.may_create_jobs(actor))
    taken = SlugTaken(faults=[Fault("/slug", SlugTaken.message)])
    if is_slug_taken(session, wanted.slug):
        raise taken
    job = Job(**wanted.model_dump(), reviews_wanted_least=wanted.reviews_wanted)
    if not wanted.rejection_reasons:
        job.rejection_reasons = [reason.model_dump() for reason in beginnings.REJECTION_REASONS]
    session.add(job)
    try:
        session.flush()
    except IntegrityError as error:  # somebody was faster, since it was looked for
        if is_taken(error, Job, "slug"):
            raise taken from error
        raise
    _put_stages(session, job, beginnings.STAGES, ())
    if actor.is_staff:
        session.add(TeamMember(job_id=job.id, user_id=actor.user_id, is_lead=True))
    detail: dict[str, object] = {"after": wanted.model_dump(mode="json")}
    outbox.record(session, actor, job.id, events.JobCreated(job_id=job.id), detail=detail)
    return job


def change_job(session: Session, actor: Actor, job: Job, change: JobChange) -> Job:
    """Change what the change names. Raises Forbidden, JobIncomplete."""
    require_change(session, actor, job)
    wanted = change.model_dump(exclude_unset=True)
    before = job.model_dump(include=set(wanted))
    if wanted == before:
        return job
    shown = job.model_dump(mode="json", include=set(wanted))
    job.sqlmodel_update(wanted)
    job.reviews_wanted_least = min(job.reviews_wanted_least, job.reviews_wanted)
    if job.state is JobState.OPEN:
        _require_whole(session, job)
    session.flush()
    detail: dict[str, object] = {
        "before": shown,
        "after": change.model_dump(mode="json", exclude_unset=True),
    }
    differing = {name for name in wanted if wanted[name] != before[name]}
    changed = events.JobChanged(job_id=job.id, public=not INTERNAL.issuperset(differing))
    outbox.record(session, actor, job.id, changed, detail=detail)
    return job


def open_job(session: Session, actor: Actor, job: Job) -> Job:
    """Let submissions come in. Raises Forbidden, JobIncomplete."""
    require_change(session, actor, job)
    if job.state is JobState.OPEN:
        return job
    _require_whole(session, job, opening=True)
    job.state = JobState.OPEN
    job.opened_at = job.opened_at or utc_now()
    session.flush()
    outbox.record(session, actor, job.id, events.JobOpened(job_id=job.id))
    return job


def close_job(session: Session, actor: Actor, job: Job) -> Job:
    """Take no more submissions; those that are in go on. Raises Forbidden, JobNotOpen."""
    require_change(session, actor, job)
    if job.state is JobState.DRAFT:
        raise JobNotOpen
    if job.state is JobState.CLOSED:
        return job
    job.state = JobState.CLOSED
    session.flush()
    outbox.record(session, actor, job.id, events.JobClosed(job_id=job.id))
    return job


def set_stages(
    session: Session,
    actor: Actor,
    job: Job,
    stages: Sequence[StageInput],
    *,
    occupied: Collection[UUID],
) -> None:
    """Put the stages into this order; those left out are archived.

    `occupied`: ids of the stages that hold submissions, which a job cannot know
    (`pipeline.stages` asks). Raises Forbidden, StageInUse.
    """
    require_change(session, actor, job)
    before = [stage.key for stage in list_stages(session, job.id)]
    _put_stages(session, job, stages, occupied)
    _raise_version(session, job)
    detail: dict[str, object] = {"before": before, "after": [stage.key for stage in stages]}
    outbox.record(session, actor, job.id, events.JobStagesSet(job_id=job.id), detail=detail)


def set_questions(
    session: Session, actor: Actor, job: Job, questions: Sequence[QuestionInput]
) -> None:
    """Put the form's questions into this order; those left out are archived. Raises Forbidden."""
    require_change(session, actor, job)
    query = select(Question).where(Question.job_id == job.id).order_by(col(Question.position))
    known = {question.key: question for question in session.exec(query)}
    before = [key for key, question in known.items() if not question.archived_at]
    wanted = {question.key for question in questions}
    for key, question in known.items():
        if key not in wanted and not question.archived_at:
            question.archived_at = utc_now()
    for position, one in enumerate(questions):
        values = one.model_dump() | {"position": position, "archived_at": None}
        if one.key in known:
            known[one.key].sqlmodel_update(values)
        else:
            session.add(Question(job_id=job.id, **values))
    _raise_version(session, job)
    detail: dict[str, object] = {
        "before": before,
        "after": [question.model_dump(mode="json") for question in questions],
    }
    outbox.record(session, actor, job.id, events.JobQuestionsSet(job_id=job.id), detail=detail)


def set_rubric(
    session: Session, actor: Actor, job: Job, criteria: Sequence[CriterionInput]
) -> Rubric:
    """A new version of what is judged, unless it is the same as before. Raises Forbidden."""
    require_change(session, actor, job)
    latest = find_rubric(session, job.id)
    wanted = [_content(one, position) for position, one in enumerate(criteria)]
    if (
        latest
        and [criterion.model_dump(include=CONTENT) for criterion in latest.criteria] == wanted
    ):
        return latest
    rubric = Rubric(job_id=job.id, number=latest.number + 1 if latest else 1)
    session.add(rubric)
    rubric.criteria = [Criterion(rubric_id=rubric.id, **content) for content in wanted]
    _raise_version(session, job)
    event = events.JobRubricSet(job_id=job.id, rubric_id=rubric.id)
    outbox.record(session, actor, job.id, event, detail={"number": rubric.number})
    return rubric


def set_team(session: Session, actor: Actor, job: Job, members: Sequence[MemberInput]) -> None:
    """Who works on the job, and who leads. Raises Forbidden, UserNotUsable."""
    require_change(session, actor, job)
    rows = session.exec(select(TeamMember).where(TeamMember.job_id == job.id)).all()
    known = {row.user_id: row for row in rows}
    before = _team_detail([row for row in rows if not row.left_at])
    new = {one.user_id for one in members} - {row.user_id for row in rows if not row.left_at}
    _require_usable(session, members, new)
    wanted = {one.user_id: one.lead for one in members}
    for user_id, row in known.items():
        if user_id not in wanted and not row.left_at:
            row.left_at = utc_now()
    for user_id, lead in wanted.items():
        row = known.get(user_id) or TeamMember(job_id=job.id, user_id=user_id)
        row.is_lead, row.left_at = lead, None
        session.add(row)
    _raise_version(session, job)
    after = {str(user_id): lead for user_id, lead in wanted.items()}
    detail: dict[str, object] = {"before": before, "after": after}
    outbox.record(session, actor, job.id, events.JobTeamSet(job_id=job.id), detail=detail)


CONTENT = {"key", "name", "description", "weight", "position", "anchors"}


def _content(criterion: CriterionInput, position: int) -> dict[str, Any]:
    anchors = [
        {"level": level, "name": one.name, "anchor": one.anchor}
        for level, one in enumerate(criterion.anchors, 1)
    ]
    plain = criterion.model_dump(exclude={"anchors"})
    return plain | {"position": position, "anchors": anchors}


def _require_whole(session: Session, job: Job, *, opening: bool = False) -> None:
    over = opening and job.closes_at is not None and job.closes_at <= utc_now()
    needs = (
        ("/title", "a title", bool(job.title)),
        ("/description", "a description", bool(job.description)),
        ("/stages", "at least one stage", bool(list_stages(session, job.id))),
        ("/rubric", "a rubric", find_rubric(session, job.id) is not None),
        ("/closes_at", "a closing time to come", not over),
    )
    missing = [(pointer, words) for pointer, words, is_there in needs if not is_there]
    if missing:
        faults = [Fault(pointer, f"An open job needs {words}.") for pointer, words in missing]
        raise JobIncomplete(missing=", ".join(words for _, words in missing), faults=faults)


def _put_stages(
    session: Session, job: Job, stages: Sequence[StageInput], occupied: Collection[UUID]
) -> None:
    known = {s.key: s for s in session.exec(select(Stage).where(Stage.job_id == job.id))}
    wanted = {stage.key for stage in stages}
    dropped = [stage for key, stage in known.items() if key not in wanted and not stage.archived_at]
    if used := [f"“{stage.name}”" for stage in dropped if stage.id in occupied]:
        raise StageInUse(stages=", ".join(used))
    for stage in dropped:
        stage.archived_at = utc_now()
    for position, one in enumerate(stages):
        values = one.model_dump() | {"position": position, "archived_at": None}
        if one.key in known:
            known[one.key].sqlmodel_update(values)
        else:
            session.add(Stage(job_id=job.id, **values))


def _require_usable(session: Session, members: Sequence[MemberInput], new: set[UUID]) -> None:
    """Who is on the team already may stay, also when the account has ended."""
    active = select(User.id).where(col(User.id).in_(new), col(User.deactivated_at).is_(None))
    found = set(session.exec(active))
    faults = [
        Fault(f"/members/{place}/user_id", "There is no such active user.")
        for place, one in enumerate(members)
        if one.user_id in new - found
    ]
    if faults:
        raise UserNotUsable(faults=faults)


def _team_detail(rows: Sequence[TeamMember]) -> dict[str, bool]:
    return {str(row.user_id): row.is_lead for row in rows}


def _raise_version(session: Session, job: Job) -> None:
    """What belongs to a job changes with it, so that `If-Match` on the job guards it."""
    job.updated_at = utc_now()
    session.flush()
