"""Who looks at a page: strangers, or staff by their session's cookie."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from service.core.errors import Forbidden, Unknown
from service.doors.networks import count_knock
from service.doors.tools import Tools, tools_of
from service.doors.visit import CredentialKind, Visit

SAFE = {"GET", "HEAD"}


class CrossSite(Forbidden):
    code = "cross_site"
    message = "This form was not sent from our own pages. Open the page again and repeat it."


def cookie_name(tools: Tools) -> str:
    """`__Host-` binds the cookie to this host; browsers take it over HTTPS only."""
    return "__Host-exhibit" if tools.settings.is_secure else "exhibit"


def keep_signed_in(answer: Response, tools: Tools, token: str) -> None:
    """Let the browser keep its session's token, from scripts and other sites, until it closes."""
    secure = tools.settings.is_secure
    answer.set_cookie(
        cookie_name(tools), token, httponly=True, secure=secure, samesite="lax", path="/"
    )


async def by_cookie(request: Request) -> Visit:
    """Staff on pages. A change must come from our own pages: the browser says so itself."""
    tools = tools_of(request)
    cookie = request.cookies.get(cookie_name(tools))
    if not cookie:
        raise Unknown
    if request.method not in SAFE:
        refuse_cross_site(request)
    return Visit(request, tools, CredentialKind.COOKIE, cookie)


async def by_stranger(request: Request) -> Visit:
    """Public pages: whoever comes acts as a candidate."""
    await count_knock(request)
    return Visit(request, tools_of(request), CredentialKind.NOBODY)


def refuse_cross_site(request: Request) -> None:
    """Raises CrossSite unless Sec-Fetch-Site or Origin names this very site."""
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from:
        if fetched_from != "same-origin":
            raise CrossSite
        return
    origin = request.headers.get("origin", "")
    if urlsplit(origin).netloc != request.headers.get("host") or not origin:
        raise CrossSite


def local_path(target: str) -> str:
    """`target` when it is a path on this site, else `/desk`: no way out by a crafted link."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\"))
    # A header carries ASCII only; our own links quote everything else.
    odd = "\\" in target or not (target.isascii() and target.isprintable())
    return target if plain and not odd else "/desk"


PageVisit = Annotated[Visit, Depends(by_cookie)]
StrangerVisit = Annotated[Visit, Depends(by_stranger)]
