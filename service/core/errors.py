"""The ways a request can be refused. A feature subclasses one of these; a door shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Fault:
    """One thing wrong with what was sent: where (a JSON pointer) and what, for a person."""

    pointer: str
    detail: str


class Refusal(Exception):
    """Something the caller did not get: a sentence for a person, a stable code for a program."""

    code: ClassVar[str] = "refused"
    message: ClassVar[str] = "This could not be done."

    def __init__(self, *, faults: Sequence[Fault] = (), **details: object) -> None:
        self.faults = tuple(faults)
        self.details = details
        super().__init__(self.message.format(**details))


class Unknown(Refusal):
    """Who calls is not known (401)."""

    code = "unknown"
    message = "Sign in, or send a valid token."


class NotFound(Refusal):
    """What one may not see does not exist (404)."""

    code = "not_found"
    message = "There is no such thing, or you may not see it."


class Gone(Refusal):
    """It was there, as who asks can show, and is over (410)."""

    code = "gone"
    message = "This was there and is over."


class Forbidden(Refusal):
    """One may see it, but not do this with it (403)."""

    code = "forbidden"
    message = "You may not do this."


class StateConflict(Refusal):
    """It does not fit the present state (409)."""

    code = "conflict"
    message = "This does not fit the present state."


class Invalid(Refusal):
    """What was sent is understood and wrong (422)."""

    code = "invalid"
    message = "What you sent cannot be used. See the errors."


class Malformed(Refusal):
    """What was sent is not understood (400)."""

    code = "malformed"
    message = "What you sent could not be read."


class Stale(Refusal):
    """Somebody changed it since it was read (412)."""

    code = "stale"
    message = "This was changed since you read it. Read it again, then repeat your change."


class PreconditionRequired(Refusal):
    """A change must say which version it changes (428)."""

    code = "precondition_required"
    message = "Say which version you change: send the ETag you read as If-Match."


class TooLarge(Refusal):
    """Larger than the limit (413)."""

    code = "too_large"
    message = "This is larger than the limit of {limit}."


class Unsupported(Refusal):
    """A media type or encoding that is not taken (415)."""

    code = "unsupported_media_type"
    message = "Send {accepted}."


class TooMany(Refusal):
    """More calls than allowed for now (429)."""

    code = "too_many_requests"
    message = "Too many requests. Try again in {seconds} seconds."


class Unavailable(Refusal):
    """A part of the service is out of reach for now (503)."""

    code = "unavailable"
    message = "{part} cannot be reached at the moment. Nothing was kept; try again soon."
