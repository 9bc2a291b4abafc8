"""Routes that look before they read: credential, media type, JSON, unknown query parameters."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import UUID

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.params import Form
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import Match

from service.core.errors import Fault, Invalid, Malformed, NotFound, Unknown, Unsupported
from service.core.strict_json import strict_json
from service.doors.repeats import repeating

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class BadQuery(Malformed):
    code = "malformed_query"
    message = "The query string is not UTF-8."


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def methods_taken(request: Request) -> str:
    """For `Allow`: all that the path takes. The framework tells those of its first route only."""
    scopes = {method: {**request.scope, "method": method} for method in METHODS}
    return ", ".join(
        method
        for method, scope in scopes.items()
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    )


class DoorRoute(APIRoute):
    """A route whose handler is called again when its transaction met another one."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **how: Any) -> None:
        super().__init__(path, repeating(endpoint), **how)


class JsonRoute(DoorRoute):
    """A route of the API, open to anyone."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        known = self._known_parameters()
        ids = [p.alias for p in self.dependant.path_params if p.field_info.annotation is UUID]
        takes_json = self.body_field is not None and not isinstance(
            self.body_field.field_info, Form
        )

        async def checked(request: Request) -> Response:
            self.admit(request)
            _check_ids(request, ids)
            _check_query(request, known)
            if "content-encoding" in request.headers:
                raise Unsupported(accepted="the body without Content-Encoding")
            if takes_json:
                await _read_json(request)
            return await handle(request)

        return checked

    def admit(self, request: Request) -> None:
        """Refuse whom the route is not for, before the body is read."""

    def _known_parameters(self) -> dict[str, bool]:
        """Names of the query parameters, and whether one may repeat."""
        return {
            alias: "list" in str(annotation)
            for alias, annotation in _query_parameters(self.dependant)
        }


class StaffRoute(JsonRoute):
    """A route of the API for people with a token."""

    def admit(self, request: Request) -> None:
        if "authorization" not in request.headers:
            raise Unknown


def _query_parameters(dependant: Dependant) -> Iterator[tuple[str, Any]]:
    """The names and types of those of a route and of all that it depends on."""
    for parameter in dependant.query_params:
        model = parameter.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            for name, info in model.model_fields.items():
                yield info.alias or name, info.annotation
        else:
            yield parameter.alias, model
    for below in dependant.dependencies:
        yield from _query_parameters(below)


def _check_ids(request: Request, names: Sequence[str]) -> None:
    """An id has one spelling, so that a thing has one address. Raises NotFound."""
    for name in names:
        if find_id(request.path_params[name]) is None:
            raise NotFound


def find_id(text: str) -> UUID | None:
    """None for what is no id, or not spelt as we do."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None


def only_canonical_ids(request: Request) -> None:
    """For pages, what the API's routes do by themselves. Raises NotFound."""
    _check_ids(request, [name for name in request.path_params if f"_{name}".endswith("_id")])


def _check_query(request: Request, known: dict[str, bool]) -> None:
    try:
        unquote_to_bytes(request.url.query).decode()
    except UnicodeDecodeError as error:
        raise BadQuery from error
    faults = []
    for name in request.query_params:
        if name not in known:
            faults.append(Fault(f"/{name[:80]}", "There is no such query parameter."))
        elif not known[name] and len(request.query_params.getlist(name)) > 1:
            faults.append(Fault(f"/{name}", "This was given more than once."))
    if faults:
        raise Invalid(faults=faults)


async def _read_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Unsupported(accepted="application/json")
    request._json = strict_json(await request.body())  # noqa: SLF001  # where Starlette keeps it
