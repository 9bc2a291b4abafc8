"""The list of submissions for staff: filter, search, reject several with a mail, download."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError, model_validator

from service.core.errors import Invalid, Malformed, NotFound, Refusal, Stale
from service.core.paging import MOST, Slice
from service.core.versions import VERSION
from service.domain.accounts.actor import Actor, require
from service.domain.desk.actions import reject_submissions
from service.domain.desk.inputs import MOST_AT_ONCE, RejectInput, SubmissionFilter
from service.domain.desk.queries import find_job_id, list_submissions
from service.domain.jobs.queries import list_jobs, list_stages
from service.domain.messages.letters import rejection
from service.domain.pipeline.actions import AlreadyDecided
from service.domain.pipeline.gates import RejectionStopped
from service.domain.submissions.policy import may_handle
from service.domain.submissions.queries import find_submissions, is_handled_by
from service.domain.submissions.tables import Submission
from service.doors.forms import Form, FormHere
from service.doors.listing import ListQuery, ask
from service.doors.pages import PageVisit, local_path
from service.doors.routes import DoorRoute, find_id
from service.doors.visit import Db
from service.web.done import WORD, after
from service.web.render import message, page
from service.web.typed import Typed
from service.web.versions import LONGEST

router = APIRouter(prefix="/desk", route_class=DoorRoute)
FILTERS = ("q", "job", "stage", "decision", "sort")
MEANWHILE = "Some of them were changed or have ended since you looked at them."
OVERTAKEN = (Stale, AlreadyDecided, NotFound)


class NothingChosen(Invalid):
    code = "nothing_chosen"
    message = "Select at least one submission first."


class TooManyChosen(Invalid):
    code = "too_many_chosen"
    message = "Select at most {most} submissions at once."


class SeveralJobs(Invalid):
    code = "several_jobs"
    message = "Select submissions of one job only: each job has its own reasons."


class DeskQuery(SubmissionFilter, ListQuery):
    """A form sends its empty fields too; they mean nothing, nor does what was just done."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: object) -> object:
        if isinstance(data, Mapping):
            return {name: value for name, value in data.items() if value != "" and name != WORD}
        return data


@dataclass(frozen=True)
class Line:
    """One of those chosen, as it is now; `changed` since it was looked at.

    `stopped`: it stops the rejection, until it has opened or its champion was heard.
    """

    submission: Submission
    ticked: bool
    changed: bool
    stopped: bool


@router.get("/submissions")
def show(request: Request, visit: PageVisit, query: Annotated[DeskQuery, Query()]) -> Response:
    """The submissions one may see."""
    wanted = {name: getattr(query, name) or "" for name in FILTERS}
    asked_for = {name: str(value) for name, value in wanted.items() if value}
    with visit.reading() as (db, me):
        asked = ask(visit, db, me, query)
        found = list_submissions(db, me, query, asked.slice, since=asked.since)
        jobs = list_jobs(db, me, Slice(limit=MOST)).items
        stages = list_stages(db, find_job_id(db, me, query.job)) if query.job else []
        handles = may_handle(me)
    cursor = asked.next_cursor(found)
    return page(
        request,
        "submissions.html",
        me=me,
        rows=found.items,
        jobs=jobs,
        titles={job.slug: job.title for job in jobs},
        stages=stages,
        wanted=wanted,
        filtered=bool(asked_for.keys() - {"sort"}),
        handles=handles,
        export_url="/desk/exports/submissions.csv?" + urlencode(asked_for),
        here_url=_url(asked_for | {"cursor": query.cursor}),
        next_url=_url(asked_for | {"cursor": cursor}) if cursor else "",
    )


@router.post("/reject/preview")
def preview(request: Request, visit: PageVisit, form: FormHere) -> Response:
    """Whom it meets, the reason and the mail, before anything is done."""
    try:
        return _preview(request, visit, form)
    except (NothingChosen, SeveralJobs, TooManyChosen) as refusal:
        back = local_path(form.get("back"))
        return message(
            request, "Nothing was done", str(refusal), status=422, back=back, back_words="Back"
        )


