"""Signing in and out, and passwords."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request, Response

from service.core.errors import Refusal
from service.core.secrets import LinkInvalid, digest, unsign
from service.domain.accounts.actions import (
    request_password_reset,
    reset_password,
    sign_in,
    sign_out,
)
from service.domain.accounts.passwords import Proof, choose_password
from service.domain.accounts.queries import (
    find_actor_by_sign_in,
    find_password,
    get_password_reset,
)
from service.doors.forms import FormHere
from service.doors.known_browsers import account_of, known_browser, remember_browser
from service.doors.pages import (
    PageVisit,
    StrangerVisit,
    cookie_name,
    keep_signed_in,
    local_path,
    refuse_cross_site,
)
from service.doors.refusals import status_of
from service.doors.routes import DoorRoute
from service.doors.visit import Db, Visit
from service.web.done import after
from service.web.ended import RESET_OVER, tell_ended
from service.web.render import message, page
from service.web.typed import Typed

router = APIRouter(route_class=DoorRoute)
RESET_GOOD_FOR = timedelta(hours=1)


@router.get("/sign-in")
def ask(request: Request, next: str = "/desk") -> Response:
    """The form."""
    return page(request, "sign_in.html", next=local_path(next), email="", fault="")


@router.post("/sign-in")
def enter(request: Request, visit: StrangerVisit, form: FormHere) -> Response:
    """E-mail and password for a session of this browser."""
    refuse_cross_site(request)
    email, target = form.get("email"), local_path(form.get("next"))
    try:
        proof = _prove(visit, email, form.get("password"))
        with visit.writing() as (db, me):
            _end_earlier(request, visit, db)
            _session, token = sign_in(db, me, proof)
    except Refusal as refusal:
        status = status_of(refusal)
        return page(
            request, "sign_in.html", status=status, next=target, email=email, fault=str(refusal)
        )
    answer = Response(status_code=303, headers={"Location": target})
    keep_signed_in(answer, visit.tools, token)
    remember_browser(answer, visit.tools, email)
    return answer


@router.post("/sign-out")
def leave(visit: PageVisit) -> Response:
    """End this browser's session here and on the server."""
    with visit.writing() as (db, me):
        if found := find_actor_by_sign_in(db, digest(visit.credential)):
            sign_out(db, me, found[1])
    return _signed_out(visit)


@router.get("/reset-password")
def ask_reset(request: Request) -> Response:
    """Ask for a link to set a new password."""
    return page(
        request,
        "ask_email.html",
        title="Set a new password",
        lead="We mail you a link if there is an account with your address.",
        action="/reset-password",
        button="Mail me a link",
        form=Typed(),
    )


@router.post("/reset-password")
def mail_reset(request: Request, visit: StrangerVisit, form: FormHere) -> Response:
    """The same answer whoever has the address, if anybody."""
    email, rates = form.get("email")[:254], visit.tools.settings.rates
    visit.tools.rates.hit(rates.sign_ins, "sign_in", visit.network)
    said = message(
        request,
        "Look into your mail",
        "If there is an account with this address, a link is on its way. It is good for an hour.",
        back="/sign-in",
        back_words="Sign in",
    )
    with visit.writing() as (db, me):
        request_password_reset(db, me, email)
        return visit.show(said)


@router.get("/reset-password/{token}")
def ask_new(request: Request, visit: StrangerVisit, token: str) -> Response:
    """The form behind the mailed link; looking at it changes nothing."""
    try:
        with visit.reading() as (db, _me):
            get_password_reset(db, _reset_id(visit, token))
    except LinkInvalid:
        return tell_ended(request, RESET_OVER)
    return page(request, "new_password.html", token=token, form=Typed())


@router.post("/reset-password/{token}")
def set_new(request: Request, visit: StrangerVisit, token: str, form: FormHere) -> Response:
    """A new password, once."""
    try:
        reset_id = _reset_id(visit, token)
        with visit.reading() as (db, _me):
            email = get_password_reset(db, reset_id).user.email
        chosen = choose_password(form.get("password"), email)
        with visit.writing() as (db, me):
            user = reset_password(db, me, reset_id, chosen)
    except LinkInvalid:
        return tell_ended(request, RESET_OVER)
    except Refusal as refusal:
        told = Typed()
        status = told.refused(refusal)
        return page(request, "new_password.html", status=status, token=token, form=told)
    answer = Response(
        status_code=303, headers={"Location": after(visit, "/sign-in", "password_set")}
    )
    remember_browser(answer, visit.tools, user.email)  # whoever guesses meanwhile
    return answer


def _end_earlier(request: Request, visit: Visit, db: Db) -> None:
    """One browser has one session: what it held before opens nothing any more."""
    held = request.cookies.get(cookie_name(visit.tools), "")
    if held and (found := find_actor_by_sign_in(db, digest(held))):
        sign_out(db, *found)


def _reset_id(visit: Visit, token: str) -> UUID:
    """Raises LinkInvalid."""
    return UUID(str(unsign(visit.tools.key, "password_reset", token, RESET_GOOD_FOR)))


def _signed_out(visit: Visit) -> Response:
    """This browser forgets its cookie and what it kept of our pages."""
    answer = Response(status_code=303, headers={"Location": "/sign-in"})
    answer.delete_cookie(cookie_name(visit.tools), path="/", secure=visit.tools.settings.is_secure)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _prove(visit: Visit, email: str, password: str) -> Proof:
    """Outside of any transaction: checking a password takes its time.

    Tries are counted before they are made, so that many at once are no way around; the same for
    addresses that nobody has. Raises WrongPassword, TooMany.
    """
    rates, limits = visit.tools.rates, visit.tools.settings.rates
    browser = known_browser(visit.request, visit.tools, email)
    account = account_of(email)
    tries = f"{account}\0{browser or visit.network}"
    if not browser:
        rates.hit(limits.sign_ins, "sign_in", visit.network)
    rates.hit(limits.sign_ins_per_account, "sign_in_account", tries)
    if not browser:
        rates.hit(limits.sign_ins_everywhere, "sign_in_everywhere", account)
    with visit.tools.database.read() as session:
        known = find_password(session, email)
    proof = known.prove(password)
    rates.forget(limits.sign_ins_per_account, "sign_in_account", tries)
    return proof
