"""Jobs, their stages, questions, rubrics and teams through their actions."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlmodel import Session, col, select

from service.core.clock import utc_now
from service.core.errors import Forbidden, NotFound, Stale
from service.core.outbox import EventDetail, EventRow
from service.core.paging import Slice
from service.core.versions import Expected
from service.domain.accounts.actor import STRANGER, SYSTEM, Actor
from service.domain.accounts.tables import User
from service.domain.jobs.actions import (
    JobIncomplete,
    JobNotOpen,
    SlugTaken,
    StageInUse,
    UserNotUsable,
    change_job,
    close_job,
    create_job,
    open_job,
    set_questions,
    set_rubric,
    set_stages,
    set_team,
)
from service.domain.jobs.inputs import (
    CriterionInput,
    JobChange,
    MemberInput,
    NewJob,
    QuestionInput,
    QuestionsInput,
    RubricInput,
    StageInput,
    StagesInput,
    TeamInput,
)
from service.domain.jobs.queries import (
    find_rubric,
    get_job,
    is_taking,
    list_jobs,
    list_parts,
    list_questions,
    list_stages,
    list_team,
)
from service.domain.jobs.tables import Criterion, Job, JobState, Question, Rubric, Stage
from service.domain.pipeline.stages import arrange_stages
from tests.worlds import World

ANCHORS = [{"name": "None", "anchor": "Nothing."}, {"name": "Much", "anchor": "A lot."}]
CRITERION = {"key": "depth", "name": "Depth", "weight": 3, "anchors": ANCHORS}


def actor_of(session: Session, id: UUID) -> Actor:
    return Actor.of(session.get_one(User, id))


def criteria(*changes: dict[str, Any]) -> list[CriterionInput]:
    wanted = [CRITERION | change for change in changes or ({},)]
    return RubricInput.model_validate({"criteria": wanted}).criteria


def stages(*keys: str) -> list[StageInput]:
    return [StageInput(key=key, name=key.title()) for key in keys]


def question(**values: Any) -> QuestionInput:
    return QuestionInput.model_validate({"key": "why", "text": "Why?", "kind": "long"} | values)


def last_event(session: Session, subject_id: UUID) -> tuple[str, dict[str, object]]:
    query = select(EventRow).where(EventRow.subject_id == subject_id)
    row = session.exec(query.order_by(col(EventRow.id).desc())).first()
    assert row is not None
    return row.name, session.get_one(EventDetail, row.id).detail


def the_job(session: Session, world: World) -> Job:
    return session.get_one(Job, world.job_id)


def test_a_new_job_is_a_draft_with_stages_reasons_and_its_maker_as_lead(world: World) -> None:
    with world.database.write() as session:
        me = actor_of(session, world.recruiter.id)
        job = create_job(session, me, NewJob(slug="sre", title="SRE"))
        session.expire_all()

        assert (job.state, job.version, job.reviews_wanted) == (JobState.DRAFT, 1, 2)
        keys = [stage.key for stage in list_stages(session, job.id)]
        assert keys == ["new", "review", "interview", "offer"]
        assert [one["key"] for one in job.rejection_reasons][:2] == ["evidence", "other_role"]
        team = [(member.user_id, member.is_lead) for member in list_team(session, job.id)]
        assert team == [(world.recruiter.id, True)]
        assert last_event(session, job.id)[0] == "job.created"
        with pytest.raises(SlugTaken):
            create_job(session, me, NewJob(slug="sre", title="Another"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "a"},
        {"slug": "a" * 81},
        {"slug": "New-Job"},
        {"slug": "a--b"},
        {"slug": "-ab"},
        {"slug": "ab\n"},
        {"slug": "new"},
        {"slug": "apply"},
        {"title": " "},
        {"timezone": "Europe"},
        {"timezone": "../../etc/passwd"},
        {"timezone": "x" * 5000},
        {"timezone": "UTC\u0000"},
        {"closes_at": "2026-03-01T12:00:00"},
        {"closes_at": 253402300800},
        {"closes_at": "9999-12-31T23:59:59-12:00"},
        {"reviews_wanted": 0},
        {"reviews_wanted": 11},
        {"reviews_wanted": True},
        {"reviews_wanted": 2**63},
        {"remote": "yes"},
        {"employment_type": "full_time"},
        {"rejection_reasons": []},
        {"rejection_reasons": [{"key": "a", "text": "A"}, {"key": "a", "text": "B"}]},
        {"state": "open"},
        {"id": "x"},
    ],
)
def test_a_job_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    NewJob.model_validate({"slug": "sre", "title": "SRE"})
    with pytest.raises(ValidationError):
        NewJob.model_validate({"slug": "sre", "title": "SRE", **wrong})


def test_who_may_not_change_a_job_does_not(world: World) -> None:
    with world.database.write() as session:
        job = the_job(session, world)
        for id in (world.other_recruiter.id, world.reviewer.id, world.outsider.id, None):
            me = actor_of(session, id) if id else STRANGER
            attempts: list[Callable[[], object]] = [
                partial(change_job, session, me, job, JobChange(title="X")),
                partial(open_job, session, me, job),
                partial(close_job, session, me, job),
                partial(set_stages, session, me, job, stages("new"), occupied=()),
                partial(set_questions, session, me, job, []),
                partial(set_rubric, session, me, job, criteria()),
                partial(set_team, session, me, job, [MemberInput(user_id=job.id, lead=True)]),
            ]
            for attempt in attempts:
                with pytest.raises(Forbidden):
                    attempt()
        for me in (actor_of(session, world.reviewer.id), STRANGER):
            with pytest.raises(Forbidden):
                create_job(session, me, NewJob(slug="sre", title="SRE"))
        assert job.version == 1


def test_a_change_touches_what_it_names_and_says_what_was_before(world: World) -> None:
    closes = datetime(2030, 1, 2, 3, tzinfo=UTC)
    with world.database.write() as session:
        me = actor_of(session, world.recruiter.id)
        job = get_job(session, me, "engineer", version=Expected(frozenset({1})))
        change = JobChange.model_validate(
            {"closes_at": "2030-01-02T04:00:00+01:00", "timezone": "Europe/Berlin"}
        )
        change_job(session, me, job, change)
        session.expire_all()

        assert (job.closes_at, job.timezone, job.title) == (
            closes,
            "Europe/Berlin",
            "Software Engineer",
        )
        assert job.version == 2
        assert last_event(session, job.id) == (
            "job.changed",
            {
                "before": {"closes_at": None, "timezone": "UTC"},
                "after": {"closes_at": "2030-01-02T03:00:00Z", "timezone": "Europe/Berlin"},
            },
        )
        change_job(session, me, job, change)
        assert job.version == 2
        with pytest.raises(Stale):
            get_job(session, me, "engineer", version=Expected(frozenset({1})))


def test_an_open_job_stays_whole(world: World) -> None:
    with world.database.write() as session:
        me, job = actor_of(session, world.recruiter.id), the_job(session, world)
        with pytest.raises(JobIncomplete) as refused, session.begin_nested():
            change_job(session, me, job, JobChange(description=""))
        assert [fault.pointer for fault in refused.value.faults] == ["/description"]


def test_opening_says_all_that_is_missing(world: World) -> None:
    with world.database.write() as session:
        me = actor_of(session, world.recruiter.id)
        past = utc_now() - timedelta(days=1)
        job = create_job(session, me, NewJob(slug="sre", title="SRE", closes_at=past))
        with pytest.raises(JobIncomplete) as refused:
            open_job(session, me, job)
        pointers = [fault.pointer for fault in refused.value.faults]
        assert pointers == ["/description", "/rubric", "/closes_at"]
        assert str(refused.value) == (
            "An open job needs a description, a rubric, a closing time to come."
        )
        with pytest.raises(JobNotOpen):
            close_job(session, me, job)
        change_job(session, me, job, JobChange(description="Work.", closes_at=None))
        set_rubric(session, me, job, criteria())
        open_job(session, me, job)
        assert (job.state, is_taking(job), last_event(session, job.id)[0]) == (
            JobState.OPEN,
            True,
            "job.opened",
        )
        opened = job.opened_at
        close_job(session, me, job)
        assert (job.state, is_taking(job), last_event(session, job.id)[0]) == (
            JobState.CLOSED,
            False,
            "job.closed",
        )
        open_job(session, me, job)
        assert (job.state, job.opened_at) == (JobState.OPEN, opened)


@pytest.mark.parametrize("key", ["hired", "rejected", "withdrawn", "New", "1st", "a b", "a" * 41])
def test_a_stage_key_is_plain_and_no_decision(key: str) -> None:
    with pytest.raises(ValidationError):
        StageInput(key=key, name="Stage")


def test_stage_keys_are_unique_and_there_is_at_least_one() -> None:
    for wrong in ([], ["new", "new"]):
        with pytest.raises(ValidationError):
            StagesInput.model_validate({"stages": [{"key": key, "name": "N"} for key in wrong]})


def test_a_stage_in_use_stays_an_empty_one_is_archived_and_comes_back(world: World) -> None:
    with world.database.write() as session:
        me, job = actor_of(session, world.recruiter.id), the_job(session, world)
        with pytest.raises(StageInUse) as refused:
            arrange_stages(session, me, job, stages("onsite", "screen"))
        assert str(refused.value) == "There are submissions in “New”. Move them first."
        arrange_stages(session, me, job, stages("onsite", "new", "final"))
        assert [stage.key for stage in list_stages(session, job.id)] == ["onsite", "new", "final"]
        assert job.version == 2
        screen = session.get_one(Stage, world.stages["screen"])
        assert screen.archived_at is not None
        arrange_stages(session, me, job, stages("new", "screen"))
        assert [stage.id for stage in list_stages(session, job.id)] == [
            world.stages["new"],
            screen.id,
        ]
        assert last_event(session, job.id) == (
            "job.stages_set",
            {"before": ["onsite", "new", "final"], "after": ["new", "screen"]},
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "choice"},
        {"kind": "choice", "options": ["A"]},
        {"kind": "multi_choice", "options": ["A", "A"]},
        {"kind": "short", "options": ["A", "B"]},
        {"kind": "essay"},
        {"required": 1},
        {"text": ""},
        {"key": "a/b"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        question(**wrong)


def test_a_question_that_is_left_out_is_archived_and_can_come_back(world: World) -> None:
    with world.database.write() as session:
        me, job = actor_of(session, world.recruiter.id), the_job(session, world)
        known = list_questions(session, job.id)[0]
        colour = question(key="colour", kind="choice", options=["Red", "Blue"], required=True)
        set_questions(session, me, job, [colour, question()])
        assert [one.key for one in list_questions(session, job.id)] == ["colour", "why"]
        assert session.get_one(Question, known.id).archived_at is not None
        set_questions(session, me, job, [question(key="wrong", text="When, really?")])
        found = list_questions(session, job.id)
        assert [(one.id, one.text) for one in found] == [(known.id, "When, really?")]
        set_questions(session, me, job, [])
        assert list_questions(session, job.id) == []
        assert (job.version, last_event(session, job.id)[0]) == (4, "job.questions_set")
    with pytest.raises(ValidationError):
        QuestionsInput(questions=[question(), question()])


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [{}, {}],
        [{"key": f"k{i}"} for i in range(9)],
        [{"weight": 0}],
        [{"weight": 101}],
        [{"weight": 1.0}],
        [{"anchors": ANCHORS[:1]}],
        [{"anchors": ANCHORS * 3}],
        [{"anchors": [{"name": "A", "anchor": ""}, ANCHORS[1]]}],
        [{"anchors": [{"level": 2, **ANCHORS[0]}, {"level": 1, **ANCHORS[1]}]}],
        [{}, {"key": "b", "anchors": ANCHORS * 2}],
    ],
)
def test_a_rubric_that_makes_no_sense_is_refused(wrong: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        RubricInput.model_validate({"criteria": [CRITERION | change for change in wrong]})


def test_a_changed_rubric_is_a_new_version_and_the_same_one_is_none(world: World) -> None:
    with world.database.write() as session:
        me, job = actor_of(session, world.recruiter.id), the_job(session, world)
        first = set_rubric(session, me, job, criteria({}, {"key": "scale"}))
        session.expire_all()
        assert first.id == set_rubric(session, me, job, criteria({}, {"key": "scale"})).id
        assert (first.number, job.version) == (2, 2)
        second = set_rubric(session, me, job, criteria({"key": "scale"}, {}))
        session.expire_all()

        found = find_rubric(session, job.id)
        assert found is not None
        assert (found.id, found.number, job.version) == (second.id, 3, 3)
        assert [(one.key, one.weight) for one in found.criteria] == [("scale", 3), ("depth", 3)]
        assert found.criteria[0].anchors == [
            {"level": 1, "name": "None", "anchor": "Nothing."},
            {"level": 2, "name": "Much", "anchor": "A lot."},
        ]
        kept = session.exec(select(Criterion).where(Criterion.rubric_id == world.rubric_id)).all()
        assert {one.id for one in kept} == set(world.criteria.values())
        name, detail = last_event(session, job.id)
        assert (name, detail["number"]) == ("job.rubric_set", 3)


def test_a_team_has_a_lead_and_active_people(world: World) -> None:
    with world.database.write() as session:
        me, job = actor_of(session, world.recruiter.id), the_job(session, world)
        ended = session.get_one(User, world.outsider.id)
        ended.deactivated_at = utc_now()
        session.flush()
        lead = MemberInput(user_id=world.recruiter.id, lead=True)
        for bad in (world.outsider.id, job.id):
            with pytest.raises(UserNotUsable) as refused:
                set_team(session, me, job, [lead, MemberInput(user_id=bad)])
            assert refused.value.faults[0].pointer == "/members/1/user_id"
        set_team(session, me, job, [lead, MemberInput(user_id=world.reviewer.id)])
        members = {member.user_id: member.is_lead for member in list_team(session, job.id)}
        assert members == {world.recruiter.id: True, world.reviewer.id: False}
        set_team(session, me, job, [lead, MemberInput(user_id=world.reviewer2.id)])
        members = {member.user_id: member.is_lead for member in list_team(session, job.id)}
        assert members == {world.recruiter.id: True, world.reviewer2.id: False}
        assert (job.version, last_event(session, job.id)[0]) == (3, "job.team_set")
    for wrong in ([], [{"user_id": str(job.id)}], [{"user_id": str(job.id), "lead": True}] * 2):
        with pytest.raises(ValidationError):
            TeamInput.model_validate({"members": wrong})


def test_who_leaves_a_team_changes_the_job_no_more(world: World) -> None:
    with world.database.write() as session:
        me, job = actor_of(session, world.recruiter.id), the_job(session, world)
        other = MemberInput(user_id=world.other_recruiter.id, lead=True)
        set_team(session, me, job, [other])
        with pytest.raises(Forbidden):
            close_job(session, me, job)
        close_job(session, actor_of(session, world.other_recruiter.id), job)
        with pytest.raises(NotFound):
            get_job(session, me, "engineer")


def test_lists_page_filter_and_begin_at_a_time(world: World) -> None:
    with world.database.write() as session:
        me = actor_of(session, world.recruiter.id)
        for slug in ("one", "two", "three"):
            create_job(session, me, NewJob(slug=slug, title=slug))
        first = list_jobs(session, me, Slice(limit=3))
        rest = list_jobs(session, me, Slice(limit=3, after=first.next))
        slugs = [job.slug for job in (*first.items, *rest.items)]
        assert (slugs, rest.next) == (["three", "two", "one", "engineer"], None)
        drafts = list_jobs(session, me, Slice(), state=JobState.DRAFT).items
        assert len(drafts) == 3
        assert [job.slug for job in list_jobs(session, STRANGER, Slice()).items] == ["engineer"]
        started = utc_now()
        change_job(session, me, drafts[0], JobChange(location="Oslo"))
        later = list_jobs(session, me, Slice(), updated_since=started).items
        assert [job.slug for job in later] == ["three"]


def test_parts_come_together_and_strangers_get_the_form_only(world: World) -> None:
    with world.database.write() as session:
        me, job = actor_of(session, world.recruiter.id), the_job(session, world)
        set_rubric(session, SYSTEM, job, criteria())
        draft = create_job(session, me, NewJob(slug="sre", title="SRE"))
        parts = list_parts(session, me, [job, draft])
        public = list_parts(session, STRANGER, [job])[job.id]

        assert [rubric.number for rubric in [parts[job.id].rubric] if rubric] == [2]
        assert parts[draft.id].rubric is None
        assert [stage.key for stage in parts[job.id].stages][:2] == ["new", "screen"]
        assert len(parts[job.id].team) == 3
        assert parts[draft.id].team[0].user.name == "Recruiter"
        assert [one.key for one in public.questions] == ["wrong"]
        assert (public.stages, public.rubric, public.team) == ((), None, ())
        assert session.exec(select(Rubric)).all()[0].number == 1
