"""The API's reference as a page of our own, from its OpenAPI document: no script, no other host."""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from service.api.reference_words import Bit, found, kind_of, names_in, paragraphs
from service.doors.routes import JsonRoute
from service.doors.security import API_POLICY

FOLDER = Path(__file__).parent / "templates"
STYLE = (FOLDER / "reference.css").read_text(encoding="utf-8")
DIGEST = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"{API_POLICY}; style-src 'sha256-{DIGEST}'"
METHODS = ("get", "head", "post", "put", "patch", "delete")
CODE = re.compile(r"^- `(\w+)`: (.+)$", re.MULTILINE)

Schema = Mapping[str, Any]

router = APIRouter(include_in_schema=False, route_class=JsonRoute)
templates = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters["paragraphs"] = paragraphs


@dataclass(frozen=True)
class Field:
    """A parameter or a property of a body."""

    name: str
    place: str
    kind: list[Bit]
    required: bool
    words: str


@dataclass(frozen=True)
class Body:
    """What goes over the wire, or comes back: `status` is empty for what is sent."""

    status: str
    words: str
    kinds: list[tuple[str, list[Bit]]]
    headers: list[str]
    examples: list[tuple[str, str]]


@dataclass(frozen=True)
class Call:
    """One thing that can be asked."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    words: str
    needs: list[str]
    fields: list[Field]
    takes: Body | None
    curl: str
    gives: list[Body]
    refuses: list[tuple[str, list[str]]]


@dataclass(frozen=True)
class Shape:
    """What bodies are made of: fields, or one of some words."""

    name: str
    words: str
    choices: list[Bit]
    fields: list[Field]


@router.get("/docs")
def reference(request: Request) -> Response:
    """The page."""
    app: FastAPI = request.app
    if not hasattr(app.state, "reference"):
        app.state.reference = render(app.openapi())
    headers = {"Content-Security-Policy": POLICY}
    return Response(app.state.reference, headers=headers, media_type="text/html")


def render(document: Schema) -> str:
    """The whole page for one OpenAPI document."""
    calls = list(calls_in(document))
    tags = {one["name"]: one.get("description", "") for one in document.get("tags", ())}
    tags |= {call.tag: "" for call in calls if call.tag not in tags}
    shapes = document.get("components", {}).get("schemas", {})
    bodies = [
        about.get("requestBody") for item in document["paths"].values() for about in item.values()
    ]
    sent = set(names_in(document, bodies))
    # Our own file; escaping would spoil its quotes, and with them the digest that lets it in.
    style = Markup(STYLE)  # noqa: S704
    return templates.get_template("reference.html").render(
        title=document["info"]["title"],
        about=document["info"].get("description", ""),
        tags=[
            (tag, said, [call for call in calls if call.tag == tag]) for tag, said in tags.items()
        ],
        shapes=[_shape(name, one, is_sent=name in sent) for name, one in shapes.items()],
        codes=sorted(set(_codes_in(document))),
        style=style,
    )


def calls_in(document: Schema) -> Iterator[Call]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield _call(document, method, path, item[method])


def _call(document: Schema, method: str, path: str, about: Schema) -> Call:
    answers = [(status, found(document, one)) for status, one in about["responses"].items()]
    asked = about.get("requestBody")
    return Call(
        id=about.get("operationId", f"{method} {path}"),
        method=method.upper(),
        path=path,
        tag=(about.get("tags") or ["other"])[0],
        summary=about.get("summary", ""),
        words=about.get("description", ""),
        needs=[scope for need in about.get("security", ()) for scope in need.get("bearer", ())],
        fields=[_parameter(one) for one in about.get("parameters", ())],
        takes=_body(document, "", asked) if asked else None,
        curl=_curl(document, method, path, about),
        gives=[_body(document, status, one) for status, one in answers if status[0] in "23"],
        refuses=[(status, codes) for status, one in answers if (codes := list(_codes(one)))],
    )


def _parameter(about: Schema) -> Field:
    shape = about.get("schema", {})
    said = about.get("description") or shape.get("description", "")
    return Field(about["name"], about["in"], kind_of(shape), about.get("required", False), said)


def _body(document: Schema, status: str, about: Schema) -> Body:
    content = about.get("content", {})
    return Body(
        status=status,
        words=about.get("description", ""),
        kinds=[(kind, kind_of(one.get("schema", {}))) for kind, one in content.items()],
        headers=list(about.get("headers", ())),
        examples=[(f" of {name}", _pretty(one)) for name, one in _examples(document, about)],
    )


def _examples(document: Schema, about: Schema) -> Iterator[tuple[str, Any]]:
    shown = about.get("content", {}).get("application/json", {}).get("examples", {})
    yield from ((name, found(document, one)["value"]) for name, one in shown.items())


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _curl(document: Schema, method: str, path: str, about: Schema) -> str:
    """The call as one types it. `$ADDRESS` and `$TOKEN` are as in the README."""
    place = re.sub(r"\{(\w+)\}", lambda name: f"${name[1].upper()}", path)
    how = {"get": "", "head": " --head"}.get(method, f" -X {method.upper()}")
    parts = [f'curl{how} "$ADDRESS/api/v1{place}"']
    if about.get("security"):
        parts.append('-H "Authorization: Bearer $TOKEN"')
    needed = [one for one in about.get("parameters", ()) if one["in"] == "header"]
    parts += [f"-H '{one['name']}: {one['example']}'" for one in needed if one.get("required")]
    for _name, body in _examples(document, about.get("requestBody", {})):
        text = _pretty(body).replace("'", r"'\''")
        parts += ["-H 'Content-Type: application/json'", f"-d '{text}'"]
    return " \\\n  ".join(parts)


def _codes(answer: Schema) -> Iterator[str]:
    yield from (code for code, _said in CODE.findall(answer.get("description", "")))


def _codes_in(document: Schema) -> Iterator[tuple[str, str]]:
    """Every code that any call may refuse with, and what it says."""
    kept = document.get("components", {}).get("responses", {}).values()
    answers = [
        one
        for item in document["paths"].values()
        for about in item.values()
        for one in about["responses"].values()
    ]
    for answer in (*kept, *answers):
        yield from CODE.findall(answer.get("description", ""))


def _shape(name: str, about: Schema, *, is_sent: bool) -> Shape:
    """That a field is required matters where it is sent; what is given has all of them."""
    choices = kind_of(about) if "enum" in about else []
    required = about.get("required", ()) if is_sent else ()
    fields = [
        Field(field, "", kind_of(one), field in required, one.get("description", ""))
        for field, one in about.get("properties", {}).items()
    ]
    return Shape(name, about.get("description", ""), choices, fields)
