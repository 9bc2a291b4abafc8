"""The pages: all their routers in one list, and how a page refuses."""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from service.core.errors import Fault, NotFound, Refusal, Unknown
from service.core.idempotency import KeyReused, Replayed
from service.domain.submissions.queries import LinkEnded
from service.doors.forms import kind_of, read_form
from service.doors.pages import refuse_cross_site
from service.doors.refusals import headers_of, refusal_of, show_fault, status_of
from service.doors.routes import methods_taken, only_canonical_ids
from service.doors.tools import tools_of
from service.web import (
    account,
    apply,
    careers,
    desk,
    exports,
    job_parts,
    jobs,
    outbox,
    outcomes,
    receipts,
    reviews,
    rubrics,
    scorecards,
    sign_in,
    status,
    submissions,
    team,
)
from service.web.ended import show_ended
from service.web.render import FOLDER, page
from service.web.unsaved import unsaved_words

ROUTERS: list[APIRouter] = [
    careers.router,
    apply.router,
    receipts.router,
    rubrics.router,
    job_parts.router,
    status.router,
    sign_in.router,
    account.router,
    jobs.router,
    team.router,
    scorecards.router,
    desk.router,
    exports.router,
    submissions.router,
    reviews.router,
    outcomes.router,
    outbox.router,
]
PLAIN = "application/x-www-form-urlencoded"
TITLES = {
    403: "This is not yours to do",
    404: "There is nothing here",
    409: "This cannot be done now",
    412: "This was changed meanwhile",
    413: "This is too much",
    422: "Please check what you entered",
    429: "A little slower, please",
    503: "We cannot do this at the moment",
}
REUSED = (
    "What you sent from that page before was taken. You changed something since: open the page "
    "anew to send it too."
)
SECRETS = {"old", "password"}


def build_web() -> FastAPI:
    """Everything that is no API."""
    web = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for router in ROUTERS:
        web.include_router(router, dependencies=[Depends(only_canonical_ids)])
    web.mount("/static", StaticFiles(directory=FOLDER / "static"))
    web.exception_handler(Refusal)(show_refusal)
    web.exception_handler(LinkEnded)(show_ended)
    web.exception_handler(Unknown)(ask_to_sign_in)
    web.exception_handler(Replayed)(show_again)
    web.exception_handler(RequestValidationError)(show_invalid)
    web.exception_handler(HTTPException)(show_http_error)
    web.exception_handler(Exception)(show_fault)
    return web


async def ask_to_sign_in(request: Request, refusal: Unknown) -> Response:
    """And then one comes back here. A form that met the end of its session is handed back whole."""
    path = quote(request.url.path, safe="/")
    if request.method == "GET":
        return Response(status_code=303, headers={"Location": f"/sign-in?next={path}"})
    fields = await _typed(request)
    answer = page(request, "again.html", status=status_of(refusal), path=path, fields=fields)
    answer.headers.update(headers_of(refusal))
    return answer


async def _typed(request: Request) -> Sequence[tuple[str, str]]:
    """What was typed into one of our own pages; passwords never, nor what another site sent."""
    try:
        refuse_cross_site(request)
        form = getattr(request.state, "form", None)
        if form is None and kind_of(request.headers.get("content-type", "")) == PLAIN:
            form = await read_form(request, tools_of(request).settings.limits)
    except Refusal:
        form = None
    fields: Sequence[tuple[str, str]] = form.fields if form else []
    return [] if SECRETS.intersection(name for name, _value in fields) else fields


def show_refusal(request: Request, refusal: Refusal) -> Response:
    """A page that says why. The form that was sent is one step back, with its old key."""
    detail = REUSED if isinstance(refusal, KeyReused) else str(refusal)
    return _refused(request, status_of(refusal), detail, refusal.faults, headers_of(refusal))


def show_again(_request: Request, replayed: Replayed) -> Response:
    kept = replayed.answer
    return Response(kept.body, kept.status, kept.headers)


def show_invalid(request: Request, error: RequestValidationError) -> Response:
    return show_refusal(request, refusal_of(error))


def show_http_error(request: Request, error: HTTPException) -> Response:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return show_refusal(request, NotFound())
    not_taken = error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    headers = {"Allow": methods_taken(request)} if not_taken else None
    return _refused(request, error.status_code, "This could not be done here.", headers=headers)


def _refused(
    request: Request,
    status: int,
    detail: str,
    faults: tuple[Fault, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    title = TITLES.get(status, "This could not be done")
    desk = request.url.path.startswith("/desk")
    unsaved = getattr(request.state, "unsaved", None)
    answer = page(
        request,
        "refusal.html",
        status=status,
        title=title,
        detail=detail,
        faults=faults,
        desk=desk,
        unsaved=unsaved_words(unsaved) if unsaved else [],
    )
    answer.headers.update(headers or {})
    return answer
