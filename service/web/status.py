"""What a candidate sees and does by mailed links: where it stands, add, confirm, withdraw."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from service.core.errors import NotFound, Refusal
from service.core.filenames import clean_name
from service.core.words import email_key
from service.domain.accounts.actor import SYSTEM, Actor
from service.domain.pipeline.actions import request_withdrawal, withdraw_submission
from service.domain.pipeline.inputs import WithdrawInput
from service.domain.submissions.actions import (
    add_to_submission,
    confirm_revision,
    request_status_link,
    revoke_links,
)
from service.domain.submissions.inputs import AdditionInput
from service.domain.submissions.queries import (
    LinkEnded,
    get_file,
    get_revision,
    get_revision_by_id,
    list_revisions,
    open_link,
)
from service.domain.submissions.tables import (
    LinkPurpose,
    Revision,
    RevisionState,
    Submission,
)
from service.doors.downloads import send_stored
from service.doors.forms import KEY_FIELD, Form, FormHere
from service.doors.pages import StrangerVisit
from service.doors.routes import DoorRoute
from service.doors.submission_forms import content_of_form, place_names
from service.doors.submission_intake import bound_files
from service.doors.uploads import store_uploads
from service.doors.visit import Db, Visit
from service.web.done import after
from service.web.mailed import ANY, NONE, opened, used
from service.web.render import message, page
from service.web.typed import Typed, said_of

router = APIRouter(route_class=DoorRoute)
Token = Annotated[str, Path(max_length=500)]
DECIDED = {
    "hired": "Congratulations: the team decided for you.",
    "rejected": "The team decided not to go on with this submission.",
    "withdrawn": "You have withdrawn this submission.",
}
NOT_WITHDRAWN = "Your submission is not withdrawn"
OURS = (KEY_FIELD,)


@router.get("/status")
def ask(request: Request) -> Response:
    """Ask for the link anew."""
    return _ask(request, Typed())


@router.post("/status")
def mail_link(request: Request, visit: StrangerVisit, form: FormHere) -> Response:
    """The same answer whether the address is known or not."""
    email, typed = form.get("email").strip(), Typed.of(form)
    try:
        email_key(email)
    except (PydanticCustomError, ValueError):
        typed.found.append(("email", "This is not an e-mail address."))
        return _ask(request, typed, 422)
    try:
        visit.tools.rates.hit(visit.tools.settings.rates.submissions, "link from", visit.network)
    except Refusal as refusal:
        return _ask(request, typed, typed.refused(refusal))
    said = "If we have a submission from this address, a link to it is on its way."
    with visit.writing() as (db, me):
        request_status_link(db, me, email)
        return visit.show(message(request, "Look into your mail", said))


@router.get("/status/{token}")
def show(request: Request, visit: StrangerVisit, token: Token) -> Response:
    """Where it stands, and what was sent."""
    return _status(request, visit, token, Typed())


@router.post("/status/{token}")
def add(request: Request, visit: StrangerVisit, token: Token, form: FormHere) -> Response:
    """One more exhibit: a new revision, which needs no confirmation."""
    typed = Typed.of(form)
    places = place_names([upload.field for upload in form.uploads])
    try:
        with visit.reading() as (db, _me):
            open_link(db, visit.tools.key, LinkPurpose.STATUS, token)
        addition = _addition(form, typed, places)
        files = store_uploads(visit.tools, form.uploads, places)
        with visit.writing() as (db, _me):
            me, submission = _theirs(db, visit, token, for_change=True)
            there = get_revision(db, submission).files
            bound_files(visit.tools, [*(one.size for one in there), *(one.size for one in files)])
            add_to_submission(db, me, submission, addition, files)
            return visit.redirect(after(visit, f"/status/{token}", "added"))
    except (ValidationError, Refusal) as error:
        status = typed.refused(error)
        if names := ", ".join(f"“{clean_name(upload.name)}”" for upload in form.uploads):
            said = f"Choose again what could not be kept here: {names}."
            typed.found.append(("evidence-0-files", said))
        return _status(request, visit, token, typed, status)


def _addition(form: Form, typed: Typed, places: Sequence[str]) -> AdditionInput:
    """Raises ValidationError."""
    read = content_of_form(form.fields, [one.field for one in form.uploads], [], beside=OURS)
    typed.field_of = read.field_of
    names = (clean_name(upload.name) for upload in form.uploads)
    read.name_exhibits(dict(zip(places, names, strict=True)))
    return AdditionInput.model_validate({"evidence": read.content["evidence"]})


@router.get("/status/{token}/files/{file_id}")
def file(request: Request, visit: StrangerVisit, token: Token, file_id: UUID) -> Response:
    """One of the candidate's own files."""
    with visit.reading() as (db, _me):
        me, submission = _theirs(db, visit, token)
        found = get_file(db, me, submission, file_id)
    return send_stored(request, visit.tools.blobs, found)


@router.post("/status/{token}/withdraw")
def ask_withdrawal(
    request: Request, visit: StrangerVisit, token: Token, _form: FormHere
) -> Response:
    """A fresh link by mail: whoever has an old mail cannot withdraw for somebody."""
    said = "We mailed you a fresh link. Open it and press the button there."
    back = f"/status/{token}"
    with visit.writing() as (db, _me):
        me, submission = _theirs(db, visit, token)
        request_withdrawal(db, me, submission)
        return visit.show(
            message(request, "Look into your mail", said, back=back, back_words="Back")
        )


