"""The application form: sent at once, refused without losing a word, or put off until later."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from service.core.db import new_id
from service.core.errors import Refusal
from service.core.idempotency import KeyReused
from service.domain.jobs.queries import get_job_to_send_to, is_taking, list_questions
from service.domain.submissions.actions import JobClosed, receive_submission, remove_draft
from service.domain.submissions.actions.answers import find_answers
from service.domain.submissions.inputs import StoredFile, SubmissionInput
from service.domain.submissions.queries import (
    DraftSent,
    LinkEnded,
    get_draft,
)
from service.domain.submissions.tables import EvidenceKind, Source
from service.doors.forms import Form, FormHere
from service.doors.pages import StrangerVisit
from service.doors.routes import DoorRoute
from service.doors.submission_forms import content_of_form
from service.doors.submission_intake import (
    HONEYPOT,
    admit,
    bound_files,
    checked_input,
    consent_of,
    is_invited,
    receipt_path,
)
from service.doors.visit import Visit
from service.web.asked import too_many_files, unasked_in
from service.web.begun import (
    OK,
    Begun,
    begin,
    begins_one,
    form_of,
    keep,
    look_again,
    mail_link,
    own_id,
    take_files,
)
from service.web.closed import show_closed
from service.web.fields import ANSWER, OURS, UNASKED
from service.web.missed import ask_for_missed
from service.web.render import message, page, words
from service.web.typed import MOST_EXHIBITS

router = APIRouter(route_class=DoorRoute)
TOKEN_LENGTH = 500
LABELS = {"name": "Your name", "email": "E-mail address", "consent": "Your consent"}
KINDS = [("", "Choose"), *((kind.value, words(kind.value)) for kind in EvidenceKind)]


@router.get("/jobs/{slug}/apply")
def show(
    request: Request,
    visit: StrangerVisit,
    slug: str,
    draft: Annotated[str, Query(max_length=TOKEN_LENGTH)] = "",
    invited: Annotated[str, Query(max_length=TOKEN_LENGTH)] = "",
) -> Response:
    """The form: empty, or as it was left."""
    try:
        begun = _begun_before(visit, slug, draft)
    except DraftSent as sent:
        to = receipt_path(visit.tools, sent.revision_id)
        return Response(status_code=303, headers={"Location": to})
    begun.typed.invited = invited
    return _form(request, visit, begun) if is_taking(begun.job) else _closed(request, visit, begun)


def _begun_before(visit: Visit, slug: str, token: str) -> Begun:
    """Raises NotFound, JobClosed, DraftSent, LinkEnded."""
    with visit.reading() as (db, _me):
        job = get_job_to_send_to(db, slug)
        if not token and not is_taking(job):
            raise JobClosed
        questions = list_questions(db, job.id)
        draft = get_draft(db, visit.tools.key, token) if token else None
    begun = Begun.of(job, questions, form_of(draft) if draft else Form())
    if draft:
        begun.draft, begun.version, begun.typed.draft = draft, str(draft.version), token
        begun.hold(draft.files)
    return begun


@router.post("/jobs/{slug}/apply")
def apply(request: Request, visit: StrangerVisit, slug: str, form: FormHere) -> Response:
    """Send it, add an exhibit, or go on later; whatever is refused is kept as a draft."""
    if form.get(HONEYPOT):
        return visit.redirect(receipt_path(visit.tools, new_id()))
    begun = begin(visit, slug, form)
    if not is_taking(begun.job):
        return _closed(request, visit, begun)
    status = take_files(visit.tools, begun)
    wish = form.get("do", "send")
    if wish not in {"add", "later"} and not begun.sent:
        try:
            if answer := _send(visit, begun):
                return answer
        except LinkEnded as ended:
            begun.begin_anew(ended, visit.tools.settings.limits.draft_days)
        except JobClosed:  # while we looked
            return _closed(request, visit, begun)
        except Refusal as refusal:
            status = max(status, begun.typed.refused(refusal))
    if wish == "add":
        begun.typed.exhibits.append(max(begun.typed.exhibits) + 1)
        del begun.typed.exhibits[MOST_EXHIBITS:]
    return _keep(request, visit, begun, later=wish == "later", status=status)


def _send(visit: Visit, begun: Begun) -> Response | None:
    """None when the draft was changed elsewhere: nobody sends what this page did not show.

    Nor what is told to be wrong, nor twice from one page without being told.
    """
    ask_for_missed(begun.typed)
    content = _content(begun)
    if begun.typed.mistaken:
        return None
    tools, files = visit.tools, begun.files()
    bound_files(tools, [file.size for file in files])
    invited = is_invited(tools, begun.typed.invited, begun.draft, content.email)
    admit(tools, visit.network, invited=invited)
    try:
        return _receive(visit, begun, content, files)
    except KeyReused as reused:  # somebody went back, and changed something
        visit.renew_key()
        begun.receipt = reused.earlier.headers.get("Location", "")
        return None if begun.receipt else _receive(visit, begun, content, files)


def _receive(
    visit: Visit, begun: Begun, content: SubmissionInput, files: Sequence[StoredFile]
) -> Response | None:
    text, version = consent_of(visit.tools.settings)
    receive = partial(
        receive_submission,
        source=Source.FORM,
        consent_text=text,
        consent_version=version,
    )
    with visit.writing() as (db, me):
        job = get_job_to_send_to(db, begun.job.slug)
        draft = look_again(db, visit.tools.key, begun)
        if begun.changed_at:
            begun.typed.blame(find_answers(begun.questions, content.answers)[1])
            return None
        sent = receive(db, me, job, content, files)
        if draft:
            remove_draft(db, me, draft, sent_as=sent.id)
        return visit.redirect(receipt_path(visit.tools, sent.id))


def _content(begun: Begun) -> SubmissionInput:
    """Raises SubmissionMalformed."""
    form, ours = begun.form, [*OURS, *unasked_in(begun.form)]
    fields = [file.place for file in begun.kept] + [file.place for file in begun.new]
    read = content_of_form(form.fields, fields, begun.questions, beside=ours)
    begun.typed.field_of = read.field_of
    read.name_exhibits({file.place: file.name for file in begun.files()})
    faults = [*read.faults, *too_many_files(read.content["answers"], begun.questions)]
    return checked_input(read.content, begun.questions, faults)


def _keep(request: Request, visit: Visit, begun: Begun, *, later: bool, status: int) -> Response:
    """Save what was typed and sent as a draft, and show the form again."""
    try:
        later = later and not begun.typed.mistaken
        try:
            put_off = _save(request, visit, begun, later=later)
        except LinkEnded as ended:  # while we looked
            begun.begin_anew(ended, visit.tools.settings.limits.draft_days)
            put_off = _save(request, visit, begun, later=later)
        except KeyReused:
            visit.renew_key()
            put_off = _save(request, visit, begun, later=later)
        if put_off:
            return put_off
        if later and begun.status == OK:
            begun.typed.found.append(("email", "Tell us where to mail the link to."))
            status = 422
    except JobClosed:
        return _closed(request, visit, begun)
    except Refusal as refusal:
        status = begun.typed.refused(refusal)
        begun.not_saved()
    return _form(request, visit, begun, begun.status if status == OK else status)


def _save(request: Request, visit: Visit, begun: Begun, *, later: bool) -> Response | None:
    """Keep the draft; with `later` also ask for its link, and say so, if it has an address."""
    tools, own, put_off = visit.tools, own_id(visit, begun), None
    _bound_drafts(visit, begun, own)
    with visit.writing() as (db, me):
        draft = keep(db, me, tools, begun, own)
        if later and mail_link(db, me, begun, draft):
            put_off = visit.show(_put_off(request, tools.settings.limits.draft_days))
    if begun.is_new:
        with suppress(Refusal):  # it is kept, counted or not: of too many the next one is refused
            tools.rates.hit(tools.settings.rates.submissions, "draft from", visit.network)
    begun.go_on(tools.key, draft)
    return put_off


def _bound_drafts(visit: Visit, begun: Begun, own: UUID | None) -> None:
    """Raises TooMany where one more draft would be too many; a form pressed again begins none."""
    with visit.reading() as (db, _me):
        begins = begins_one(db, begun, own)
    if begins:
        tools = visit.tools
        tools.rates.check(tools.settings.rates.submissions, "draft from", visit.network)


def _put_off(request: Request, days: int) -> Response:
    return message(
        request,
        "Everything is kept",
        f"We mailed you a link to go on with. It is good for {days} days after you last changed "
        "something.",
        back=f"/jobs/{_slug(request)}",
        back_words="Back to the job",
    )


def _slug(request: Request) -> str:
    return str(request.path_params["slug"])


def _closed(request: Request, visit: Visit, begun: Begun) -> Response:
    return show_closed(request, begun, _labels(begun), _receipt(visit, begun))


def _labels(begun: Begun) -> dict[str, str]:
    """Of what was typed; an answer that is not asked for so is called by its question too."""
    both = (ANSWER, UNASKED)
    return LABELS | {f"{start}{one.key}": one.text for one in begun.questions for start in both}


def _receipt(visit: Visit, begun: Begun) -> str:
    """Of what was sent before, from this page or from what it began."""
    return receipt_path(visit.tools, begun.sent.revision_id) if begun.sent else begun.receipt


def _form(request: Request, visit: Visit, begun: Begun, status: int = 200) -> Response:
    typed = begun.typed
    typed.kept = begun.kept
    typed.found = [(place or "", text) for place, text in typed.found]
    return page(
        request,
        "apply.html",
        status=status,
        job=begun.job,
        questions=begun.questions,
        form=typed,
        version=begun.version,
        changed_at=begun.changed_at,
        sent_at=begun.sent.at if begun.sent else None,
        receipt=_receipt(visit, begun),
        kinds=KINDS,
        labels=_labels(begun),
        ours=OURS,
        consent_text=consent_of(visit.tools.settings)[0],
        idempotency_key=str(new_id()),
    )
