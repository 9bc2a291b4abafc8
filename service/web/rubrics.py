"""A job's rubric as a form: criteria, with a written anchor for each level."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from service.core.errors import Refusal
from service.domain.accounts.actor import Actor
from service.domain.jobs.actions import set_rubric
from service.domain.jobs.inputs import RubricInput
from service.domain.jobs.queries import find_rubric, get_job, get_job_to_change
from service.domain.jobs.tables import Job, Rubric
from service.doors.forms import FormHere
from service.doors.pages import PageVisit
from service.doors.routes import DoorRoute
from service.web.done import after
from service.web.keys import key_of
from service.web.render import page
from service.web.typed import Typed, whole
from service.web.versions import version_in, version_to_show

router = APIRouter(prefix="/desk/jobs", route_class=DoorRoute)
CRITERIA = range(8)
LEVELS = {"2", "3", "4", "5"}
USUAL_LEVELS = 4


@router.get("/{slug}/rubric")
def edit_rubric(request: Request, visit: PageVisit, slug: str) -> Response:
    """The criteria, with an anchor for each level."""
    with visit.reading() as (db, me):
        job = get_job_to_change(db, me, slug)
        rubric = find_rubric(db, job.id)
        typed = _typed_rubric(rubric) if rubric else Typed()
        return _page(request, me, job, typed, str(job.version))


@router.post("/{slug}/rubric")
def save_rubric(request: Request, visit: PageVisit, slug: str, form: FormHere) -> Response:
    """A new version, unless nothing changed."""
    typed = Typed.of(form)
    try:
        typed.field_of = _field_of(typed)
        wanted = RubricInput.model_validate({"criteria": _criteria(typed)})
        with visit.writing() as (db, me):
            job = get_job(db, me, slug, version=version_in(form))
            set_rubric(db, me, job, wanted.criteria)
            return visit.redirect(after(visit, f"/desk/jobs/{slug}", "changed"))
    except (ValidationError, Refusal) as error:
        status, refusal = typed.refused(error), error
    with visit.reading() as (db, me):
        job = get_job_to_change(db, me, slug)
        return _page(request, me, job, typed, version_to_show(form, refusal, job.version), status)


def _page(
    request: Request, me: Actor, job: Job, typed: Typed, version: str, status: int = 200
) -> Response:
    return page(
        request,
        "rubric.html",
        status=status,
        me=me,
        job=job,
        form=typed,
        version=version,
        levels=_levels(typed),
    )


def _typed_rubric(rubric: Rubric) -> Typed:
    values: dict[str, object] = {}
    for number, criterion in enumerate(rubric.criteria):
        at = f"criterion-{number}-"
        values |= {f"{at}{name}": getattr(criterion, name) for name in ("key", "name")}
        values |= {f"{at}{name}": getattr(criterion, name) for name in ("description", "weight")}
        for level, anchor in enumerate(criterion.anchors, 1):
            values[f"{at}anchor-{level}"] = anchor["anchor"]
            values[f"{at}level-{level}"] = anchor["name"]
        values["levels"] = len(criterion.anchors)
    return Typed.filled(**values)


def _levels(typed: Typed) -> range:
    """As many as the rubric has: a page that knew fewer would lose some."""
    wanted = typed.value("levels")
    return range(1, (int(wanted) if wanted in LEVELS else USUAL_LEVELS) + 1)


def _numbers(typed: Typed) -> list[int]:
    """Those criteria that have a name."""
    return [number for number in CRITERIA if typed.value(f"criterion-{number}-name").strip()]


def _criteria(typed: Typed) -> list[dict[str, object]]:
    criteria: list[dict[str, object]] = []
    for number in _numbers(typed):
        at = f"criterion-{number}-"
        name, weight = typed.value(f"{at}name").strip(), typed.value(f"{at}weight") or "1"
        taken = {typed.value(f"criterion-{n}-key") for n in CRITERIA}
        taken |= {str(criterion["key"]) for criterion in criteria}
        key = typed.value(f"{at}key") or key_of(name, taken, otherwise="criterion")
        criteria.append(
            {
                "key": key,
                "name": name,
                "description": typed.value(f"{at}description"),
                "weight": whole(weight),
                "anchors": [
                    {
                        "name": typed.value(f"{at}level-{level}") or f"Level {level}",
                        "anchor": typed.value(f"{at}anchor-{level}"),
                    }
                    for level in _levels(typed)
                ],
            }
        )
    return criteria


def _field_of(typed: Typed) -> Callable[[str], str]:
    """From the place of a fault to the field of the criterion it is about."""
    numbers = _numbers(typed)

    def find(pointer: str) -> str:
        _list, number, *deeper = [*pointer.strip("/").split("/"), "", ""]
        if not number.isdecimal() or int(number) >= len(numbers):
            return ""
        at = f"criterion-{numbers[int(number)]}-"
        if deeper[0] == "anchors" and deeper[1].isdecimal():
            return f"{at}anchor-{int(deeper[1]) + 1}"
        return at + (deeper[0] if deeper[0] in {"description", "weight"} else "name")

    return find
