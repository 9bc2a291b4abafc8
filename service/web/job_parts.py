"""What a job has several of, each as a list to write into: stages, questions, reasons to reject."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from service.core.errors import Refusal
from service.domain.accounts.actor import Actor
from service.domain.jobs.actions import set_questions
from service.domain.jobs.inputs import JobChange, QuestionsInput, StagesInput
from service.domain.jobs.queries import get_job, get_job_to_change, list_questions, list_stages
from service.domain.jobs.tables import Job, QuestionKind, StageKind
from service.domain.pipeline.stages import arrange_stages
from service.domain.reviews.actions import change_judged_job
from service.doors.forms import Form, FormHere
from service.doors.pages import PageVisit
from service.doors.routes import DoorRoute
from service.doors.visit import Db
from service.web.done import after
from service.web.lines import Lines
from service.web.render import page, words
from service.web.typed import Typed
from service.web.versions import version_in, version_to_show

router = APIRouter(prefix="/desk/jobs", route_class=DoorRoute)
STAGE_KINDS = [(kind.value, words(kind.value)) for kind in StageKind]
QUESTION_KINDS = [(kind.value, words(kind.value)) for kind in QuestionKind]

Line = Mapping[str, object]


@dataclass(frozen=True)
class Part:
    """One such list: its template, its lines, how they are found, read from a form, and kept."""

    template: str
    lines: Lines
    find: Callable[[Db, Job], Sequence[Line]]
    read: Callable[[Typed, int], Line]
    keep: Callable[[Db, Actor, Job, Sequence[Line]], object]


@router.get("/{slug}/stages")
def edit_stages(request: Request, visit: PageVisit, slug: str) -> Response:
    """The stages, in order."""
    return _edit(request, visit, slug, STAGES)


@router.post("/{slug}/stages")
def save_stages(request: Request, visit: PageVisit, slug: str, form: FormHere) -> Response:
    """All of them, in the order that was asked for."""
    return _save(request, visit, slug, STAGES, form)


@router.get("/{slug}/questions")
def edit_questions(request: Request, visit: PageVisit, slug: str) -> Response:
    """The questions of the form, in order."""
    return _edit(request, visit, slug, QUESTIONS)


@router.post("/{slug}/questions")
def save_questions(request: Request, visit: PageVisit, slug: str, form: FormHere) -> Response:
    """All of them, in the order that was asked for."""
    return _save(request, visit, slug, QUESTIONS, form)


@router.get("/{slug}/reasons")
def edit_reasons(request: Request, visit: PageVisit, slug: str) -> Response:
    """Why somebody may be rejected."""
    return _edit(request, visit, slug, REASONS)


@router.post("/{slug}/reasons")
def save_reasons(request: Request, visit: PageVisit, slug: str, form: FormHere) -> Response:
    """All of them, in the order that was asked for."""
    return _save(request, visit, slug, REASONS, form)


def _edit(request: Request, visit: PageVisit, slug: str, part: Part) -> Response:
    with visit.reading() as (db, me):
        job = get_job_to_change(db, me, slug)
        typed = part.lines.fill(part.find(db, job))
        return _page(request, me, job, part, typed, str(job.version))


def _save(request: Request, visit: PageVisit, slug: str, part: Part, form: Form) -> Response:
    typed = Typed.of(form)
    numbers = part.lines.numbers(typed)
    typed.field_of = part.lines.field_of(numbers)
    keys = part.lines.keys(typed, numbers)
    wanted = [{**part.read(typed, n), "key": key} for n, key in zip(numbers, keys, strict=True)]
    try:
        part.lines.check_places(typed, numbers)
        with visit.writing() as (db, me):
            part.keep(db, me, get_job(db, me, slug, version=version_in(form)), wanted)
            return visit.redirect(after(visit, f"/desk/jobs/{slug}", "changed"))
    except (ValidationError, Refusal) as error:
        status, refusal = typed.refused(error), error
    with visit.reading() as (db, me):
        job = get_job_to_change(db, me, slug)
        version = version_to_show(form, refusal, job.version)
        return _page(request, me, job, part, typed, version, status)


def _page(
    request: Request,
    me: Actor,
    job: Job,
    part: Part,
    typed: Typed,
    version: str,
    status: int = 200,
) -> Response:
    return page(
        request,
        part.template,
        status=status,
        me=me,
        job=job,
        form=typed,
        version=version,
        numbers=part.lines.to_show(typed),
        stage_kinds=STAGE_KINDS,
        question_kinds=QUESTION_KINDS,
    )


def _find_stages(db: Db, job: Job) -> Sequence[Line]:
    return [one.model_dump(include={"key", "name", "kind"}) for one in list_stages(db, job.id)]


def _read_stage(typed: Typed, number: int) -> Line:
    return {name: STAGES.lines.value(typed, number, name) for name in ("name", "kind")}


def _keep_stages(db: Db, me: Actor, job: Job, wanted: Sequence[Line]) -> None:
    arrange_stages(db, me, job, StagesInput.model_validate({"stages": wanted}).stages)


def _find_questions(db: Db, job: Job) -> Sequence[Line]:
    return [
        {
            **one.model_dump(include={"key", "text", "help", "kind"}),
            "options": "\n".join(one.options),
            "required": "yes" if one.required else "",
        }
        for one in list_questions(db, job.id)
    ]


def _read_question(typed: Typed, number: int) -> Line:
    options = QUESTIONS.lines.value(typed, number, "options").splitlines()
    return {
        **{name: QUESTIONS.lines.value(typed, number, name) for name in ("text", "help", "kind")},
        "options": [option.strip() for option in options if option.strip()],
        "required": bool(QUESTIONS.lines.value(typed, number, "required")),
    }


def _keep_questions(db: Db, me: Actor, job: Job, wanted: Sequence[Line]) -> None:
    set_questions(db, me, job, QuestionsInput.model_validate({"questions": wanted}).questions)


def _find_reasons(_db: Db, job: Job) -> Sequence[Line]:
    return job.rejection_reasons


def _read_reason(typed: Typed, number: int) -> Line:
    return {"text": REASONS.lines.value(typed, number, "text")}


def _keep_reasons(db: Db, me: Actor, job: Job, wanted: Sequence[Line]) -> None:
    change_judged_job(db, me, job, JobChange.model_validate({"rejection_reasons": wanted}))


STAGES = Part(
    "stages.html",
    Lines("stages", "name", {"kind": StageKind.REVIEW}),
    _find_stages,
    _read_stage,
    _keep_stages,
)
QUESTIONS = Part(
    "questions.html", Lines("questions", "text"), _find_questions, _read_question, _keep_questions
)
REASONS = Part("reasons.html", Lines("reasons", "text"), _find_reasons, _read_reason, _keep_reasons)
