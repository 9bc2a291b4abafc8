"""A job's rubric as a form: criteria, with a written anchor for each level."""

import re

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from service.core.errors import Refusal
from service.domain.jobs.actions import set_rubric
from service.domain.jobs.inputs import RubricInput
from service.domain.jobs.queries import find_rubric, get_job, get_own_job
from service.domain.jobs.tables import Rubric
from service.doors.forms import FormHere
from service.doors.pages import PageVisit
from service.web.render import page
from service.web.typed import Typed, whole
from service.web.versions import version_in

router = APIRouter(prefix="/desk/jobs")
CRITERIA = range(8)
LEVELS = (1, 2, 3, 4)


@router.get("/{slug}/rubric")
def edit_rubric(request: Request, visit: PageVisit, slug: str) -> Response:
    """The criteria, with an anchor for each level."""
    with visit.reading() as (db, me):
        job = get_own_job(db, me, slug)
        rubric = find_rubric(db, job.id)
        typed = _typed_rubric(rubric) if rubric else Typed()
        return page(request, "rubric.html", me=me, job=job, form=typed)


@router.post("/{slug}/rubric")
def save_rubric(request: Request, visit: PageVisit, slug: str, form: FormHere) -> Response:
    """A new version, unless nothing changed."""
    typed = Typed.of(form)
    try:
        wanted = RubricInput.model_validate({"criteria": _criteria(typed)})
        with visit.writing() as (db, me):
            job = get_job(db, me, slug, version=version_in(form))
            set_rubric(db, me, job, wanted.criteria)
            return visit.redirect(f"/desk/jobs/{slug}")
    except (ValidationError, Refusal) as error:
        status = typed.refused(error)
    with visit.reading() as (db, me):
        job = get_own_job(db, me, slug)
        return page(request, "rubric.html", status=status, me=me, job=job, form=typed)


def _typed_rubric(rubric: Rubric) -> Typed:
    values: dict[str, object] = {}
    for number, criterion in enumerate(rubric.criteria):
        at = f"criterion-{number}-"
        values |= {f"{at}{name}": getattr(criterion, name) for name in ("key", "name")}
        values |= {f"{at}{name}": getattr(criterion, name) for name in ("description", "weight")}
        for level, anchor in enumerate(criterion.anchors, 1):
            values[f"{at}anchor-{level}"] = anchor["anchor"]
    return Typed.filled(**values)


def _criteria(typed: Typed) -> list[dict[str, object]]:
    criteria: list[dict[str, object]] = []
    for number in CRITERIA:
        at = f"criterion-{number}-"
        name, weight = typed.value(f"{at}name").strip(), typed.value(f"{at}weight") or "1"
        if name:
            key = typed.value(f"{at}key") or _key_of(name)
            criteria.append(
                {
                    "key": key,
                    "name": name,
                    "description": typed.value(f"{at}description"),
                    "weight": whole(weight),
                    "anchors": [
                        {"name": f"Level {level}", "anchor": typed.value(f"{at}anchor-{level}")}
                        for level in LEVELS
                    ],
                }
            )
    return criteria


def _key_of(name: str) -> str:
    """`Technical humility` → `technical_humility`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40].strip("_") or "criterion"
