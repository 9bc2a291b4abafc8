"""A browser that somebody signed in with is known again, so that guessers never lock it out.

After OWASP's “device cookies”: wrong passwords are counted for each network and account, and for
each known browser apart. The cookie opens nothing by itself.
"""

from datetime import timedelta

from fastapi import Request, Response

from service.core.secrets import LinkInvalid, keyed_hash, new_token, sign, unsign
from service.core.words import email_key, fold
from service.doors.tools import Tools

KNOWN_FOR = timedelta(days=400)  # as long as browsers keep a cookie at most
PURPOSE = "known browser"


def account_of(email: str) -> str:
    """What tries are counted by: the same for each spelling of an address, and for no address."""
    try:
        return email_key(email)
    except ValueError:
        return fold(email.strip())


def remember_browser(answer: Response, tools: Tools, email: str) -> None:
    """Somebody has shown to be the owner of the account, with this browser."""
    whose = keyed_hash(tools.key, account_of(email))
    answer.set_cookie(
        _name(tools),
        sign(tools.key, PURPOSE, [whose, new_token("")]),
        max_age=int(KNOWN_FOR.total_seconds()),
        httponly=True,
        secure=tools.settings.is_secure,
        samesite="strict",
        path="/",
    )


def known_browser(request: Request, tools: Tools, email: str) -> str:
    """Which browser it is, if somebody signed in to the account with it before; else empty."""
    cookie = request.cookies.get(_name(tools), "")
    try:
        held = unsign(tools.key, PURPOSE, cookie, KNOWN_FOR)
    except LinkInvalid:
        return ""
    match held:
        case [str(whose), str(id)] if whose == keyed_hash(tools.key, account_of(email)):
            return id
    return ""


def _name(tools: Tools) -> str:
    return "__Host-exhibit-known" if tools.settings.is_secure else "exhibit-known"
