"""The API's reference as a page of our own, from its OpenAPI schema: no script, no other host."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from service.doors.routes import JsonRoute
from service.doors.security import API_POLICY

FOLDER = Path(__file__).parent / "templates"
STYLE = (FOLDER / "reference.css").read_text(encoding="utf-8")
DIGEST = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"{API_POLICY}; style-src 'sha256-{DIGEST}'"
METHODS = ("get", "head", "post", "put", "patch", "delete")

Schema = Mapping[str, Any]

router = APIRouter(include_in_schema=False, route_class=JsonRoute)
templates = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


@dataclass(frozen=True)
class Field:
    """A parameter or a property of a body."""

    name: str
    place: str
    kind: str
    required: bool
    words: str


@dataclass(frozen=True)
class Call:
    """One thing that can be asked."""

    method: str
    path: str
    tag: str
    summary: str
    words: str
    fields: list[Field]
    bodies: list[tuple[str, str]]
    answers: list[tuple[str, str, str]]


@router.get("/docs")
def reference(request: Request) -> Response:
    """The page."""
    app: FastAPI = request.app
    if not hasattr(app.state, "reference"):
        app.state.reference = render(app.openapi())
    headers = {"Content-Security-Policy": POLICY}
    return Response(app.state.reference, headers=headers, media_type="text/html")


def render(schema: Schema) -> str:
    """The whole page for one OpenAPI schema."""
    calls = sorted(calls_in(schema), key=lambda call: (call.tag, call.path))
    shapes = {
        name: list(properties(shape))
        for name, shape in schema.get("components", {}).get("schemas", {}).items()
    }
    page = templates.get_template("reference.html")
    # Our own file; escaping would spoil its quotes, and with them the digest that lets it in.
    style = Markup(STYLE)  # noqa: S704
    return page.render(title=schema["info"]["title"], calls=calls, shapes=shapes, style=style)


def calls_in(schema: Schema) -> Iterator[Call]:
    for path, item in schema["paths"].items():
        for method in METHODS:
            if method in item:
                yield _call(method, path, item[method])


def _call(method: str, path: str, about: Schema) -> Call:
    bodies = about.get("requestBody", {}).get("content", {})
    return Call(
        method=method.upper(),
        path=path,
        tag=(about.get("tags") or ["other"])[0],
        summary=about.get("summary", ""),
        words=about.get("description", ""),
        fields=[_parameter(one) for one in about.get("parameters", ())],
        bodies=[(kind, kind_of(content.get("schema", {}))) for kind, content in bodies.items()],
        answers=[_answer(status, answer) for status, answer in about["responses"].items()],
    )


def _parameter(about: Schema) -> Field:
    shape = about.get("schema", {})
    words = about.get("description") or shape.get("description", "")
    return Field(about["name"], about["in"], kind_of(shape), about.get("required", False), words)


def _answer(status: str, about: Schema) -> tuple[str, str, str]:
    kinds = (kind_of(content.get("schema", {})) for content in about.get("content", {}).values())
    return status, about.get("description", ""), ", ".join(kind for kind in kinds if kind)


def properties(shape: Schema) -> Iterator[Field]:
    """The fields of an object; nothing for a list of words or a number."""
    required = shape.get("required", ())
    for name, about in shape.get("properties", {}).items():
        yield Field(name, "", kind_of(about), name in required, about.get("description", ""))
    if "enum" in shape:
        words = ", ".join(str(one) for one in shape["enum"])
        yield Field("one of", "", words, required=True, words="")


def kind_of(shape: Schema) -> str:
    """A JSON schema in a few words: `text of 1 to 200 characters`, `list of Evidence`, …"""
    if "$ref" in shape:
        return str(shape["$ref"]).rpartition("/")[2]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in shape:
            return " or ".join(dict.fromkeys(kind_of(one) for one in shape[key]))
    if "enum" in shape or "const" in shape:
        return ", ".join(str(one) for one in shape.get("enum", [shape.get("const")]))
    return _plain(str(shape.get("type", "anything")), shape)


def _plain(kind: str, shape: Schema) -> str:
    if kind == "array":
        return f"list of {kind_of(shape.get('items', {}))}{_bounds(shape, 'Items', '')}"
    if kind == "string":
        return f"{shape.get('format', 'text')}{_bounds(shape, 'Length', ' characters')}"
    low, high = shape.get("minimum"), shape.get("maximum")
    return kind + ("" if low is None else f" from {low}") + ("" if high is None else f" to {high}")


def _bounds(shape: Schema, what: str, unit: str) -> str:
    low, high = shape.get(f"min{what}"), shape.get(f"max{what}")
    if high is not None:
        return f" of {low or 0} to {high}{unit}"
    return f" of at least {low}{unit}" if low else ""
