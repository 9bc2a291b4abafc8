"""Who follows a list by what it tells holds what the list shows, and is told nothing besides.

Whatever people do with the reviews of a submission: nothing is missed, and no row or tombstone
comes that a client could not have known from reading the list afresh each time. So nobody learns
from it how far others are.
"""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from service.domain.jobs.tables import SealRule
from tests.domain.test_sealing import reviewers, steps
from tests.listing import chain
from tests.mirrors import Mirror
from tests.plays import API, ROLES, RUNNERS, Play, begin
from tests.worlds import World

FOLLOWED = ("/assignments", "/submissions", "/jobs", "/colleagues")
OF_ONE = ("assignments", "scorecards", "revisions", "history")


def mirrors(play: Play, who: str) -> list[Mirror]:
    urls = [*(API + path for path in FOLLOWED), *(f"{play.sent.url}/{part}" for part in OF_ONE)]
    return [Mirror(play.client, play.people[who], url) for url in urls]


def may_repeat(play: Play, who: str, mirror: Mirror) -> bool:
    """The history when it opens or closes, and a submission for those who see who is asked."""
    if mirror.url.endswith("/history"):
        return True
    return mirror.url.endswith("/submissions") and (who in RUNNERS or play.model.sees(who))


@settings(
    max_examples=max(settings().max_examples * 2 // 5, 1),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rule=st.sampled_from(SealRule),
    first=st.lists(reviewers, max_size=3, unique=True),
    then=st.lists(steps, max_size=6),
    who=st.sampled_from([*ROLES]),
)
def test_who_stays_in_step_holds_what_is_shown_and_is_told_nothing_besides(
    client: TestClient,
    world: World,
    rule: SealRule,
    first: list[str],
    then: list[tuple[Any, ...]],
    who: str,
) -> None:
    play = begin(client, world, rule)
    followed = mirrors(play, who)
    for name, *arguments in [("decide",), ("decide",), *(("assign", one) for one in first), *then]:
        getattr(play, name)(*arguments)
        chain(world)
        for mirror in followed:
            spurious = mirror.catch_up()
            mirror.check()
            assert not spurious or may_repeat(play, who, mirror), mirror.url
