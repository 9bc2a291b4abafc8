"""What is wrong with a field is said in our own sentences, by the API and by the pages."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel
from pydantic_core._pydantic_core import list_all_errors

import service.domain
from service.doors.listing import ListQuery
from service.doors.sentences import CHOICES, OTHERWISE, SENTENCES, sentence
from tests.worlds import World

ID = "Send an id as it was given out."
# What each kind of schema can find wrong.
NUMBER = {"finite_number", "greater_than", "greater_than_equal", "less_than", "less_than_equal"}
FINDS = {
    "bool": {"bool_type", "bool_parsing"},
    "date": {"date_type", "date_parsing", "date_from_datetime_parsing"},
    "datetime": {"datetime_type", "datetime_parsing", "datetime_from_date_parsing"},
    "default": set[str](),
    "dict": {"dict_type", "too_short", "too_long"},
    "enum": {"enum"},
    "float": {"float_type", "float_parsing", *NUMBER},
    "int": {"int_type", "int_parsing", "int_parsing_size", "int_from_float", *NUMBER},
    "list": {"list_type", "too_short", "too_long"},
    "literal": {"literal_error"},
    "model": {"model_type", "model_attributes_type"},
    "model-fields": {"missing", "extra_forbidden"},
    "nullable": set[str](),
    "str": {"string_type", "string_unicode", "string_too_short", "string_too_long"},
    "tuple": {"tuple_type", "missing", "too_long"},
    "uuid": {"uuid_type", "uuid_parsing"},
    # What they call raises sentences of ours, and what stands under them is walked through.
    "any": set[str](),
    "definitions": set[str](),
    "definition-ref": set[str](),
    "function-after": set[str](),
    "function-before": set[str](),
    "function-plain": set[str](),
}


def inputs() -> Iterator[type[BaseModel]]:
    for module in pkgutil.walk_packages(service.domain.__path__, "service.domain."):
        if module.name.endswith(".inputs"):
            for one in vars(import_module(module.name)).values():
                if isinstance(one, type) and issubclass(one, BaseModel) and one is not BaseModel:
                    yield one


INPUTS = sorted({*inputs(), ListQuery}, key=str)


def kinds_in(schema: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Every kind of schema in one, each with the kind that holds it."""
    if isinstance(schema, list | tuple):
        for part in schema:
            yield from kinds_in(part, above)
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    here = kind if isinstance(kind, str) and kind in KINDS else above
    if here != above or kind == here:
        yield here, above
    for name, part in schema.items():
        if name not in {"metadata", "serialization", "default", "expected", "members"}:
            yield from kinds_in(part, here)


KINDS = {*FINDS, "union", "tagged-union"}


@pytest.mark.parametrize("model", INPUTS, ids=lambda model: model.__name__)
def test_whatever_an_input_can_find_wrong_has_a_sentence(model: type[BaseModel]) -> None:
    found = {kind for kind, _ in kinds_in(model.__pydantic_core_schema__)}
    types = {one for kind in found - {"union"} for one in FINDS[kind]}

    assert types - set(SENTENCES) - CHOICES == set()
    assert found >= {"model", "model-fields"}


@pytest.mark.parametrize("model", INPUTS, ids=lambda model: model.__name__)
def test_no_input_lets_pydantic_try_one_kind_after_another(model: type[BaseModel]) -> None:
    """Each would be blamed, at a place that is in no JSON."""
    bare = [
        above
        for kind, above in kinds_in(model.__pydantic_core_schema__)
        if kind == "union" and above != "function-before"
    ]

    assert bare == []


@pytest.mark.parametrize("error", list_all_errors(), ids=lambda error: error["type"])
def test_no_sentence_of_pydantics_own_reaches_anybody(error: Any) -> None:
    fault = {"type": error["type"], "ctx": error["example_context"] or {}, "msg": "Input should"}
    said = sentence(fault)

    assert said.endswith(".")
    assert "Input" not in said
    assert "{" not in said
    assert said in SENTENCES.values() or said == OTHERWISE or error["example_context"]


SAID = [
    ("POST /users", {}, {"/email": "This is needed."}),
    ("POST /users", {"roles": []}, {"/roles": "Give at least 1."}),
    ("POST /users", {"nick": "x"}, {"/nick": "There is no such field."}),
    ("POST /users", {"name": 7}, {"/name": "Send text."}),
    (
        "POST /users",
        {"roles": ["boss"]},
        {"/roles/0": "Choose one of reviewer, recruiter or admin."},
    ),
    ("POST /jobs", {"reviews_wanted": 11}, {"/reviews_wanted": "Enter 10 or less."}),
    ("POST /jobs", {"remote": "yes"}, {"/remote": "Send true or false."}),
    (
        "PUT /submissions/{id}/scorecards/mine",
        {"ratings": [{"criterion": "depth", "cites": [True]}]},
        {"/ratings/0/cites/0": "Cite a number or id of evidence, statement, or answer:<key>."},
    ),
    ("POST /submissions/{id}/assignments", {"reviewer": "x"}, {"/reviewer": ID}),
    (
        "PATCH /submissions/{id}/assignments/{assignment_id}",
        {"state": "done"},
        {"/state": "Choose one of declined or abstained."},
    ),
    (
        "POST /jobs/{slug}/submissions",
        {"evidence": [{"title": "x"}] * 21, "answers": {"a\tb": 1}},
        {"/evidence": "Give at most 20.", "/answers/a\tb": "Use one line, without tabs."},
    ),
]


@pytest.mark.parametrize(("call", "body", "said"), SAID, ids=range(len(SAID)))
def test_a_refused_field_is_told_plainly(
    client: TestClient, world: World, call: str, body: dict[str, Any], said: dict[str, str]
) -> None:
    method, path = call.split()
    url = path.replace("{id}", str(world.submission.id)).replace("{slug}", world.job_slug)
    url = f"/api/v1{url}".replace("{assignment_id}", str(world.submission.id))
    headers = {**world.admin.auth, "If-Match": "*"}
    answer = client.request(method, url, json=body, headers=headers)

    told = {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}
    assert answer.status_code == 422
    assert {place: told.get(place) for place in said} == said


def test_a_filter_that_is_none_of_the_choices_is_told_all_of_them(
    client: TestClient, world: World
) -> None:
    url = "/api/v1/submissions?decision=maybe&min_score=inf"
    answer = client.get(url, headers=world.admin.auth)

    assert answer.json()["errors"] == [
        {"pointer": "/decision", "detail": "Choose one of hired, rejected, withdrawn or none."},
        {"pointer": "/min_score", "detail": "Enter a number that is not endless."},
    ]


def test_a_page_says_the_same(client: TestClient, world: World) -> None:
    answer = client.post(
        f"/jobs/{world.job_slug}/apply",
        data={"name": "Ida", "claim": "It works.", "consent": "on"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )

    assert answer.status_code == 422
    assert "This is needed." in answer.text
