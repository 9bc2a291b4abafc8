"""If-Match and If-None-Match at the door."""

from typing import Annotated

from fastapi import Depends, Header

from service.core.errors import PreconditionRequired
from service.core.versions import Expected, parse_if_match


async def _if_match(if_match: Annotated[str | None, Header()] = None) -> Expected:
    """Which versions the caller is prepared to change. Raises PreconditionRequired, Malformed."""
    if if_match is None:
        raise PreconditionRequired
    return parse_if_match(if_match)


async def _put_condition(
    if_match: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Expected | None:
    """For a PUT: None says that there must be nothing yet (`If-None-Match: *`)."""
    if if_match is not None:
        return parse_if_match(if_match)
    if if_none_match is not None and if_none_match.strip() == "*":
        return None
    raise PreconditionRequired


IfMatch = Annotated[Expected, Depends(_if_match)]
PutCondition = Annotated[Expected | None, Depends(_put_condition)]
