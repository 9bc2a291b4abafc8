"""The names that things of a job go by: in addresses, in exports, on the clock."""

import re
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

# Words that stand, or may one day stand, where a slug stands in an address.
RESERVED_SLUGS = frozenset(
    {"admin", "all", "api", "apply", "closed", "draft", "drafts", "edit", "export", "exports"}
    | {"feed", "help", "jobs", "list", "new", "next", "open", "search", "static", "status"}
)
# How a submission ends: where a move goes is named by a stage's key or by one of these.
DECISIONS = frozenset({"hired", "rejected", "withdrawn"})

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEY = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")


def is_slug(value: str) -> bool:
    """Whether a job might have it; what else stands in an address leads nowhere."""
    return 2 <= len(value) <= 80 and _SLUG.fullmatch(value) is not None  # noqa: PLR2004 - the limits


def _slug(value: str) -> str:
    if not is_slug(value):
        raise PydanticCustomError(
            "slug_invalid", "Use 2 to 80 lower-case letters, digits and single hyphens."
        )
    if value in RESERVED_SLUGS:
        raise PydanticCustomError("slug_reserved", "This word is reserved. Choose another.")
    return value


def _key(value: str) -> str:
    if len(value) > 40 or not _KEY.fullmatch(value):  # noqa: PLR2004 - the column's length
        raise PydanticCustomError(
            "key_invalid",
            "Use at most 40 lower-case letters, digits, hyphens and underscores, a letter first.",
        )
    return value


def _stage_key(value: str) -> str:
    if value in DECISIONS:
        raise PydanticCustomError(
            "key_reserved", "This word is a decision. Choose another for a stage."
        )
    return value


@cache
def _time_zones() -> frozenset[str]:
    # Two of these names are no place's: one is whatever the machine is set to.
    return frozenset(available_timezones() - {"localtime", "Factory"})


def is_time_zone(value: str) -> bool:
    """Looked up in the list of names, so that it never becomes a path."""
    return value in _time_zones()


def _time_zone(value: str) -> str:
    if not is_time_zone(value):
        raise PydanticCustomError(
            "time_zone_unknown", "Use a name of the IANA time zone list, like Europe/Berlin."
        )
    return value


Slug = Annotated[
    str,
    Strict(),
    AfterValidator(_slug),
    WithJsonSchema(
        {"type": "string", "minLength": 2, "maxLength": 80, "pattern": f"^{_SLUG.pattern}$"}
    ),
]
Key = Annotated[
    str,
    Strict(),
    AfterValidator(_key),
    WithJsonSchema({"type": "string", "maxLength": 40, "pattern": f"^{_KEY.pattern}$"}),
]
StageKey = Annotated[Key, AfterValidator(_stage_key)]
TimeZone = Annotated[str, Strict(), AfterValidator(_time_zone)]
