"""Passwords: what they must be, and proof that one was right.

Hashing is slow on purpose, so it happens before a transaction is opened and its result is handed
to the action.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.core.errors import Fault, Invalid, Unknown
from service.core.secrets import hash_password, is_outdated, verify_password
from service.core.words import Line, fold

SHORTEST = 12
LONGEST = 200


class WrongPassword(Unknown):
    code = "wrong_password"
    message = "The e-mail address or the password is not right."


class WrongOldPassword(Invalid):
    code = "wrong_old_password"
    message = "The old password is not right."


class WeakPassword(Invalid):
    code = "weak_password"
    message = "Choose another password: {reason}."


def _long_enough(password: str) -> str:
    if len(password) < SHORTEST:
        raise PydanticCustomError(
            "password_short", "Use at least {min} characters.", {"min": SHORTEST}
        )
    return password


# A password that somebody chooses. One that somebody signs in with is any text.
Password = Annotated[
    str,
    Line(LONGEST),
    AfterValidator(_long_enough),
    WithJsonSchema({"type": "string", "minLength": SHORTEST, "maxLength": LONGEST}),
]


@dataclass(frozen=True)
class NewPassword:
    """A chosen password, hashed."""

    hash: str


@dataclass(frozen=True)
class Proof:
    """That somebody knew the password which is stored as `hash`.

    `renewed` is the same one hashed anew, when `hash` was made in a weaker way than is usual now.
    """

    user_id: UUID
    hash: str
    renewed: str | None = None


@dataclass(frozen=True)
class KnownPassword:
    """Whose password is asked for; nobody's, when no active account has the address."""

    user_id: UUID | None = None
    hash: str | None = None

    def prove(self, password: str) -> Proof:
        """Takes the same time for nobody. Raises WrongPassword, TooMany."""
        right = verify_password(self.hash, password)
        if not right or self.user_id is None or self.hash is None:
            raise WrongPassword
        renewed = hash_password(password) if is_outdated(self.hash) else None
        return Proof(self.user_id, self.hash, renewed)

    def prove_again(self, password: str) -> Proof:
        """Of who is signed in. Raises WrongOldPassword, TooMany."""
        try:
            return self.prove(password)
        except WrongPassword as error:
            faults = [Fault("/old", WrongOldPassword.message)]
            raise WrongOldPassword(faults=faults) from error


def choose_password(password: str, email: str, *, field: str = "password") -> NewPassword:
    """Raises WeakPassword that names the `field`, TooMany."""
    if len(password) < SHORTEST:
        reason = f"use at least {SHORTEST} characters"
    elif len(password) > LONGEST:
        reason = f"use at most {LONGEST} characters"
    elif fold(password).strip() == fold(email):
        reason = "it is the e-mail address"
    else:
        return NewPassword(hash_password(password))
    faults = [Fault(f"/{field}", f"{reason.capitalize()}.")]
    raise WeakPassword(reason=reason, faults=faults)
