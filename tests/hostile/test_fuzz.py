"""Requests made from the OpenAPI document, by each role and by nobody: it says what happens."""

import json
import re
from collections.abc import Iterator
from itertools import cycle, islice
from random import Random
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import one_of
from schemathesis import GenerationMode, openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.overrides import Override
from schemathesis.schemas import APIOperation
from starlette.types import Receive, Scope, Send

from service.api.app import build_api
from service.app import create_app
from service.core.errors import Invalid, Malformed
from service.core.idempotency import BadKey
from service.doors.routes import BadQuery
from service.doors.submission_intake import SubmissionMalformed
from service.doors.tools import Tools
from tests.depth import FULL
from tests.hostile.calls import Full
from tests.hostile.invariants import Watch

# One in so many of the requests at the edges of what is described, and so many drawn beyond them.
EVERY, DRAWN = (1, 200) if FULL else (6, 8)
CHECKS = {
    # Beside what it takes for a refusal: too long, too large.
    "negative_data_rejection": {
        "expected-statuses": [*range(400, 407), 409, 412, 413, 414, 415, 422, 428, 429, 431]
    },
    # Beside what depends on rights and on what there is; `told` looks more closely at two of them.
    "positive_data_acceptance": {
        "expected-statuses": ["2xx", "3xx", 400, 401, 403, 404, 409, 412, 414, 416, 422, 428, 429]
    },
    "missing_required_header": {"expected-statuses": [401, 403, 404, 405, 415, 422, 428]},
}
# What can be wrong with a request of the right shape, since no schema, or none that one can read,
# says it: how one thing in it fits another, what there is, what is no text, `1.0` for a number.
BEYOND = re.compile(
    r"(Remove the character .+: it cannot be shown|Use one line, without tabs|Write something here"
    r"|Use at most 8 accents on one letter|Say what you did: a title or a claim"
    r"|Use a year from 1950 to .+|Let the end come after the start|Name each file once"
    r"|No file of this name was sent|There is no such (field|part)|Enter a whole number"
    r"|Enter one e-mail address, like .+|Enter a full web address .+|Name at least one lead"
    r"|The same (key|user|option) is there twice|Give at least two options to choose"
    r"|Only choices have options|Number the levels .+|Give every criterion the same number .+"
    r"|Use a name of the IANA time zone list, .+|This word is (reserved|a decision)\. .+"
    r"|Enter a day that has come|Agree to this, so that we may .+"
    r"|Send a state, or another reviewer, or another due date)\.?"
)
SHAPED = {400, 422}
MALFORMED = {Malformed.code, BadQuery.code, BadKey.code}
ABOUT_SHAPE = {Invalid.code, SubmissionMalformed.code}
PEOPLE = ("admin", "recruiter", "reviewer", "outsider", "other_recruiter", "")
# What an `{id}` is the id of, by the first word of the path.
IDS = {"users": "outsider", "tokens": "api_token", "outbox": "task"}


class Site:
    """The site of the test that runs. What calls it keeps whatever it has called."""

    app: FastAPI

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.app(scope, receive, send)


SITE = Site()
SCHEMA = openapi.from_dict(
    build_api().openapi(), config=SchemathesisConfig.from_dict({"checks": CHECKS})
)
SCHEMA.app = SITE
SCHEMA.config.update(base_url="http://localhost/api/v1")
AnyCall = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]
CALLS: list[AnyCall] = [one.ok() for one in SCHEMA.get_all_operations() if isinstance(one, Ok)]


def at_the_edges(call: AnyCall) -> Iterator[AnyCase]:
    """The longest and one more, the first and one before, each thing left out, …"""
    yield from CoverageGenerator(
        operation=call,
        generation_modes=list(GenerationMode),
        generation_config=SCHEMA.config.generation,
        auth_storage=None,
        override=Override(),
        feedback=FeedbackSources(),
        hooks=None,
    )


def drawn(call: AnyCall) -> list[AnyCase]:
    """Right ones and wrong ones."""
    found: list[AnyCase] = []

    @settings(
        max_examples=DRAWN,
        derandomize=not FULL,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(one_of([call.as_strategy(generation_mode=mode) for mode in GenerationMode]))
    def draw(case: AnyCase) -> None:
        found.append(case)

    draw()
    return found


def put_in_this_world(case: AnyCase, full: Full, chance: Random) -> None:
    """What is described rightly is often about something that is there, in its version."""
    wrong = {place for place in ParameterLocation if case.meta and case.meta.is_negative_at(place)}
    kind = IDS.get(case.path.split("/")[1], "submission")
    ids = full.ids | {"id": full.ids[kind]}
    if ParameterLocation.PATH not in wrong and chance.random() < 0.9:
        case.path_parameters = {name: ids[name] for name in case.path_parameters or {}}
    if ParameterLocation.HEADER not in wrong and "If-Match" in (case.headers or {}):
        case.headers["If-Match"] = chance.choice(["*", "*", '"1"'])


def told(case: AnyCase, answer: Response) -> Iterator[str]:
    """Why a request of the right shape was refused as if it had not."""
    if not case.meta or case.meta.generation.mode.is_negative or answer.status_code not in SHAPED:
        return
    problem = json.loads(answer.content)
    where = f"{case.operation.label} {problem['code']}"
    if problem["code"] in MALFORMED:
        yield where
    if problem["code"] not in ABOUT_SHAPE:
        return
    for fault in problem["errors"]:
        if not BEYOND.fullmatch(fault["detail"]):
            yield f"{where} {fault['pointer']} {fault['detail']}"


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.label)
def test_the_document_says_what_happens(
    call: AnyCall, watch: Watch, full: Full, tools: Tools
) -> None:
    SITE.app = create_app(tools)
    chance, first = Random(1), 0 if watch.world.database.is_sqlite else EVERY // 2
    people = cycle(PEOPLE)
    for case in (*islice(at_the_edges(call), first, None, EVERY), *drawn(call)):
        put_in_this_world(case, full, chance)
        person = next(people)
        auth = getattr(watch.world, person).auth if person else {}
        try:
            answer = case.call_and_validate(headers=auth)
        except* AssertionError as failures:
            watch.wrong.append(f"{person}: {failures}")
        else:
            watch.wrong += told(case, answer)
    watch.finish()
