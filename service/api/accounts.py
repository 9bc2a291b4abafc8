"""People who work here, their passwords and their API tokens, over the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from service.domain.accounts.actions import (
    change_password,
    change_user,
    create_user,
    deactivate_user,
    issue_token,
    reactivate_user,
    revoke_token,
)
from service.domain.accounts.inputs import NewToken, NewUser, PasswordChange, UserChange
from service.domain.accounts.passwords import choose_password
from service.domain.accounts.queries import (
    get_me,
    get_own_password,
    get_token,
    get_user,
    list_tokens,
    list_users,
    page_colleagues,
)
from service.domain.accounts.tables import Role, Scope, User
from service.doors.listing import ListQuery, PageOut, ask
from service.doors.preconditions import IfMatch
from service.doors.routes import StaffRoute
from service.doors.visit import StaffVisit

router = APIRouter(tags=["accounts"], route_class=StaffRoute)


class UserOut(BaseModel):
    """An account."""

    id: UUID
    email: str
    name: str
    roles: list[Role]
    has_password: bool = Field(
        description="Whether they can sign in; without one they use the mailed link, or a token."
    )
    active: bool = Field(description="Whether they can come in.")
    deactivated_at: datetime | None = Field(
        description="Since when they cannot; null while they can."
    )
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, user: User) -> "UserOut":
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            roles=[Role(role) for role in user.roles],
            has_password=user.password_hash is not None,
            active=user.deactivated_at is None,
            deactivated_at=user.deactivated_at,
            created_at=user.created_at,
            updated_at=user.updated_at,
            version=user.version,
        )


class MeOut(UserOut):
    """Who one is, and what the credential one came with may be used for."""

    scopes: list[Scope]


class ColleagueOut(BaseModel):
    """What colleagues know of each other, to choose a team or a reviewer."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    email: str
    roles: list[Role]


class TokenOut(BaseModel):
    """An API token, known by its first characters; its whole text is shown once, when issued."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    user_id: UUID = Field(description="Whose it is.")
    name: str = Field(description="What its person calls it.")
    prefix: str = Field(description="How its text begins, to know it again.")
    scopes: list[Scope]
    is_console: bool = Field(description="Whether whoever has the machine made it.")
    made_with: UUID | None = Field(description="The token it was made with, and ends with.")
    created_at: datetime
    expires_at: datetime | None = Field(description="When it ends by itself; null: never.")
    last_used_at: datetime | None = Field(
        description="When it was used last, to about five minutes; null: never."
    )
    revoked_at: datetime | None = Field(description="When it was ended by hand; null: it was not.")


class IssuedOut(TokenOut):
    """A new token, with its whole text."""

    token: str = Field(
        description="The whole text to send as `Authorization: Bearer …`. It is shown only here."
    )


class PasswordSetOut(BaseModel):
    """How many of one's tokens are still good."""

    tokens_left: int = Field(description="How many tokens are still good.")


class TokenQuery(ListQuery):
    user_id: UUID | None = Field(default=None, description="Only the tokens of this account.")


@router.get("/me", response_model=MeOut)
def me(visit: StaffVisit) -> Response:
    """Who one is."""
    with visit.reading() as (db, me):
        user = get_me(db, me)
        out = MeOut(scopes=sorted(me.scopes), **UserOut.of(user).model_dump())
        return visit.answer(out, etag=user.version)


@router.post("/me/password", response_model=PasswordSetOut)
def set_own_password(visit: StaffVisit, body: PasswordChange) -> Response:
    """Change one's own password. Every browser that is signed in as oneself is signed out.

    Tokens stay good, unless `revoke_tokens` ends them all, the one of this call too.
    """
    with visit.writing() as (db, me):  # a repeat of what was done ends here, with its answer
        email, known = get_me(db, me).email, get_own_password(db, me)
    limit = visit.tools.settings.rates.sign_ins_per_account
    visit.tools.rates.hit(limit, "old_password", str(me.id))
    proof = known.prove_again(body.old)
    chosen = choose_password(body.new, email, field="new")
    with visit.writing() as (db, me):
        left = change_password(db, me, proof, chosen, tokens_too=body.revoke_tokens)
        return visit.answer(PasswordSetOut(tokens_left=left))


