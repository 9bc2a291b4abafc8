"""The same hostile requests against every call: versions, repeats, ids, bodies and numbers."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from service.core.words import is_blank
from tests.depth import FULL
from tests.hostile.calls import CALLS, SUBMISSION_BODY, Call, Full, fill
from tests.hostile.invariants import CANARY, Watch

VERSIONED = [call for call in CALLS if call.etag]
POSTS = [call for call in CALLS if call.method == "POST"]
BODIES = [call for call in CALLS if call.body is not None]
SECRET = {"POST /tokens"}
# What a change answers that makes something beside it; else 200.
CHANGED = {
    "/submissions/{id}/moves": 201,
    "/submissions/{id}/scorecards/mine/amendments": 201,
}

# What follows the right ETag `"n"`: the header, and how it is refused.
CONDITIONS = {
    "stale": ('"987654"', 412),
    "weak": ("W/{etag}", 412),
    "list of stale ones": ('"987654", "abc", W/{etag}', 412),
    "empty tag": ('""', 412),
    "other digits": ('"١"', 400),
    "negative": ('"-1"', 412),
    "more digits than a number may have": ('"' + "9" * 5_000 + '"', 412),
    "no quotes": ("1", 400),
    "half a quote": ('"1', 400),
    "empty": ("", 400),
    "commas": (",,,", 400),
    "garbage": (CANARY, 400),
    "star in a list": ("*, *", 400),
    "NUL": ('"\x00"', 400),
}


@pytest.mark.parametrize("call", VERSIONED, ids=lambda call: call.name)
def test_a_change_says_which_version_it_changes(
    client: TestClient, watch: Watch, full: Full, call: Call
) -> None:
    right = full.headers(client, call)
    encoded = {key: value.encode() for key, value in right.items()}
    without = {key: value for key, value in right.items() if key != "If-Match"}
    with watch.nothing_stored("one of the conditions"):
        for name, (text, status) in CONDITIONS.items():
            header = {"If-Match": text.format(etag=right["If-Match"]).encode()}
            watch.expect(name, full.send(client, call, headers=encoded | header), status)
        watch.expect("missing", full.send(client, call, headers=without), 428)
    listed = right | {"If-Match": f'"987654", {right["If-Match"]}'}
    assert full.send(client, call, headers=listed).status_code == CHANGED.get(call.path, 200)
    watch.finish()


@pytest.mark.parametrize("call", VERSIONED, ids=lambda call: call.name)
def test_a_star_takes_whatever_version_there_is(client: TestClient, full: Full, call: Call) -> None:
    headers = full.headers(client, call) | {"If-Match": "*"}

    assert full.send(client, call, headers=headers).is_success


@pytest.mark.parametrize("call", POSTS, ids=lambda call: call.name)
def test_a_key_has_one_effect(client: TestClient, watch: Watch, full: Full, call: Call) -> None:
    right = full.headers(client, call) | {"Idempotency-Key": "once"}
    with watch.nothing_stored("one of the keys"):
        for key in ("k" * 256, "k" * 300, " ", "\x7f", "ä", ""):
            headers = {name: value.encode() for name, value in right.items()}
            headers["Idempotency-Key"] = key.encode()
            watch.expect(key, full.send(client, call, headers=headers), 400)
    first = full.send(client, call, headers=right)
    assert first.is_success, first.text
    with watch.nothing_stored("a repeat"):
        again = full.send(client, call, headers=right)
    if call.name in SECRET:
        watch.expect("a repeat", again, 409)
    else:
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers.get("ETag") == first.headers.get("ETag")
    if call.body:
        with watch.nothing_stored("other content"):
            other = full.send(client, call, headers=right, json={"other": 1})
        watch.expect("other content", other, 422)
    watch.finish()


def test_a_key_is_its_senders_own(client: TestClient, full: Full) -> None:
    key = {"Idempotency-Key": "shared"}
    made = [
        client.post("/api/v1/tokens", json={"name": "Own"}, headers=person.auth | key).status_code
        for person in (full.world.admin, full.world.recruiter, full.world.admin)
    ]

    assert made == [201, 201, 409]


def spellings(id: str) -> Iterator[str]:
    yield "{" + id + "}"
    yield f"urn:uuid:{id}"
    yield id.replace("-", "")
    yield id.upper()
    yield id.replace("-", "", 1)
    yield f" {id}"
    yield f"{id}%20"
    yield id.translate({ord(str(digit)): 0x0660 + digit for digit in range(10)})
    yield from ("0", "-1", str(2**63), "9" * 4_301, "null", "%ED%A0%80", "%F0%9F", "a" * 4_000)


def test_an_id_has_one_spelling(client: TestClient, watch: Watch, full: Full) -> None:
    for call in CALLS:
        for name in ("{id}", "{assignment_id}", "{revision_id}", "{file_id}"):
            if name not in call.path:
                continue
            right = full.url(call)
            id = full.ids[call.id] if name == "{id}" else full.ids[name[1:-1]]
            headers = full.headers(client, call)
            with watch.nothing_stored(call.name):
                for other in spellings(id):
                    url = right.replace(id, other)
                    answer = client.request(call.method, url, headers=headers, json=full.body(call))
                    watch.expect(f"{call.name} {other[:60]}", answer, 404, 400)
    watch.finish()


def as_json(body: object) -> bytes:
    return json.dumps(body).encode()


def with_first(raw: bytes, more: bytes) -> bytes:
    """The body with one more member in front of the others."""
    return b"{" + more + b"," + raw[1:]


def raw_bodies(body: dict[str, Any]) -> dict[str, tuple[bytes, dict[str, str], int]]:
    raw, first = as_json(body), next(iter(body))
    plain = {"Content-Type": "application/json"}
    return {
        "NaN": (with_first(raw, b'"x": NaN'), plain, 400),
        "Infinity": (with_first(raw, b'"x": -Infinity'), plain, 400),
        "1e999": (with_first(raw, b'"x": 1e999'), plain, 400),
        "2^63": (with_first(raw, b'"x": 9223372036854775808'), plain, 400),
        "10^5000": (with_first(raw, b'"x": 1' + b"0" * 5_000), plain, 400),
        "a name twice": (with_first(raw, as_json(first) + b": 1"), plain, 400),
        "deep": (with_first(raw, b'"x": ' + b"[" * 9_000 + b"]" * 9_000), plain, 400),
        "deep objects": (
            with_first(raw, b'"x": ' + b'{"a":' * 900 + b"1" + b"}" * 900),
            plain,
            400,
        ),
        "UTF-16": (json.dumps(body).encode("utf-16"), plain, 400),
        "UTF-16 without mark": (json.dumps(body).encode("utf-16-le"), plain, 400),
        "BOM": (b"\xef\xbb\xbf" + raw, plain, 400),
        "Latin-1": (with_first(raw, b'"x": "\xe4"'), plain, 400),
        "surrogate as a name": (with_first(raw, rb'"\ud800": 1'), plain, 400),
        "surrogate as a value": (with_first(raw, rb'"x": "\ud800"'), plain, 422),
        "cut": (raw[:-1], plain, 400),
        "two values": (raw + raw, plain, 400),
        "empty": (b"", plain, 400),
        "a list": (b"[" + raw + b"]", plain, 422),
        "a text": (json.dumps(json.dumps(body)).encode(), plain, 422),
        "null": (b"null", plain, 422),
        "text/plain": (raw, {"Content-Type": "text/plain"}, 415),
        "merge patch": (raw, {"Content-Type": "application/merge-patch+json"}, 415),
        "JSON patch": (b"[]", {"Content-Type": "application/json-patch+json"}, 415),
        "no type": (raw, {"Content-Type": ""}, 415),
        "gzip": (b"\x1f\x8b\x08\x00", plain | {"Content-Encoding": "gzip"}, 415),
        "identity": (raw, plain | {"Content-Encoding": "identity"}, 415),
        "too long": (with_first(raw, b'"x": "' + b"a" * 1_100_000 + b'"'), plain, 413),
    } | {
        name: (with_first(raw, as_json(name) + b": " + as_json(value)), plain, 422)
        for name, value in FOREIGN.items()
        if name not in body
    }


# What nobody but the service says about a thing; and what has a meaning to some libraries.
FOREIGN = {
    "id": str(UUID(int=777)),
    "role": "admin",
    "stage": "offer",
    "stage_id": str(UUID(int=1)),
    "version": 99,
    "created_at": "2020-01-01T00:00:00Z",
    "is_admin": True,
    "reviewer_id": str(UUID(int=1)),
    "converted": "on",
    "__proto__": {"admin": True},
    "__class__": "User",
}


@pytest.mark.parametrize("call", BODIES, ids=lambda call: call.name)
def test_a_body_has_one_meaning(client: TestClient, watch: Watch, full: Full, call: Call) -> None:
    body, right = full.body(call) or {}, full.headers(client, call)
    with watch.nothing_stored("one of the bodies"):
        for name, (raw, headers, status) in raw_bodies(body).items():
            answer = full.send(client, call, json=None, content=raw, headers=right | headers)
            watch.expect(name[:40], answer, status)
    watch.finish()


def places(value: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value in a body is, the containers too."""
    if at:
        yield at
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, below in inside:
        yield from places(below, (*at, key))


