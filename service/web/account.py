"""One's own account: the password, and tokens for programs."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from service.core.clock import utc_now
from service.core.errors import Refusal
from service.domain.accounts.actions import change_password, issue_token, revoke_token, sign_in
from service.domain.accounts.actor import Actor
from service.domain.accounts.inputs import NewToken
from service.domain.accounts.passwords import Proof, choose_password
from service.domain.accounts.queries import (
    get_me,
    get_own_password,
    get_token,
    list_live_tokens,
)
from service.domain.accounts.tables import Scope
from service.doors.forms import Form, FormHere
from service.doors.pages import PageVisit, keep_signed_in
from service.doors.routes import DoorRoute
from service.doors.visit import Db, Visit
from service.web.done import after
from service.web.render import page
from service.web.typed import Typed

router = APIRouter(route_class=DoorRoute)
PATH = "/desk/account"
LASTING = {"30": "30 days", "90": "90 days", "365": "a year", "": "until it is revoked"}
USUAL_DAYS = "90"
USES = {
    Scope.READ: "look at what I may see",
    Scope.WRITE: "do what I may do",
    Scope.EXPORT: "export",
    Scope.ADMIN: "look after accounts, for admins",
}


@router.get(PATH)
def account(request: Request, visit: PageVisit) -> Response:
    """One's password, and the tokens that are good."""
    return _account(request, visit)


@router.post(PATH)
def change(request: Request, visit: PageVisit, form: FormHere) -> Response:
    """The old password is asked for again; this browser stays signed in, all others do not."""
    with visit.reading() as (db, me):
        email, known = get_me(db, me).email, get_own_password(db, me)
    limit = visit.tools.settings.rates.sign_ins_per_account
    try:
        visit.tools.rates.hit(limit, "old_password", str(me.id))
        proof = known.prove_again(form.get("old"))
        chosen = choose_password(form.get("password"), email)
        with visit.writing() as (db, me):
            change_password(db, me, proof, chosen, tokens_too=bool(form.get("tokens_too")))
            _sign_in, token = sign_in(db, me, Proof(me.user_id, chosen.hash))
            answer = visit.redirect(after(visit, PATH, "password_changed"))
    except Refusal as refusal:
        told = Typed()
        return _account(request, visit, status=told.refused(refusal), form=told)
    keep_signed_in(answer, visit.tools, token)
    return answer


@router.post(f"{PATH}/tokens")
def issue(request: Request, visit: PageVisit, form: FormHere) -> Response:
    """A new token, shown on this answer and never again."""
    try:
        wanted = NewToken.model_validate(_wanted(form))
        with visit.writing() as (db, me):
            _token, text = issue_token(
                db,
                me,
                get_me(db, me),
                name=wanted.name,
                scopes=wanted.scopes,
                expires_at=wanted.expires_at,
            )
            return visit.show(_shown(request, db, me, made=text), secret=True)
    except (ValidationError, Refusal) as error:
        typed = Typed.of(form)
        typed.field_of = _field_of
        return _account(request, visit, status=typed.refused(error), token=typed)


@router.post(f"{PATH}/tokens/{{id}}/revoke")
def revoke(visit: PageVisit, id: UUID) -> Response:
    """End a token, and those that were made with it."""
    with visit.writing() as (db, me):
        revoke_token(db, me, get_token(db, me, id))
        return visit.redirect(after(visit, PATH, "revoked"))


def _wanted(form: Form) -> dict[str, Any]:
    days = form.get("days")
    lasts = timedelta(days=int(days)) if days and days in LASTING else None
    return {
        "name": form.get("name"),
        "scopes": form.get_all("scope"),
        "expires_at": (utc_now() + lasts).isoformat() if lasts else None,
    }


def _field_of(pointer: str) -> str:
    """The page's field that a fault of a new token is about."""
    name = pointer.split("/")[1] if pointer else ""
    return {"scopes": "scope", "expires_at": "days"}.get(name, name)


def _account(
    request: Request,
    visit: Visit,
    *,
    status: int = 200,
    form: Typed | None = None,
    token: Typed | None = None,
) -> Response:
    with visit.reading() as (db, me):
        return _shown(request, db, me, status=status, form=form, token=token)


def _shown(
    request: Request,
    db: Db,
    me: Actor,
    *,
    status: int = 200,
    form: Typed | None = None,
    token: Typed | None = None,
    made: str = "",
) -> Response:
    return page(
        request,
        "account.html",
        status=status,
        me=me,
        tokens=list_live_tokens(db, me),
        uses=USES,
        lasting=LASTING,
        form=form or Typed(),
        token=token or Typed.filled(scope=Scope.READ, days=USUAL_DAYS),
        made=made,
    )
