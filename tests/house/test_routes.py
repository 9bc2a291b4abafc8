"""What holds for every route of the API and for every page."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_args

import httpx2
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlmodel import Session, SQLModel

from service.api.app import ROUTERS as API_ROUTERS
from service.api.operator import router as operator
from service.core.db import Database
from service.doors.routes import DoorRoute
from service.doors.tools import Tools
from service.web.app import ROUTERS as WEB_ROUTERS
from tests.house.calls import BODIES, CALLS, Call
from tests.worlds import World

PUBLIC_CALLS = {
    "GET /jobs",
    "GET /jobs/{slug}",
    "POST /jobs/{slug}/submissions",
    "GET /receipts/{token}",
}
PUBLIC_PAGES = {
    "/",
    "/confirm/{token}",
    "/confirm/{token}/files/{file_id}",
    "/drafts/{token}",
    "/jobs",
    "/jobs/{slug}",
    "/jobs/{slug}/apply",
    "/logo",
    "/receipts/{token}",
    "/reset-password",
    "/reset-password/{token}",
    "/sign-in",
    "/status",
    "/status/{token}",
    "/status/{token}/confirm/{revision_id}",
    "/status/{token}/files/{file_id}",
    "/status/{token}/withdraw",
    "/withdraw/{token}",
}
# Public, and not in the OpenAPI document: the document itself, and what machines ask.
UNLISTED = {"/openapi.json", "/docs", "/health/live", "/health/ready"}
DENIED = {401, 403, 404}
BAD_TOKEN = {"Authorization": "Bearer exh_nobody"}
OPENINGS = (".reading(", ".writing(", ".read(", ".write(", "Session(", ".database")
CONDITIONAL_METHODS = {"PUT", "PATCH", "DELETE"}
CONDITIONAL_POSTS = ("/moves", "/lock", "/reopen", "/confirm", "/open", "/close", "activate")

ROUTES = [
    route
    for router in (*API_ROUTERS, operator, *WEB_ROUTERS)
    for route in router.routes
    if isinstance(route, APIRoute)
]
PAGES = [
    (method, route.path)
    for router in WEB_ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
]
WANTS_CONDITION = [
    call
    for call in CALLS
    if call.method in CONDITIONAL_METHODS
    or call.takes_header("if-match")
    or (call.method == "POST" and call.path.endswith(CONDITIONAL_POSTS))
]


def _page_url(path: str, world: World) -> str:
    for name, value in {
        "slug": world.job_slug,
        "id": world.submission.id,
        "revision_id": world.submission.revision_id,
        "file_id": world.submission.id,
        "table": "submissions",
        "format": "csv",
        "token": "nonsense",
    }.items():
        path = path.replace(f"{{{name}}}", str(value))
    return path


def _is_problem(answer: httpx2.Response, call: Call) -> bool:
    is_typed = answer.headers["content-type"] == "application/problem+json"
    return is_typed and (call.method == "HEAD" or answer.json()["status"] == answer.status_code)


# Who may come in.


def test_a_stranger_gets_in_by_the_public_calls_only(
    client: TestClient, world: World, tools: Tools
) -> None:
    answers = {call: call.send(client, call.url(world, tools), {}) for call in CALLS}

    assert {call.name for call, one in answers.items() if one.status_code not in DENIED} == (
        PUBLIC_CALLS
    )
    refused = {call: one for call, one in answers.items() if one.status_code in DENIED}
    assert [call.name for call, one in refused.items() if not _is_problem(one, call)] == []


def test_a_bad_token_opens_nothing(client: TestClient, world: World, tools: Tools) -> None:
    answers = {call: call.send(client, call.url(world, tools), BAD_TOKEN) for call in CALLS}

    assert {call.name: one.status_code for call, one in answers.items()} == {
        call.name: 401 for call in CALLS
    }
    assert [call.name for call, one in answers.items() if not _is_problem(one, call)] == []


def test_a_stranger_is_asked_to_sign_in_by_all_other_pages(
    client: TestClient, world: World
) -> None:
    answers = {
        (method, path): client.request(
            method, _page_url(path, world), headers={"Sec-Fetch-Site": "same-origin"}
        )
        for method, path in PAGES
        if path not in PUBLIC_PAGES
    }

    assert {path for _, path in PAGES} >= PUBLIC_PAGES
    for (method, path), answer in answers.items():
        if method == "GET":
            where = answer.headers.get("location", "")
            assert (answer.status_code, where.split("?")[0]) == (303, "/sign-in"), path
        else:
            assert answer.status_code in DENIED, path


def test_a_bad_cookie_is_no_cookie(client: TestClient, world: World) -> None:
    headers = {"Cookie": "exhibit=nobody", "Sec-Fetch-Site": "same-origin"}
    pages = [path for method, path in PAGES if method == "GET" and path not in PUBLIC_PAGES]
    statuses = {
        path: client.get(_page_url(path, world), headers=headers).status_code for path in pages
    }

    assert statuses == dict.fromkeys(pages, 303)


def test_no_route_is_forgotten() -> None:
    listed = {call.path for call in CALLS} | {path for _, path in PAGES} | UNLISTED
    hidden = {route.path for route in ROUTES} - listed

    assert hidden == {"/metrics"}  # test_operator shows whom it lets in


# What a call takes.


def test_no_call_takes_an_unknown_query_parameter(
    client: TestClient, world: World, tools: Tools
) -> None:
    found = {}
    for call in CALLS:
        url = f"{call.url(world, tools)}?never_heard=1"
        answer = call.send(client, url, world.admin.auth)
        place = "/never_heard" if call.method == "HEAD" else answer.json()["errors"][0]["pointer"]
        found[call.name] = (answer.status_code, place)

    assert found == dict.fromkeys((call.name for call in CALLS), (422, "/never_heard"))


def test_no_call_takes_an_unknown_field(client: TestClient, world: World, tools: Tools) -> None:
    calls = [call for call in CALLS if call.takes_json]
    found = {}
    for call in calls:
        url = call.url(world, tools)
        answer = call.send(client, url, world.admin.auth, never_heard=1)
        places = [fault["pointer"] for fault in answer.json().get("errors", [])]
        found[call.name] = (answer.status_code, "/never_heard" in places)

    assert set(found) == set(BODIES)
    assert found == dict.fromkeys(BODIES, (422, True))


def test_what_changes_something_names_the_version_it_saw(
    client: TestClient, world: World, tools: Tools
) -> None:
    found = {
        call.name: call.send(
            client, call.url(world, tools), world.admin.auth, conditional=False
        ).status_code
        for call in WANTS_CONDITION
    }

    assert len(found) > 15
    assert found == dict.fromkeys(found, 428)


# What stands behind a route.


def test_no_route_takes_or_gives_a_row_of_a_table() -> None:
    assert [route.path for route in ROUTES if any(map(_is_table, _models_of(route)))] == []


def test_every_route_that_opens_the_database_is_done_again_after_a_collision() -> None:
    opening = [route for route in ROUTES if "visit" in inspect.signature(route.endpoint).parameters]

    assert len(opening) > len(API_ROUTERS) + len(WEB_ROUTERS)
    assert {route.path for route in opening if not isinstance(route, DoorRoute)} == set()
    # What is awaited cannot be called again; and it would hold up everybody while it waits.
    assert {route.path for route in opening if inspect.iscoroutinefunction(route.endpoint)} == set()


def test_no_route_opens_the_database_before_it_runs() -> None:
    """A dependency that does holds it while the body comes, and commits after the answer."""
    for route in ROUTES:
        assert route.dependant.call
        for call in (route.dependant.call, *_dependencies(route.dependant)):
            annotations = inspect.get_annotations(call, eval_str=True)
            assert not {Session, Database} & set(filter(inspect.isclass, annotations.values()))
        for call in _dependencies(route.dependant):
            source = inspect.getsource(call)
            # What is not a coroutine takes a thread, and waits for one while others hold theirs.
            assert inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call), call
            assert [word for word in OPENINGS if word in source] == [], call


def _dependencies(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for below in dependant.dependencies:
        if below.call:
            yield below.call
        yield from _dependencies(below)


def _is_table(model: type) -> bool:
    return issubclass(model, SQLModel) and hasattr(model, "__table__")


def _models_of(route: APIRoute) -> set[type]:
    """Every model that a route takes, gives, or holds in one of these."""
    found: set[type] = set()
    _collect(route.response_model, found)
    _collect_inputs(route.dependant, found)
    return found


def _collect_inputs(dependant: Dependant, found: set[type]) -> None:
    for parameter in (*dependant.body_params, *dependant.query_params):
        _collect(parameter.field_info.annotation, found)
    for below in dependant.dependencies:
        _collect_inputs(below, found)


def _collect(kind: Any, found: set[type]) -> None:
    for argument in get_args(kind):
        _collect(argument, found)
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in found:
        found.add(kind)
        for field in kind.model_fields.values():
            _collect(field.annotation, found)


def test_the_walk_finds_models_inside_models() -> None:
    move = next(route for route in ROUTES if route.path.endswith("/moves"))
    listing = next(route for route in ROUTES if route.path == "/users" and route.response_model)

    assert {model.__name__ for model in _models_of(move)} == {"MoveInput", "MoveOut", "DecisionOut"}
    assert "UserOut" in {model.__name__ for model in _models_of(listing)}
