"""The version that a page was made from, in a hidden field."""

from typing import Annotated

from fastapi import Query

from service.core.errors import Malformed, Stale
from service.core.versions import Expected
from service.doors.forms import Form

LONGEST = 9  # digits: more than any version ever has

RevisionAsked = Annotated[int | None, Query(ge=1, le=1_000_000)]


class VersionUnknown(Malformed):
    code = "version_unknown"
    message = (
        "This form does not say from which version of the page it was made, so nothing was "
        "changed. Open the page again and repeat your change."
    )


def version_in(form: Form) -> Expected:
    """Raises VersionUnknown."""
    return expected(form.get("version"))


def expected(text: str) -> Expected:
    """Raises VersionUnknown."""
    if not text.isascii() or not text.isdecimal() or len(text) > LONGEST:
        raise VersionUnknown
    return Expected(frozenset({int(text)}))


def version_to_show(form: Form, error: Exception, now: int) -> str:
    """For a form shown again with its own words: the version it was made from.

    Only who was told that it is an old one goes on from the present one.
    """
    return str(now) if isinstance(error, Stale) else form.get("version")
