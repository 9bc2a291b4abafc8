"""The OpenAPI document tells everything of every call, and nothing that is not so."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import TypeAdapter

from service.api import headers
from service.api.app import build_api
from service.api.calls import CALLS as TOLD
from service.api.examples import EXAMPLES
from service.api.glossary import FIELDS, IDS, PARAMETERS
from service.core.secrets import digest
from service.domain.accounts.tables import ApiToken, Scope
from service.domain.submissions.inputs import SubmissionInput
from service.doors.tools import Tools
from tests.house.calls import CALLS, Call
from tests.house.test_routes import PUBLIC_CALLS, ROUTES
from tests.worlds import World

DOCUMENT = build_api().openapi()
COMPONENTS = DOCUMENT["components"]
PROBLEM = "application/problem+json"
BACKTICKED = re.compile(r"^[^`]*(`[^`]+`[^`]*)*$", re.DOTALL)


def found(piece: Mapping[str, Any]) -> Any:
    """What a `$ref` leads to, or the piece itself."""
    if "$ref" not in piece:
        return piece
    _, kind, name = str(piece["$ref"]).rsplit("/", 2)
    return COMPONENTS[kind][name]


def bodies(call: Call) -> Iterator[Mapping[str, Any]]:
    """Every JSON body that a call takes or gives, refusals left out."""
    answers = [one for status, one in call.about["responses"].items() if status[0] == "2"]
    for one in (call.about.get("requestBody", {}), *answers):
        if json := one.get("content", {}).get("application/json"):
            yield json


def codes(answer: Mapping[str, Any]) -> set[str]:
    schema = found(answer)["content"][PROBLEM]["schema"]
    return set(schema["allOf"][1]["properties"]["code"]["enum"])


def described() -> Iterator[tuple[str, str]]:
    """Everything that a person reads in the document, with where it stands."""
    for tag in DOCUMENT["tags"]:
        yield f"tag {tag['name']}", tag["description"]
    for call in CALLS:
        yield call.name, call.about.get("description", "")
        for one in call.about["parameters"]:
            yield f"{call.name} {one['name']}", one.get("description", "")
        for status, answer in call.about["responses"].items():
            yield f"{call.name} {status}", found(answer)["description"]
    for name, shape in COMPONENTS["schemas"].items():
        yield name, shape.get("description", "")
        for field, about in shape.get("properties", {}).items():
            yield f"{name}.{field}", about.get("description", "")


def test_the_document_is_valid() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_the_list_of_calls_is_the_list_of_routes() -> None:
    assert {call.name for call in CALLS} == set(TOLD)
    assert {call.about["operationId"] for call in CALLS} == {told.name for told in TOLD.values()}
    assert len({told.name for told in TOLD.values()}) == len(TOLD)


def test_a_call_is_summed_up_in_a_few_words() -> None:
    summaries = [call.about["summary"] for call in CALLS]

    assert len(set(summaries)) == len(CALLS)
    assert [text for text in summaries if not re.fullmatch(r"[A-Z][^.]{6,49}", text)] == []


def test_everything_is_described() -> None:
    texts = list(described())

    assert len(texts) > 500
    assert [place for place, text in texts if not text.strip()] == []
    assert [place for place, text in texts if not BACKTICKED.match(text)] == []
    assert [place for place, text in texts if "Successful" in text] == []


def test_nothing_is_explained_that_is_not_there() -> None:
    fields = {f for one in COMPONENTS["schemas"].values() for f in one.get("properties", {})}
    parameters = {one["name"] for call in CALLS for one in call.about["parameters"]}

    assert set(FIELDS) - fields == set()
    assert set(PARAMETERS) - parameters == set()
    assert set(IDS) - {call.path.split("/")[1] for call in CALLS} == set()
    assert set(EXAMPLES) - set(COMPONENTS["examples"]) == set()


def test_every_tag_of_a_call_is_told() -> None:
    tags = [tag["name"] for tag in DOCUMENT["tags"]]

    assert {tag for call in CALLS for tag in call.about["tags"]} == set(tags)


# Examples.


def test_every_json_body_has_an_example() -> None:
    silent = [call.name for call in CALLS for body in bodies(call) if not body.get("examples")]

    assert silent == []


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.response_model or route.body_field], ids=str
)
def test_an_example_is_what_the_call_takes_and_gives(route: Any) -> None:
    """What is given is shown whole: with every field, as it would come."""
    name = f"{min(route.methods)} {route.path}"
    call = next((call for call in CALLS if call.name == name), None)
    if call is None:  # of the operator's: no JSON to speak of
        assert route.path.startswith("/health/")
        return
    given = next(body for body in reversed(list(bodies(call))))
    for example in examples_in(given) if route.response_model else ():
        whole = TypeAdapter(route.response_model).validate_python(example)
        assert TypeAdapter(route.response_model).dump_python(whole, mode="json") == example
    if route.body_field:
        for example in examples_in(next(bodies(call))):
            TypeAdapter(route.body_field.field_info.annotation).validate_python(example)


def examples_in(body: Mapping[str, Any]) -> list[Any]:
    return [found(one)["value"] for one in body["examples"].values()]


def test_the_example_of_a_submission_can_be_sent() -> None:
    SubmissionInput.model_validate(EXAMPLES["SubmissionInput"])


# What a call needs.


def test_a_call_says_whether_it_needs_a_token() -> None:
    open_to_all = {call.name for call in CALLS if {} in call.about["security"]}
    open_to_all |= {call.name for call in CALLS if call.about["security"] == []}

    assert open_to_all == PUBLIC_CALLS
    assert COMPONENTS["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_a_token_without_a_scope_that_a_call_names_is_refused(
    client: TestClient, world: World, tools: Tools
) -> None:
    tokens = {scope: _token_without(world, scope) for scope in Scope}
    answers = {
        (call.name, scope): call.send(client, call.url(world, tools), tokens[Scope(scope)])
        for call in CALLS
        for need in call.about["security"]
        for scope in need.get("bearer", ())
    }

    assert len(answers) > len(CALLS)
    assert {at: one.status_code for at, one in answers.items()} == dict.fromkeys(answers, 403)


def _token_without(world: World, scope: Scope) -> dict[str, str]:
    text = f"exh_without_{scope}"
    token = ApiToken(
        user_id=world.admin.id,
        name=text,
        prefix=text,
        token_digest=digest(text),
        scopes=[one for one in Scope if one is not scope],
    )
    with world.database.write() as session:
        session.add(token)
    return {"Authorization": f"Bearer {text}"}


def test_a_post_takes_an_idempotency_key_and_nothing_else_does() -> None:
    takes = {call.name: call.takes_header("idempotency-key") for call in CALLS}

    assert takes == {call.name: call.method == "POST" for call in CALLS}


def test_a_condition_is_required_where_a_change_needs_one() -> None:
    conditions = {
        call.name: [one for one in call.about["parameters"] if one["name"] == "If-Match"]
        for call in CALLS
    }
    puts = {name for name in conditions if headers.PUT_IF_MATCH in conditions[name]}

    assert puts == {
        "PUT /submissions/{id}/outcome",
        "PUT /submissions/{id}/scorecards/mine",
    }
    others = [ones[0]["required"] for name, ones in conditions.items() if ones and name not in puts]
    assert set(others) == {True}
    assert len(others) > 12


# How it is refused.


def test_every_refusal_is_described_as_a_problem() -> None:
    for call in CALLS:
        refused = {
            status: found(answer)
            for status, answer in call.about["responses"].items()
            if status[0] not in "23"
        }
        assert set(refused) >= {"400", "401", "403", "422", "503", "default"}, call.name
        assert {kind for one in refused.values() for kind in one["content"]} == {PROBLEM}
        assert all(codes(one) for one in refused.values())