def replaced(value: Any, at: tuple[Any, ...], new: object) -> Any:
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(copy[at[0]], at[1:], new)
    return copy


ODD: dict[str, object] = {
    "2^63-1": 2**63 - 1,
    "-2^63": -(2**63),
    "2^31": 2**31,
    "zero": 0,
    "minus one": -1,
    "half": 0.5,
    "1e308": 1e308,
    "1.0": 1.0,
    "true": True,
    "null": None,
    "digits": "1_000",
    "arabic": "٣",
    "NUL": "a\x00b",
    "surrogate": "a\ud800b",
    "bidi": "a\u202eb",
    "noncharacter": "a\ufffeb",
    "zalgo": "a" + "\u0301" * 200,
    "blank": "\u200b\u2800\u3164\xa0",
    "empty": "",
    "long": CANARY * 9_000,
    "path": "../../etc/passwd",
    "first day": "0001-01-01T00:00:00Z",
    "last day": "9999-12-31T23:59:59Z",
    "first date": "0001-01-01",
    "last date": "9999-12-31",
    "number as a date": "253402300800",
    "empty list": [],
    "empty object": {},
    "list of lists": [[[[CANARY]]]],
    "long list": [1] * 2_000,
    "foreign object": {"id": CANARY},
}
NEVER = {"NUL", "surrogate", "bidi", "noncharacter", "zalgo"}
NEVER |= {"long", "half", "1e308", "list of lists", "long list", "foreign object"}


