"""What may be said about people who work here and their credentials; every door fills these."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict

from service.core.moments import Moment
from service.core.words import EmailAddress, Line
from service.domain.accounts.passwords import Password
from service.domain.accounts.tables import Role, Scope

PersonName = Annotated[str, Line(200)]


def _each_once(roles: list[Role]) -> list[Role]:
    return [role for role in Role if role in roles]


def _scopes_once(scopes: list[Scope]) -> list[Scope]:
    return [scope for scope in Scope if scope in scopes]


Roles = Annotated[list[Role], Field(min_length=1, max_length=10), AfterValidator(_each_once)]
Scopes = Annotated[list[Scope], Field(min_length=1, max_length=10), AfterValidator(_scopes_once)]


class NewUser(BaseModel):
    """A colleague to be. Without a password they choose one by a mailed link."""

    model_config = ConfigDict(extra="forbid")

    email: EmailAddress
    name: PersonName
    roles: Roles


class UserChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    email: EmailAddress = ""
    name: PersonName = ""
    roles: Roles = []


class NewToken(BaseModel):
    """What an API token is called, may be used for, and when it ends."""

    model_config = ConfigDict(extra="forbid")

    name: PersonName = Field(description="What to call it, so that one knows it again.")
    scopes: Scopes = [Scope.READ, Scope.WRITE]
    expires_at: Moment | None = Field(
        default=None, description="When it ends by itself; without it, never."
    )


class PasswordChange(BaseModel):
    """One's own password; the old one shows that it is oneself. Tokens end too if one wishes."""

    model_config = ConfigDict(extra="forbid")

    old: Annotated[str, Strict(), Field(max_length=1_000, repr=False)]
    new: Annotated[Password, Field(repr=False)]
    revoke_tokens: Annotated[
        bool, Strict(), Field(description="Whether all one's tokens end, the one of this call too.")
    ] = False
