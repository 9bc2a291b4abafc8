"""Whatever people do in whatever order, nobody is told a sealed score: not by any read of the API.

A short model says who may see. Then the hidden scores are changed behind the service's back, and
every answer to those who may not see must stay the same, byte for byte.
"""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from service.domain.jobs.tables import SealRule
from service.domain.reviews.tables import Confidence, Recommendation
from tests.plays import REVIEWERS, ROLES, RUNNERS, begin
from tests.worlds import World

levels = st.integers(1, 4)
cards = st.builds(
    lambda words, confidence, forecast, humility, depth: {
        "recommendation": words,
        "confidence": confidence,
        "forecast": forecast,
        "comment": "Seen.",
        "ratings": [
            {"criterion": "humility", "level": humility, "cites": [1]},
            {"criterion": "depth", "level": depth, "cites": ["statement"]},
        ],
    },
    st.sampled_from([*Recommendation]),
    st.sampled_from([*Confidence]),
    st.none() | st.integers(0, 100),
    levels,
    st.none() | levels,
)
reviewers = st.sampled_from(REVIEWERS)
steps = st.one_of(
    st.tuples(st.just("assign"), reviewers),
    st.tuples(st.just("draft"), reviewers, cards),
    st.tuples(st.just("judge"), reviewers, cards),
    st.tuples(st.just("lock"), reviewers),
    st.tuples(st.just("answer"), reviewers, st.sampled_from(["declined", "abstained"])),
    st.tuples(st.just("reassign"), reviewers, reviewers),
    st.tuples(st.just("unseal"), st.sampled_from([*ROLES])),
    st.tuples(st.just("decide")),
    st.tuples(st.just("want"), st.integers(1, 3)),
    st.tuples(st.just("rule"), st.sampled_from([*SealRule])),
)


@settings(
    max_examples=settings().max_examples * 3 // 5,  # a run is some eighty requests
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rule=st.sampled_from(SealRule),
    early=st.lists(st.sampled_from(RUNNERS), max_size=2, unique=True),
    first=st.lists(reviewers, max_size=3, unique=True),
    then=st.lists(steps, max_size=8),
    viewer=st.sampled_from([*ROLES]),
    gone=st.booleans(),
)
def test_no_order_of_things_tells_anybody_a_sealed_score(
    client: TestClient,
    world: World,
    rule: SealRule,
    early: list[str],
    first: list[str],
    then: list[tuple[Any, ...]],
    viewer: str,
    gone: bool,
) -> None:
    play = begin(client, world, rule)
    for who in early:
        play.unseal(who)
    for who in first:
        play.assign(who)
    play.check_sight()
    for name, *arguments in then:
        getattr(play, name)(*arguments)
        play.check_sight()
    play.check_shown()
    play.check_reads(viewer, gone=gone)