@pytest.mark.parametrize("call", BODIES, ids=lambda call: call.name)
def test_every_value_of_a_body_may_be_odd_and_both_databases_say_the_same(
    twins: list[Watch], call: Call
) -> None:
    """What is taken in spite of it is taken alike, and never breaks what is read afterwards."""
    found = [list(tried(watch, call)) for watch in twins]

    assert found[0] == found[1]
    for watch in twins:
        watch.finish()


def chosen(number: int) -> list[tuple[str, object]]:
    """All odd values at full length; else every sixth, another sixth at each place."""
    every = 1 if FULL else 6
    return list(ODD.items())[number % every :: every]


def tried(watch: Watch, call: Call) -> Iterator[tuple[str, int]]:
    full = fill(watch.client, watch.world)
    body = full.body(call) or {}
    for number, at in enumerate(places(body)):
        for name, odd in chosen(number):
            case = f"{at} {name}"
            headers = full.headers(watch.client, call)
            if call.etag:
                headers["If-Match"] = "*"
            raw = as_json(replaced(body, at, odd))
            headers["Content-Type"] = "application/json"
            answer = full.send(watch.client, call, json=None, content=raw, headers=headers)
            yield case, answer.status_code
            if answer.is_success and name not in NEVER:
                continue
            watch.expect(case, answer, 422, 409, 404, 400)


@pytest.mark.parametrize("call", BODIES, ids=lambda call: call.name)
def test_a_blank_that_is_not_blank_is_never_stored(watch: Watch, full: Full, call: Call) -> None:
    for at in places(full.body(call)):
        headers = full.headers(watch.client, call) | {"Content-Type": "application/json"}
        raw = as_json(replaced(full.body(call), at, "\u200b\u2800\u3164\xa0"))
        answer = full.send(watch.client, call, json=None, content=raw, headers=headers)
        if not answer.is_success:
            watch.expect(at, answer, 422, 409, 404)
    with watch.world.database.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            for row in session.connection().execute(sa.select(table)).mappings():
                blank = [k for k, v in row.items() if isinstance(v, str) and v and is_blank(v)]
                watch.wrong += [f"{table.name}.{name} is blank" for name in blank]
    watch.finish()


def test_the_public_form_says_nothing_of_what_was_sent(client: TestClient, watch: Watch) -> None:
    for at in places(SUBMISSION_BODY):
        for odd in ([CANARY], {CANARY: CANARY}, CANARY + "\x00", CANARY * 5_000):
            raw = as_json(replaced(SUBMISSION_BODY, at, odd))
            answer = client.post(
                f"/api/v1/jobs/{watch.world.job_slug}/submissions",
                content=raw,
                headers={"Content-Type": "application/json"},
            )
            if not answer.is_success and not (isinstance(odd, dict)):
                watch.expect(at, answer, 422)
    watch.finish()