@router.post("/status/{token}/confirm/{revision_id}")
def confirm_here(
    visit: StrangerVisit, token: Token, revision_id: UUID, _form: FormHere
) -> Response:
    """Who holds the status link may confirm an addition without the mail that asks for it."""
    with visit.writing() as (db, _me):
        me, submission = _theirs(db, visit, token, for_change=True)
        confirm_revision(
            db, me, submission, get_revision_by_id(db, SYSTEM, submission, revision_id)
        )
        return visit.redirect(after(visit, f"/status/{token}", "confirmed"))


@router.get("/withdraw/{token}")
def ask_to_withdraw(request: Request, visit: StrangerVisit, token: Token) -> Response:
    """Looking at it changes nothing: mail scanners follow links."""
    with visit.reading() as (db, _me):
        link = open_link(db, visit.tools.key, LinkPurpose.WITHDRAW, token)
        title = opened(db, link)[1].job.title
    said = f"Your submission for {title} ends. The team no longer considers it."
    return _withdrawal(request, token, "Withdraw your submission?", said)


@router.post("/withdraw/{token}")
def withdraw(request: Request, visit: StrangerVisit, token: Token, form: FormHere) -> Response:
    """Once; whoever is refused finds the reason again that they gave."""
    try:
        wanted = WithdrawInput(reason=form.get("reason"))
        with visit.writing() as (db, _me):
            _link, me, submission = used(db, visit, LinkPurpose.WITHDRAW, token)
            withdraw_submission(db, me, submission, wanted.reason)
            revoke_links(db, me, LinkPurpose.WITHDRAW, submission_id=submission.id)
            done = message(request, "Your submission is withdrawn", "Thank you for telling us.")
            return visit.show(done)
    except LinkEnded:
        raise
    except (ValidationError, Refusal) as error:
        status, fault = said_of(error)
        return _withdrawal(request, token, NOT_WITHDRAWN, fault, status, form.get("reason"))


def _withdrawal(
    request: Request, token: str, title: str, line: str, status: int = 200, reason: str = ""
) -> Response:
    return message(
        request,
        title,
        line,
        status=status,
        post=f"/withdraw/{token}",
        button="Withdraw it",
        reason_label="If you like, tell us why",
        reason=reason,
        back="/status",
        back_words="Keep my submission",
    )


@router.get("/confirm/{token}")
def ask_to_confirm(request: Request, visit: StrangerVisit, token: Token) -> Response:
    """What somebody sent with this address, and a button."""
    with visit.reading() as (db, _me):
        submission, waiting = _waiting(db, visit, token)
        return page(request, "confirm.html", submission=submission, revision=waiting, token=token)


@router.get("/confirm/{token}/files/{file_id}")
def waiting_file(request: Request, visit: StrangerVisit, token: Token, file_id: UUID) -> Response:
    """A file of what waits to be confirmed."""
    with visit.reading() as (db, _me):
        _submission, waiting = _waiting(db, visit, token)
        found = next((file for file in waiting.files if file.id == file_id), None)
    if found is None:
        raise NotFound
    return send_stored(request, visit.tools.blobs, found)


@router.post("/confirm/{token}")
def confirm(request: Request, visit: StrangerVisit, token: Token, _form: FormHere) -> Response:
    """It becomes the newest revision; other links to confirm end."""
    said = "It is now the newest version of your submission. A new status link is on its way."
    with visit.writing() as (db, _me):
        link, me, submission = used(db, visit, LinkPurpose.CONFIRM, token)
        waiting = get_revision_by_id(db, SYSTEM, submission, link.revision_id or NONE)
        confirm_revision(db, me, submission, waiting)
        revoke_links(db, me, LinkPurpose.STATUS, submission_id=submission.id)
        request_status_link(db, me, submission.candidate.email)
        return visit.show(message(request, "Thank you", said))


def _ask(request: Request, form: Typed, status: int = 200) -> Response:
    return page(
        request,
        "ask_email.html",
        status=status,
        title="Your status link",
        lead="We mail you a link to what you sent us.",
        action="/status",
        button="Mail me the link",
        form=form,
    )


def _theirs(
    db: Db, visit: Visit, token: str, *, for_change: bool = False
) -> tuple[Actor, Submission]:
    """Whose status link it is, and the submission it opens.

    `for_change` locks it, so that who adds at the same moment comes after. Raises NotFound.
    """
    link = open_link(db, visit.tools.key, LinkPurpose.STATUS, token)
    return opened(db, link, ANY if for_change else None)


def _waiting(db: Db, visit: Visit, token: str) -> tuple[Submission, Revision]:
    """What a link to confirm is about. Raises NotFound."""
    link = open_link(db, visit.tools.key, LinkPurpose.CONFIRM, token)
    submission = opened(db, link)[1]
    return submission, get_revision_by_id(db, SYSTEM, submission, link.revision_id or NONE)


def _status(request: Request, visit: Visit, token: str, form: Typed, status: int = 200) -> Response:
    with visit.reading() as (db, _me):
        _candidate, submission = _theirs(db, visit, token)
        revisions = list_revisions(db, SYSTEM, submission) if submission.waiting else []
        waiting = [one.id for one in revisions if one.state is RevisionState.UNCONFIRMED]
        return page(
            request,
            "status.html",
            status=status,
            submission=submission,
            revision=get_revision(db, submission),
            token=token,
            form=form,
            decided=DECIDED,
            waiting=[get_revision_by_id(db, SYSTEM, submission, id) for id in waiting],
        )
