"""What can happen to people who work here and to their credentials."""

from typing import ClassVar
from uuid import UUID

from service.core.outbox import Event


class UserCreated(Event):
    name: ClassVar[str] = "user.created"

    user_id: UUID


class UserChanged(Event):
    name: ClassVar[str] = "user.changed"

    user_id: UUID


class UserDeactivated(Event):
    name: ClassVar[str] = "user.deactivated"

    user_id: UUID


class UserReactivated(Event):
    name: ClassVar[str] = "user.reactivated"

    user_id: UUID


class UserPasswordSet(Event):
    name: ClassVar[str] = "user.password_set"

    user_id: UUID


class UserPasswordResetRequested(Event):
    """Somebody typed an address; whether anybody has it is looked up by the worker.

    The address is in the detail. `reset_id` is what the reset will be called, if there is one.
    """

    name: ClassVar[str] = "user.password_reset_requested"

    reset_id: UUID


class UserPasswordResetOpened(Event):
    name: ClassVar[str] = "user.password_reset_opened"

    user_id: UUID
    reset_id: UUID


class UserSignedIn(Event):
    name: ClassVar[str] = "user.signed_in"

    user_id: UUID
    sign_in_id: UUID


class UserSignedOut(Event):
    name: ClassVar[str] = "user.signed_out"

    user_id: UUID
    sign_in_id: UUID


class TokenIssued(Event):
    name: ClassVar[str] = "token.issued"

    user_id: UUID
    token_id: UUID


class TokenRevoked(Event):
    name: ClassVar[str] = "token.revoked"

    user_id: UUID
    token_id: UUID
