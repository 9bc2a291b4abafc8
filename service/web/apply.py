"""The application form: sent at once, refused without losing a word, or put off until later."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from service.core.db import new_id
from service.core.errors import NotFound, Refusal
from service.core.words import is_blank
from service.domain.jobs.queries import is_taking, list_questions
from service.domain.jobs.tables import Job, Question
from service.domain.submissions.actions import (
    JobClosed,
    drop_staged_file,
    receive_submission,
    remove_draft,
    request_draft_link,
    save_draft,
    stage_file,
)
from service.domain.submissions.inputs import StoredFile, SubmissionInput
from service.domain.submissions.queries import (
    LinkEnded,
    draft_token,
    get_draft,
    get_job_to_send_to,
)
from service.domain.submissions.tables import (
    Draft,
    EvidenceKind,
    Source,
    StagedFile,
)
from service.doors.forms import KEY_FIELD, Form, FormHere
from service.doors.pages import StrangerVisit
from service.doors.refusals import status_of
from service.doors.submission_forms import FormContent, content_of_form, place_names
from service.doors.submission_intake import (
    HONEYPOT,
    admit,
    bound_files,
    checked_input,
    consent_of,
    is_invited,
    receipt_path,
)
from service.doors.uploads import store_uploads
from service.doors.visit import Visit
from service.web.render import message, page, words
from service.web.typed import MOST_EXHIBITS, Typed

router = APIRouter()
OURS = (KEY_FIELD, HONEYPOT, "draft", "invited", "do", "drop")
TOKEN_LENGTH = 500
LABELS = {"name": "Your name", "email": "E-mail address", "consent": "Your consent"}
KINDS = [("", "Choose"), *((kind.value, words(kind.value)) for kind in EvidenceKind)]


@dataclass
class Begun:
    """A form on its way: the job, what was typed, files kept before and files that came now."""

    job: Job
    questions: Sequence[Question]
    typed: Typed
    draft: Draft | None = None
    kept: list[StagedFile] = field(default_factory=list)
    new: list[StoredFile] = field(default_factory=list)

    def files(self) -> list[StoredFile]:
        """All files, each with the place by which the content mentions it."""
        come = [StoredFile(f.name, f.media_type, f.size, f.sha256, f.place) for f in self.kept]
        come += self.new
        places = place_names([file.place for file in come])
        return [
            StoredFile(f.name, f.media_type, f.size, f.sha256, place)
            for f, place in zip(come, places, strict=True)
        ]


@router.get("/jobs/{slug}/apply")
def show(
    request: Request,
    visit: StrangerVisit,
    slug: str,
    draft: Annotated[str, Query(max_length=TOKEN_LENGTH)] = "",
    invited: Annotated[str, Query(max_length=TOKEN_LENGTH)] = "",
) -> Response:
    """The form: empty, or as it was left."""
    with visit.reading() as (db, _me):
        job = get_job_to_send_to(db, slug)
        if not is_taking(job):
            raise JobClosed
        begun = Begun(job, list_questions(db, job.id), Typed())
        if draft:
            begun.draft = get_draft(db, visit.tools.key, draft)
            begun.kept = list(begun.draft.files)
            begun.typed = _typed_of(begun.draft, draft)
            begun.typed.invited = invited
    return _form(request, visit, begun)


@router.post("/jobs/{slug}/apply")
def apply(request: Request, visit: StrangerVisit, slug: str, form: FormHere) -> Response:
    """Send it, add an exhibit, or go on later; whatever is refused is kept as a draft."""
    if form.get(HONEYPOT):
        return visit.redirect(receipt_path(visit.tools, new_id()))
    begun = _begin(visit, slug, form)
    status = _take_files(visit, form, begun)
    wish = form.get("do", "send")
    if wish not in {"add", "later"}:
        try:
            content = _content(form, begun)
            if not begun.typed.mistaken:
                return _send(visit, form, begun, content)
        except Refusal as refusal:
            status = max(status, begun.typed.refused(refusal))
    if wish == "add":
        begun.typed.exhibits.append(max(begun.typed.exhibits) + 1)
        del begun.typed.exhibits[MOST_EXHIBITS:]
    return _keep(request, visit, form, begun, later=wish == "later", status=status)


def _begin(visit: Visit, slug: str, form: Form) -> Begun:
    with visit.reading() as (db, _me):
        job = get_job_to_send_to(db, slug)
        begun = Begun(job, list_questions(db, job.id), Typed.of(form))
        if token := form.get("draft"):
            try:
                begun.draft = get_draft(db, visit.tools.key, token)
            except (NotFound, LinkEnded):
                begun.typed.draft = ""  # swept, or sent from another window: begin a new one
    if not is_taking(job):
        raise JobClosed
    dropped = set(form.get_all("drop"))
    files = begun.draft.files if begun.draft else []
    begun.kept = [file for file in files if str(file.id) not in dropped]
    return begun


def _take_files(visit: Visit, form: Form, begun: Begun) -> int:
    """Keep each file that can be used, and say of each other why it cannot. Returns the status."""
    status = 200
    for upload in form.uploads:
        try:
            begun.new += store_uploads(visit.tools, [upload], [upload.field])
        except Refusal as refusal:
            begun.typed.found.append((upload.field, str(refusal)))
            status = max(status, status_of(refusal))
    return status


def _send(visit: Visit, form: Form, begun: Begun, content: SubmissionInput) -> Response:
    tools, files = visit.tools, begun.files()
    bound_files(tools, [file.size for file in files])
    invited = is_invited(tools, form.get("invited"), begun.draft, content.email)
    admit(tools, visit.network, invited=invited)
    text, version = consent_of(tools.settings)
    receive = partial(
        receive_submission,
        blobs=tools.blobs,
        source=Source.FORM,
        consent_text=text,
        consent_version=version,
    )
    with visit.writing() as (db, me):
        job = get_job_to_send_to(db, begun.job.slug)
        sent = receive(db, me, job, content, files)
        if begun.draft:
            draft = get_draft(db, tools.key, begun.typed.draft, for_change=True)
            remove_draft(db, me, draft)
        return visit.redirect(receipt_path(tools, sent.id))


def _content(form: Form, begun: Begun) -> SubmissionInput:
    """Raises SubmissionMalformed."""
    fields = [file.place for file in begun.kept] + [file.place for file in begun.new]
    read = content_of_form(form.fields, fields, begun.questions, beside=OURS)
    begun.typed.field_of = read.field_of
    _name_exhibits(read, begun.files())
    return checked_input(read.content, begun.questions, read.faults)


def _name_exhibits(read: FormContent, files: Sequence[StoredFile]) -> None:
    """A link or a file alone is an exhibit too: it is called by its address or its name."""
    names = {file.place: file.name for file in files}
    for piece in read.content["evidence"]:
        if is_blank(str(piece.get("title", ""))) and is_blank(str(piece.get("claim", ""))):
            called = piece.get("link") or next((names[f] for f in piece.get("files", [])), "")
            if called:
                piece["title"] = str(called)[:300]


def _keep(
    request: Request, visit: Visit, form: Form, begun: Begun, *, later: bool, status: int
) -> Response:
    """Save what was typed and sent as a draft, and show the form again."""
    try:
        later = later and not begun.typed.mistaken
        if put_off := _save(request, visit, form, begun, later=later):
            return put_off
        if later:
            begun.typed.found.append(("email", "Tell us where to mail the link to."))
            status = 422
    except Refusal as refusal:
        status = begun.typed.refused(refusal)
    return _form(request, visit, begun, status)


def _save(
    request: Request, visit: Visit, form: Form, begun: Begun, *, later: bool
) -> Response | None:
    """Keep the draft; with `later` also ask for its link, and say so, if it has an address."""
    tools = visit.tools
    if begun.draft is None:
        tools.rates.hit(tools.settings.rates.submissions, "draft from", visit.network)
    limits = tools.settings.limits
    typed = [(name, value) for name, value in form.fields if name not in OURS]
    with visit.writing() as (db, me):
        old = get_draft(db, tools.key, begun.typed.draft, for_change=True) if begun.draft else None
        job = get_job_to_send_to(db, begun.job.slug)
        draft = save_draft(db, me, job, typed, draft=old)
        for id in form.get_all("drop"):
            if any(str(file.id) == id for file in draft.files):
                drop_staged_file(db, me, draft, UUID(id))
        for file in begun.new:
            stage_file(
                db,
                me,
                draft,
                file,
                blobs=tools.blobs,
                most_files=limits.submission_files,
                most_bytes=limits.submission_bytes,
            )
        begun.draft, begun.kept, begun.new = draft, list(draft.files), []
        begun.typed.draft = draft_token(tools.key, draft)
        if not later or not draft.email:
            return None
        request_draft_link(db, me, draft, draft.email)
        return visit.show(_put_off(request, limits.draft_days))


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


def _typed_of(draft: Draft, token: str) -> Typed:
    saved = draft.content.get("fields", [])
    pairs = [(str(pair[0]), str(pair[1])) for pair in saved] if isinstance(saved, list) else []
    typed = Typed.of(Form(pairs))
    typed.draft = token
    return typed


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
        kinds=KINDS,
        labels=LABELS | {f"answer-{one.key}": one.text for one in begun.questions},
        consent_text=consent_of(visit.tools.settings)[0],
        idempotency_key=str(new_id()),
        notice="",
    )
