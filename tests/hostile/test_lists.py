"""Lists, searches and the public pages, with odd questions and with odd things in them."""

import pytest
from starlette.testclient import TestClient

from tests.hostile.calls import CALLS, JOB_BODY, Full
from tests.hostile.invariants import CANARY, Watch
from tests.house.growth import grow
from tests.house.leaving import LEAVING

PAGED = [call for call in CALLS if call.method == "GET" and call.path in LEAVING]
REFUSED = [
    *("limit=-1", "limit=0", "limit=1000000000", "limit=abc", "limit=1.0", "limit=1e2", "limit="),
    *("limit=9223372036854775808", "limit=" + "9" * 4_400, "limit=%D9%A3", "limit=1&limit=2"),
    *(f"cursor={CANARY}", "cursor=", "cursor=%00", "cursor=AAAA", "cursor=" + "A" * 6_001),
    *("cursor=e30", "updated_since=e30", "updated_since=2026-02-30T00:00:00Z", "offset=1"),
    *("updated_since=253402300800", "updated_since=2026-01-01T00:00:00", "updated_since=%00"),
    *("limit=%FF", "limit=%ED%A0%80", f"{CANARY[:3]}=1", "sort=1;DROP", "callback=x", "page=2"),
    *("updated_since=9999-12-31T23:59:59Z", "updated_since=0001-01-01T00:00:00Z"),
]
FILTERS = [
    *("min_score=1e999", "min_score=NaN", "min_score=-Infinity", "min_score=", "min_score=x"),
    *("q=%00", "q=" + "x" * 501, "q=%E2%80%AE", "job=../x", "stage=none", "decision=all"),
    *("assigned_to=1", "evidence_kind=x", "sort=name,id", "submitted_since=now", "q=a&q=b"),
]
WORDS = [
    *("%", "_", "\\", '"', "'", "''", "(", "c++ & ", "a | b", "!x", "x:*", "NEAR(a b)", "* ", "-"),
    *("^b", "[a-z]*", "{", "$.a", "C++", ".NET", "F#", "node.js", "a/b", "@handle", "x" * 500),
]


@pytest.mark.parametrize("call", PAGED, ids=lambda call: call.name)
def test_a_page_is_asked_for_in_one_way(client: TestClient, watch: Watch, full: Full, call) -> None:
    headers = full.headers(client, call)
    with watch.nothing_stored():
        for query in REFUSED:
            answer = client.get(f"{full.url(call)}?{query}", headers=headers)
            watch.expect(query[:60], answer, 400, 422)
    watch.finish()


@pytest.mark.parametrize("call", PAGED, ids=lambda call: call.name)
def test_who_was_there_throughout_is_neither_lost_nor_doubled(
    client: TestClient, watch: Watch, full: Full, call
) -> None:
    url, headers = full.url(call), full.headers(client, call)
    for _ in range(3):
        grow(watch.world)
    whole = client.get(f"{url}?limit=200", headers=headers).json()["items"]
    there, seen = {item["id"] for item in whole}, []
    following = f"{url}?limit=2"
    while following:
        answer = client.get(following, headers=headers)
        seen += [item["id"] for item in answer.json()["items"]]
        grow(watch.world)
        following = answer.links["next"]["url"] if "next" in answer.links else ""

    assert len(there) > 2 or call.who == "reviewer"
    assert there <= set(seen)
    assert len(seen) == len(set(seen))


def test_an_odd_filter_is_refused_by_list_and_export(
    client: TestClient, watch: Watch, full: Full
) -> None:
    auth = watch.world.admin.auth
    with watch.nothing_stored():
        for url in ("/api/v1/submissions", "/api/v1/exports/submissions.csv"):
            for query in FILTERS:
                watch.expect((url, query[:60]), client.get(f"{url}?{query}", headers=auth), 422)
    watch.finish()


def test_searches_are_words_and_no_language(client: TestClient, watch: Watch) -> None:
    auth = watch.world.admin.auth
    for word in WORDS:
        found = client.get("/api/v1/submissions", params={"q": word}, headers=auth)
        assert (found.status_code, found.json()["items"]) == (200, []), word
    watch.finish()


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_time_that_no_clock_can_show_breaks_no_page(
    client: TestClient, watch: Watch, at: str, zone: str
) -> None:
    url, headers = f"/api/v1/jobs/{watch.world.job_slug}", watch.world.admin.auth
    body = JOB_BODY | {"closes_at": at, "timezone": zone}
    with watch.nothing_stored():
        answer = client.patch(url, json=body, headers=headers | {"If-Match": "*"})
    watch.expect(at, answer, 422)
    pages = [client.get(path).status_code for path in ("/", f"/jobs/{watch.world.job_slug}")]
    assert max(pages) < 400
    watch.finish()
