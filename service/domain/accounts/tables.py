"""People who work here, and the credentials they act with. Secrets are stored as digests only."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field

from service.core.db import Row, Versioned, linked, shaped


class Role(StrEnum):
    """What a user may be. One user may be several."""

    REVIEWER = "reviewer"
    RECRUITER = "recruiter"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a token may be used for, within what its user may do."""

    READ = "read"
    WRITE = "write"
    EXPORT = "export"
    ADMIN = "admin"


class User(Versioned, table=True):
    __tablename__ = "user_account"

    email: str = Field(max_length=254)
    email_key: str = Field(max_length=254, unique=True)
    name: str = Field(max_length=200)
    roles: list[Role] = shaped(list[Role])
    password_hash: str | None = Field(default=None, max_length=255)
    deactivated_at: datetime | None = Field(default=None)


class SignIn(Row, table=True):
    """One browser that is signed in. Signing out, a new password or deactivation revokes it."""

    __tablename__ = "sign_in"

    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    token_digest: str = Field(max_length=64, unique=True)
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = Field(default=None)
    user: User = linked()


class ApiToken(Row, table=True):
    """For one program to act as its user. One made with another token ends with that one."""

    __tablename__ = "api_token"

    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    name: str = Field(max_length=200)
    prefix: str = Field(max_length=20)
    token_digest: str = Field(max_length=64, unique=True)
    scopes: list[Scope] = shaped(list[Scope])
    is_console: bool = Field(default=False)
    made_with: UUID | None = Field(
        default=None, foreign_key="api_token.id", ondelete="CASCADE", index=True
    )
    expires_at: datetime | None = Field(default=None)
    last_used_at: datetime | None = Field(default=None)
    revoked_at: datetime | None = Field(default=None)
    user: User = linked()


class PasswordReset(Row, table=True):
    """A mailed link by which a forgotten password is set anew, once. Its token is derived."""

    __tablename__ = "password_reset"

    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    expires_at: datetime
    used_at: datetime | None = Field(default=None)
    user: User = linked()
