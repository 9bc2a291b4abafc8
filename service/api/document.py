"""The OpenAPI document: what FastAPI finds in the routes, and what it cannot know."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from service.api import headers, refusals
from service.api.calls import CALLS, Told
from service.api.examples import EXAMPLES
from service.api.glossary import FIELDS, IDS, PARAMETERS
from service.domain.submissions.inputs import SubmissionInput
from service.doors.openapi import Problem, schemas_of

Piece = dict[str, Any]

BEARER = "bearer"
ABOUT = """\
**Who you are.** Send `Authorization: Bearer exh_…`. A token's scopes narrow what its person may do.
Calls that say so need none.

**What you send.** JSON in UTF-8. Fields and query parameters that are not described are refused.
Ids are UUIDs in lower case; times are RFC 3339, and come out in UTC with `Z`.

**Versions.** What can be changed has an `ETag`. A change sends it back as `If-Match`: without it
the answer is 428, when somebody was faster 412.

**Once only.** A `POST` may carry an `Idempotency-Key`: sent again with the same content, it has no
second effect and gets the same answer, for 24 hours.

**Lists** answer `items` and, while there is more, `next_cursor` and a `Link` to the next page. The
last page has a `sync` cursor: sent as `updated_since` with the same filters, it leads to what
changed since.

**Refusals** are problems (RFC 9457) with a stable `code`. What you may not see does not exist: 404.

**Every answer** has an `X-Request-ID`: yours, if you sent one.
"""
# In the order in which one meets them.
TAGS = [
    {"name": "jobs", "description": "Roles that people are hired for, with all that they ask."},
    {"name": "submissions", "description": "What candidates sent in, and where it stands."},
    {
        "name": "reviews",
        "description": "Who judges what, and what they think: sealed until it opens.",
    },
    {"name": "outcomes", "description": "How hires turned out, so that judging can be measured."},
    {"name": "exports", "description": "Everything one may see, to take away."},
    {"name": "accounts", "description": "People who work here, and their tokens."},
    {"name": "outbox", "description": "Background work that was given up, for admins."},
]
SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token (`exh_…`) from `POST /tokens`, the account page or `exhibit token "
    "issue`. What stands beside it at a call are the scopes that the call needs.",
}


class DescribedApi(FastAPI):
    """Its document says what each call needs, gives and refuses, with an example of each shape."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            complete(super().openapi())
        return super().openapi()


def complete(document: Piece) -> None:
    components = document["components"]
    schemas = components["schemas"] | schemas_of(SubmissionInput, Problem)
    _describe_shapes(schemas)
    examples = dict(_examples(schemas))
    components |= {
        "schemas": dict(sorted(schemas.items())),
        "securitySchemes": {BEARER: SCHEME},
        "headers": headers.GIVEN,
        "examples": {name: {"value": value} for name, value in examples.items()},
        "responses": refusals.kept(),
    }
    document["security"] = [{BEARER: []}]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if told := CALLS.get(f"{method.upper()} {path}"):
                _describe(operation, method.upper(), path, told)
                for body in _bodies_of(operation):
                    _fill(body, schemas, examples)


def _describe(operation: Piece, method: str, path: str, told: Told) -> None:
    operation |= {"operationId": told.name, "summary": told.summary}
    operation["security"] = _security(method, told)
    operation["parameters"] = list(_parameters(operation, method, path))
    given = {status: one for status, one in operation["responses"].items() if status != "default"}
    for status, answer in given.items():
        _name_headers(answer, status, told)
    operation["responses"] = given | refusals.answers_to(operation, method, path, told.refuses)


def _security(method: str, told: Told) -> list[Piece]:
    if told.public and not told.richer:
        return []
    scopes = [] if "export" in told.scopes else ["read" if method in ("GET", "HEAD") else "write"]
    needed = {BEARER: [*scopes, *told.scopes]}
    return [{}, needed] if told.public else [needed]


# What a call takes.


def _parameters(operation: Piece, method: str, path: str) -> Iterator[Piece]:
    taken = operation.get("parameters", [])
    may_be_new = any(one["name"] == "if-none-match" for one in taken)
    for one in taken:
        if one["in"] == "header":
            yield _condition(one["name"], may_be_new=may_be_new)
        else:
            yield {**one, "schema": _without_null(one["schema"]), "description": _said(one, path)}
    if method == "POST":
        yield headers.IDEMPOTENCY_KEY
    if path.endswith("/files/{file_id}"):
        yield from headers.OF_BYTES