@router.get("/colleagues", response_model=PageOut[ColleagueOut])
def colleagues(visit: StaffVisit, query: Annotated[ListQuery, Query()]) -> Response:
    """Everybody who works here and is active, by name."""
    with visit.reading() as (db, me):
        asked = ask(visit, db, me, query)
        page = page_colleagues(db, me, asked.slice, since=asked.since)
        return asked.answer(page, ColleagueOut.model_validate)


@router.get("/users", response_model=PageOut[UserOut])
def users(visit: StaffVisit, query: Annotated[ListQuery, Query()]) -> Response:
    """All accounts, newest first. For admins."""
    with visit.reading() as (db, me):
        asked = ask(visit, db, me, query)
        page = list_users(db, me, asked.slice, updated_since=asked.since)
        return asked.answer(page, UserOut.of)


@router.post("/users", status_code=201, response_model=UserOut)
def add_user(visit: StaffVisit, body: NewUser) -> Response:
    """Give somebody an account. They choose a password by a mailed link, or use a token."""
    with visit.writing() as (db, me):
        user = create_user(db, me, body)
        location = {"Location": f"/api/v1/users/{user.id}"}
        return visit.answer(UserOut.of(user), status=201, etag=user.version, headers=location)


@router.get("/users/{id}", response_model=UserOut)
def user(visit: StaffVisit, id: UUID) -> Response:
    """One account. For admins."""
    with visit.reading() as (db, me):
        found = get_user(db, me, id)
        return visit.answer(UserOut.of(found), etag=found.version)


@router.patch("/users/{id}", response_model=UserOut)
def edit_user(visit: StaffVisit, id: UUID, body: UserChange, if_match: IfMatch) -> Response:
    """Change a name, an address or roles."""
    with visit.writing() as (db, me):
        changed = change_user(db, me, get_user(db, me, id, version=if_match), body)
        return visit.answer(UserOut.of(changed), etag=changed.version)


@router.post("/users/{id}/deactivate", response_model=UserOut)
def deactivate(visit: StaffVisit, id: UUID, if_match: IfMatch) -> Response:
    """End every session and token of an account at once."""
    with visit.writing() as (db, me):
        changed = deactivate_user(db, me, get_user(db, me, id, version=if_match))
        return visit.answer(UserOut.of(changed), etag=changed.version)


@router.post("/users/{id}/reactivate", response_model=UserOut)
def reactivate(visit: StaffVisit, id: UUID, if_match: IfMatch) -> Response:
    """Let somebody in again. Old sessions and tokens stay ended."""
    with visit.writing() as (db, me):
        changed = reactivate_user(db, me, get_user(db, me, id, version=if_match))
        return visit.answer(UserOut.of(changed), etag=changed.version)


@router.get("/tokens", response_model=PageOut[TokenOut])
def tokens(visit: StaffVisit, query: Annotated[TokenQuery, Query()]) -> Response:
    """One's own tokens, everybody's for an admin; newest first, ended ones too."""
    with visit.reading() as (db, me):
        asked = ask(visit, db, me, query)
        page = list_tokens(db, me, asked.slice, user_id=query.user_id, updated_since=asked.since)
        return asked.answer(page, TokenOut.model_validate)


@router.post("/tokens", status_code=201, response_model=IssuedOut)
def issue(visit: StaffVisit, body: NewToken) -> Response:
    """A new token for oneself. Its text is in this answer and nowhere else.

    It reaches no further than the token it is made with, lasts no longer, and ends with it.
    """
    with visit.writing() as (db, me):
        user = get_me(db, me)
        made, text = issue_token(
            db, me, user, name=body.name, scopes=body.scopes, expires_at=body.expires_at
        )
        out = IssuedOut(token=text, **TokenOut.model_validate(made).model_dump())
        return visit.answer(out, status=201, secret=True)


@router.post("/tokens/{id}/revoke", response_model=TokenOut)
def revoke(visit: StaffVisit, id: UUID) -> Response:
    """End a token now and for good, and every token that was made with it."""
    with visit.writing() as (db, me):
        ended = revoke_token(db, me, get_token(db, me, id))
        return visit.answer(TokenOut.model_validate(ended))
