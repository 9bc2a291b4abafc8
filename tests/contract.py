"""What the OpenAPI document promises, held against every answer of the API that a test gets."""

import json
import re
from functools import cache
from typing import Any

import httpx2
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from service.api.app import ROUTERS, build_api

PREFIX = "/api/v1"
DOCUMENT: dict[str, Any] = build_api().openapi()
PATHS = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in DOCUMENT["paths"]}
SHAPES = {
    (method, route.path): TypeAdapter[Any](route.response_model)
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and route.response_model
    for method in route.methods or ()
}
# Of an answer that is no refusal; a client of the API acts on these.
HEADERS = ("Content-Disposition", "Content-Range", "ETag", "Link", "Location", "Vary")


def check_answer(answer: httpx2.Response) -> None:
    """A hook for a client."""
    method, path = answer.request.method, _template_of(answer.request.url.path)
    about = DOCUMENT["paths"].get(path, {}).get(method.lower())
    if about is None:
        return
    where = f"{method} {path} {answer.status_code}"
    if answer.headers.get("content-type") == "application/problem+json":
        if method != "HEAD":
            code = json.loads(answer.read())["code"]
            assert code in _codes(path, method.lower(), str(answer.status_code)), f"{where} {code}"
        return
    told = about["responses"][str(answer.status_code)].get("headers", {})
    assert [name for name in HEADERS if name in answer.headers and name not in told] == [], where
    if answer.headers.get("content-type") == "application/json":
        said, shape = json.loads(answer.read()), SHAPES[method, path]
        read = shape.validate_json(answer.content)
        assert shape.dump_python(read, mode="json") == said, where


@cache
def _codes(path: str, method: str, status: str) -> set[str]:
    """What the call may refuse with this status, or any request at all."""
    found = set()
    for one in (status, "default"):
        answer = DOCUMENT["paths"][path][method]["responses"].get(one, {})
        if name := answer.get("$ref", "").rpartition("/")[2]:
            answer = DOCUMENT["components"]["responses"][name]
        for content in answer.get("content", {}).values():
            found |= set(content["schema"]["allOf"][1]["properties"]["code"]["enum"])
    return found


def _template_of(path: str) -> str:
    here = path.removeprefix(PREFIX) if path.startswith(PREFIX) else ""
    return next((one for one, pattern in PATHS.items() if pattern.fullmatch(here)), "")
