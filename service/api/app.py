"""The API: all its routers in one list, and how it refuses."""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from service.api.accounts import router as accounts
from service.api.conflicts import router as conflicts
from service.api.desk import router as desk
from service.api.document import ABOUT, TAGS, DescribedApi
from service.api.exports import router as exports
from service.api.history import router as history
from service.api.jobs import public as public_jobs
from service.api.jobs import router as jobs
from service.api.outbox import router as outbox
from service.api.outcomes import router as outcomes
from service.api.pipeline import router as pipeline
from service.api.reference import router as reference
from service.api.reviews import router as reviews
from service.api.scorecards import router as scorecards
from service.api.submissions import public as public_submissions
from service.api.submissions import router as submissions
from service.api.summaries import router as summaries
from service.core.errors import Malformed, NotFound, Refusal
from service.core.idempotency import Replayed
from service.doors.openapi import REFUSED
from service.doors.refusals import problem_of, refusal_of, show_fault
from service.doors.routes import methods_taken
from service.doors.transport import MethodNotAllowed

# Each request is looked for in this order: what is asked most comes first.
ROUTERS: list[APIRouter] = [
    desk,
    submissions,
    scorecards,
    pipeline,
    public_submissions,
    public_jobs,
    jobs,
    reviews,
    conflicts,
    summaries,
    history,
    exports,
    outcomes,
    accounts,
    outbox,
    reference,
]
FRAMEWORK: dict[int, type[Refusal]] = {404: NotFound, 405: MethodNotAllowed}


def build_api() -> FastAPI:
    """Everything under /api/v1."""
    api = DescribedApi(
        title="Exhibit",
        version="1",
        description=ABOUT,
        openapi_tags=TAGS,
        servers=[{"url": "/api/v1"}],
        docs_url=None,
        redoc_url=None,
        responses=REFUSED,
    )
    for router in ROUTERS:
        api.include_router(router)
    api.exception_handler(Refusal)(show_refusal)
    api.exception_handler(Replayed)(show_again)
    api.exception_handler(RequestValidationError)(show_invalid)
    api.exception_handler(HTTPException)(show_http_error)
    api.exception_handler(Exception)(show_fault)
    return api


def show_refusal(_request: Request, refusal: Refusal) -> Response:
    return problem_of(refusal)


def show_again(_request: Request, replayed: Replayed) -> Response:
    kept = replayed.answer
    media_type = "application/json" if kept.body else None
    return Response(kept.body, kept.status, kept.headers, media_type=media_type)


def show_invalid(_request: Request, error: RequestValidationError) -> Response:
    return problem_of(refusal_of(error))


def show_http_error(request: Request, error: HTTPException) -> Response:
    """What the framework itself refuses: unknown paths, methods, unreadable bodies."""
    kind = FRAMEWORK.get(error.status_code, Malformed)
    headers = {"Allow": methods_taken(request)} if kind is MethodNotAllowed else error.headers
    return problem_of(kind(), headers)
