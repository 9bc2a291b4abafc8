"""What an operator is told when something cannot be done: one sentence, and what to do about it."""

from collections.abc import Generator
from contextlib import contextmanager

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from service.core.errors import Refusal
from service.core.migrations import NewerDatabase
from service.core.secrets import KeyUnusable
from service.core.selfcheck import UnsafeDatabase
from service.doors.sentences import sentence


class Trouble(Exception):
    """Said to the operator as it is."""


@contextmanager
def in_plain_words() -> Generator[None]:
    """Whatever an operator can meet, as Trouble. What is left is our own mistake."""
    try:
        yield
    except (UnsafeDatabase, NewerDatabase, KeyUnusable) as error:
        raise Trouble(str(error)) from error
    except Refusal as refusal:
        raise Trouble(_said_once(refusal)) from refusal
    except ValidationError as error:
        raise Trouble(words_of(error)) from error
    except SQLAlchemyError as error:
        raise Trouble(f"The database cannot be used: {reason_of(error)}") from error
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        raise Trouble(f"The system refused{place}: {error.strerror or error}.") from error


def words_of(error: ValidationError) -> str:
    """Every fault on a line of its own, without what was entered (it may be a secret)."""
    lines = (
        f"{'.'.join(str(part) for part in fault['loc']) or 'value'}: {sentence(fault)}"
        for fault in error.errors(include_input=False, include_url=False)
    )
    return "\n".join(lines)


def ended(words: str) -> str:
    """With one full stop."""
    return f"{words.rstrip('.')}."


def _said_once(refusal: Refusal) -> str:
    """Its sentence, and those of its faults that add to it."""
    said = str(refusal)
    for fault in refusal.faults:
        if fault.detail.rstrip(".").casefold() not in said.casefold():
            said += f" {fault.pointer.strip('/')}: {fault.detail}"
    return said


def reason_of(error: SQLAlchemyError) -> str:
    """The database's own words, on one line and without the statement."""
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split())[:300]
