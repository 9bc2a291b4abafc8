"""Every limit that the API's own document publishes, at n and at n + 1, alike on both databases."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from service.api.app import build_api
from tests.hostile.calls import CALLS, Call, Full, fill
from tests.hostile.invariants import Watch
from tests.hostile.test_requests import BODIES, as_json, places, replaced

# These have an alphabet, or name something that there must be.
PLAIN = {"slug", "key", "email", "timezone", "criterion", "cites", "to", "link", "links"}
PLAIN |= {"revision"}
SCHEMA = build_api().openapi()
Place = tuple[Any, ...]


def resolved(schema: Any) -> dict[str, Any]:
    """The schema that a reference leads to; of several possible ones the one that has a limit."""
    while "$ref" in schema:
        schema = SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for one in schema.get("anyOf", ()):
        if one.get("type") != "null":
            return resolved(one)
    found: dict[str, Any] = schema
    return found


def body_schema(call: Call) -> dict[str, Any]:
    about = SCHEMA["paths"][call.path][call.method.lower()]
    return resolved(about["requestBody"]["content"]["application/json"]["schema"])


def at(schema: dict[str, Any], place: Place) -> dict[str, Any]:
    """The schema of one place in a body; empty where the document says nothing."""
    for step in place:
        known = schema.get("properties", {})
        if isinstance(step, int):
            schema = resolved(schema.get("items", {}))
        else:
            schema = resolved(known.get(step, {}))
    return schema


def limits(call: Call, body: dict[str, Any]) -> Iterator[tuple[Place, str, object, object]]:
    """A place, the name of its limit, what just fits, and what is one too many."""
    whole = body_schema(call)
    for place in places(body):
        if PLAIN.intersection(place[-2:]):
            continue
        schema = at(whole, place)
        value: Any = body
        for step in place:
            value = value[step]
        if isinstance(value, str) and "maxLength" in schema:
            most = schema["maxLength"]
            yield place, "maxLength", "𠮷" * most, "𠮷" * (most + 1)
        if isinstance(value, list) and "maxItems" in schema and value:
            most = schema["maxItems"]
            yield place, "maxItems", None, [value[0]] * (most + 1)
        if "maximum" in schema:
            yield place, "maximum", int(schema["maximum"]), int(schema["maximum"]) + 1
        if "minimum" in schema:
            yield place, "minimum", int(schema["minimum"]), int(schema["minimum"]) - 1


def tried(watch: Watch, call: Call) -> Iterator[tuple[Place, str, int, int]]:
    full = fill(watch.client, watch.world)
    for place, name, fits, beyond in limits(call, full.body(call) or {}):
        with watch.nothing_stored(f"{place} {name}"):
            too_much = sent(watch, full, call, place, beyond)
        watch.expect((place, name, "beyond"), too_much, 422)
        if fits is not None:
            taken = sent(watch, full, call, place, fits)
            pointer = "".join(f"/{step}" for step in place)
            said = [] if taken.is_success else [f["pointer"] for f in taken.json()["errors"]]
            if taken.status_code >= 500 or pointer in said:
                watch.wrong.append(f"{place} {name} fits: {taken.status_code} {taken.text[:200]}")
            yield place, name, taken.status_code, too_much.status_code


def sent(watch: Watch, full: Full, call: Call, place: Place, value: object) -> Any:
    headers = full.headers(watch.client, call) | {"Content-Type": "application/json"}
    raw = as_json(replaced(full.body(call), place, value))
    return full.send(watch.client, call, json=None, content=raw, headers=headers)


@pytest.mark.parametrize("call", BODIES, ids=lambda call: call.name)
def test_a_published_limit_holds_at_n_and_n_plus_one(twins: list[Watch], call: Call) -> None:
    found = [list(tried(watch, call)) for watch in twins]

    assert found[0] == found[1]
    for watch in twins:
        watch.finish()


def test_there_are_limits_to_try() -> None:
    bodies = [(call, json.loads(json.dumps(call.body))) for call in CALLS if call.body]
    names = [name for call, body in bodies for _place, name, *_ in limits(call, body)]

    assert names.count("maxLength") > 40
    assert {"maxItems", "maximum", "minimum"} <= set(names)