def _condition(name: str, *, may_be_new: bool) -> Piece:
    if name == "if-none-match":
        return headers.PUT_IF_NONE_MATCH
    return headers.PUT_IF_MATCH if may_be_new else headers.IF_MATCH


def _said(parameter: Piece, path: str) -> str:
    name = parameter["name"]
    if name == "id":
        return IDS.get(path.split("/")[1], "")
    said = parameter.get("description") or parameter["schema"].get("description")
    return said or PARAMETERS.get(name) or FIELDS.get(name, "")


NOISE = {"anyOf", "description", "title"}


def _without_null(schema: Piece) -> Piece:
    """A query has no null: what is not asked is left out."""
    _count_in_whole_numbers(schema)
    choices = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    rest = {key: value for key, value in schema.items() if key not in NOISE}
    if len(choices) == 1:
        return {**rest, **choices[0]}
    return {**rest, "anyOf": choices} if choices else rest


# What goes over the wire, either way.


def _bodies_of(operation: Piece) -> Iterator[Piece]:
    """The request's, and those of the answers that are no refusals."""
    answers = operation["responses"].items()
    yield operation.get("requestBody", {})
    yield from (answer for status, answer in answers if status[0] in "23")


def _fill(body: Piece, schemas: Piece, examples: Piece) -> None:
    """Say what it is, and show an example of each shape that it may have."""
    json = body.get("content", {}).get("application/json")
    if body.get("description") == "Successful Response":
        body["description"] = "It is done."
    if json is None:
        return
    json["schema"].pop("title", None)
    names = list(_names_in(json["schema"]))
    json["examples"] = {
        name: {"$ref": f"#/components/examples/{name}"} for name in names if name in examples
    }
    if body.get("description") == "It is done.":
        said = (str(schemas[name].get("description", "")) for name in names)
        body["description"] = " Or: ".join(one.partition("\n\n")[0] for one in said)
    if "sync" in schemas[names[0]].get("properties", {}):
        body.setdefault("headers", {})["Link"] = _header("Link")


def _names_in(schema: Piece) -> Iterator[str]:
    for one in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if "$ref" in one:
            yield str(one["$ref"]).rpartition("/")[2]


def _name_headers(answer: Piece, status: str, told: Told) -> None:
    names = [*told.headers, *(["Vary"] if told.richer else [])]
    names += ["Content-Range"] if status == "206" else []
    if names and status != "204":
        answer["headers"] = {name: _header(name) for name in names}


def _header(name: str) -> Piece:
    return {"$ref": f"#/components/headers/{name}"}


# The shapes.


def _describe_shapes(schemas: Piece) -> None:
    """Say what the glossary knows of fields that say nothing themselves."""
    for shape, schema in schemas.items():
        if "items" in schema.get("properties", {}):
            schema.setdefault("description", "A page of a list.")
        for name, field in schema.get("properties", {}).items():
            field.pop("title", None)
            # In a change, what is left out stays; nowhere does it say much that text is empty.
            if shape.endswith("Change") or field.get("default") in ("", []):
                field.pop("default", None)
            _count_in_whole_numbers(field)
            if said := field.get("description") or FIELDS.get(name):
                field["description"] = said


def _count_in_whole_numbers(schema: Piece) -> None:
    """FastAPI writes every bound as a fraction: `1.0`."""
    for one in (schema, *schema.get("anyOf", ())):
        if one.get("type") == "integer":
            bounds = [name for name in ("minimum", "maximum") if name in one]
            one |= {name: int(one[name]) for name in bounds}


def _examples(schemas: Piece) -> Iterator[tuple[str, Any]]:
    """By the shape's name; of a list of things, made from the example of one."""
    for name, schema in schemas.items():
        fields = schema.get("properties", {})
        inside = list(_names_in(fields.get("items", {}).get("items", {})))
        if name in EXAMPLES:
            yield name, EXAMPLES[name]
        elif inside and inside[0] in EXAMPLES:
            page = {"items": [EXAMPLES[inside[0]]], "next_cursor": None, "sync": "AZkcXooAcA"}
            yield name, {key: value for key, value in page.items() if key in fields}