@router.post("/reject")
def reject(request: Request, visit: PageVisit, form: FormHere) -> Response:
    """All that are ticked, or none when one was changed meanwhile."""
    try:
        content = {
            "submissions": _chosen(form),
            "reason": form.get("reason"),
            "note": form.get("note"),
            "subject": form.get("subject"),
            "text": form.get("text"),
        }
        wanted = RejectInput.model_validate(content)
        with visit.writing() as (db, me):
            count = len(reject_submissions(db, me, wanted))
            listed = "/desk/submissions?decision=rejected&sort=-updated"
            return visit.redirect(after(visit, listed, "rejected", count))
    except (Refusal, ValidationError) as error:
        return _preview(request, visit, form, error)


def _preview(
    request: Request,
    visit: PageVisit,
    form: Form,
    error: Refusal | ValidationError | None = None,
) -> Response:
    """Each as it is now; who was told what changed may tick it again."""
    status, wrong = _said(error) if error else (200, Typed())
    stopped = error.submissions if isinstance(error, RejectionStopped) else frozenset()
    with visit.reading() as (db, me):
        chosen, named = _versions(form.get_all("chosen")), _versions(form.get("lines").split())
        if not chosen and not named:
            raise NothingChosen
        ids = {id for id, _version in [*named, *chosen]}
        found = _find(db, me, ids)
        words = rejection(company=visit.tools.settings.company.name, job="{job}", name="{name}")
        return page(
            request,
            "reject.html",
            status=status,
            wrong=wrong,
            me=me,
            lines=_lines(found, chosen, named, stopped),
            gone=len(ids) - len(found),
            reasons=found[0].job.rejection_reasons,
            reason=form.get("reason"),
            note=form.get("note"),
            subject=form.get("subject", words.subject),
            text=form.get("text", words.text),
        )


def _said(error: Refusal | ValidationError) -> tuple[int, Typed]:
    """A status, and what is wrong, by the fields of the page."""
    wrong = Typed()
    status = wrong.refused(error)
    if isinstance(error, OVERTAKEN):
        wrong.found = [("", MEANWHILE)]
    return status, wrong


def _find(db: Db, me: Actor, ids: set[UUID]) -> Sequence[Submission]:
    """Those that may be rejected together.

    Raises TooManyChosen, NotFound, Forbidden, SeveralJobs.
    """
    if len(ids) > MOST_AT_ONCE:
        raise TooManyChosen(most=MOST_AT_ONCE)
    found = find_submissions(db, me, ids)
    if not found:
        raise NotFound
    require(is_handled_by(db, me, *found))
    if len({submission.job_id for submission in found}) > 1:
        raise SeveralJobs
    return found


def _lines(
    found: Iterable[Submission],
    chosen: list[tuple[UUID, int]],
    named: list[tuple[UUID, int]],
    stopped: frozenset[UUID],
) -> list[Line]:
    """What was changed or has ended comes first, so that it is found among a hundred."""
    wanted = {id for id, _version in chosen}
    present = {one.id: one.version for one in found}
    changed = {id for id, version in [*named, *chosen] if version != present.get(id)}
    lines = [
        Line(
            one,
            ticked=one.id in wanted - changed - stopped and not one.decision,
            changed=one.id in changed,
            stopped=one.id in stopped,
        )
        for one in found
    ]
    return sorted(
        lines, key=lambda line: not (line.changed or line.stopped or line.submission.decision)
    )


def _chosen(form: Form) -> list[tuple[UUID, int]]:
    """The ticked lines. Raises NothingChosen, Malformed."""
    chosen = _versions(form.get_all("chosen"))
    if not chosen:
        raise NothingChosen
    return chosen


def _versions(texts: Iterable[str]) -> list[tuple[UUID, int]]:
    """Each is `id:version`. Raises Malformed."""
    found = []
    for text in texts:
        id, _, version = text.partition(":")
        known = find_id(id)
        if known is None or not VERSION.fullmatch(version) or len(version) > LONGEST:
            raise Malformed
        found.append((known, int(version)))
    return found


def _url(query: Mapping[str, str | None]) -> str:
    return "/desk/submissions?" + urlencode({k: v for k, v in query.items() if v})
