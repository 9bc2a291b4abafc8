"""Forms that are refused, mended and pressed twice lose and double nothing, and keep no secret."""

import re

from fastapi.testclient import TestClient
from sqlmodel import select

from service.core.idempotency import KeptAnswer
from service.domain.accounts.tables import ApiToken
from service.domain.submissions.tables import Draft, LinkPurpose
from service.doors.tools import Tools
from tests.reviewing import CARD, assign, save
from tests.web.conftest import version_on
from tests.web.test_candidate_links import link_to
from tests.worlds import World

JOB = "/desk/jobs/engineer"


def colleague_renames(pages: TestClient, world: World) -> None:
    url, auth = "/api/v1/jobs/engineer", world.recruiter.auth
    etag = pages.get(url, headers=auth).headers["ETag"]
    changed = pages.patch(url, json={"title": "Theirs"}, headers={**auth, "If-Match": etag})
    assert changed.status_code == 200


def test_who_mends_a_refused_form_is_told_what_changed_meanwhile(
    pages: TestClient, world: World
) -> None:
    opened = version_on(pages.get(f"{JOB}/edit").text)
    colleague_renames(pages, world)
    fields = {
        "title": "Mine",
        "description": "Mine, too.",
        "seal_rule": "own_lock",
        "employment_type": "FULL_TIME",
        "reviews_wanted": "2",
    }
    refused = pages.post(JOB, data={**fields, "version": opened, "timezone": "Nowhere"})
    again = {**fields, "version": version_on(refused.text), "timezone": "UTC"}
    mended = pages.post(JOB, data=again)
    told = version_on(mended.text)
    sure = pages.post(JOB, data={**again, "version": told})

    assert (refused.status_code, mended.status_code, sure.status_code) == (422, 412, 303)
    assert told != opened


def test_a_refused_scorecard_does_not_learn_the_version_of_another_tab(
    reviewing: TestClient, world: World
) -> None:
    sent, me = world.submission, world.reviewer
    assign(reviewing, world.recruiter, me, sent)
    first = save(reviewing, me, sent, CARD)
    url = f"/desk/submissions/{sent.id}/scorecard"
    opened = version_on(reviewing.get(url).text)
    save(reviewing, me, sent, {**CARD, "comment": "Later."}, first.headers["ETag"])
    wrong = {"version": opened, "revision": "1", "forecast": "many"}
    refused = reviewing.post(url, data=wrong)
    mended = reviewing.post(
        url, data={**wrong, "version": version_on(refused.text), "forecast": "50"}
    )

    assert (refused.status_code, mended.status_code) == (422, 412)


def test_an_incomplete_lock_pressed_twice_is_refused_the_same_way_twice(
    reviewing: TestClient, world: World
) -> None:
    sent, me = world.submission, world.reviewer
    assign(reviewing, world.recruiter, me, sent)
    url = f"/desk/submissions/{sent.id}/scorecard"
    fields = {
        "revision": "1",
        "rubric": "1",
        "rating-humility-level": "4",
        "rating-humility-cites": "1",
        "recommendation": "yes",
        "confidence": "high",
        "do": "lock",
    }
    pressed = {**fields, "idempotency_key": "once"}
    refused = [reviewing.post(url, data=pressed) for _ in range(2)]
    rest = {**fields, "rating-depth-level": "none", "version": version_on(refused[1].text)}
    locked = reviewing.post(url, data=rest)

    assert [answer.status_code for answer in refused] == [409, 409]
    assert "Rate Depth, or say that it is not shown." in refused[0].text
    assert refused[0].text == refused[1].text
    assert locked.status_code == 303


def test_a_token_is_made_once_however_often_one_presses(pages: TestClient, world: World) -> None:
    fields = {"name": "Sync", "scope": "read", "days": "30", "idempotency_key": "once"}
    made, again = (pages.post("/desk/account/tokens", data=fields) for _ in range(2))

    assert (made.status_code, again.status_code) == (200, 409)
    assert "exh_" in made.text
    with world.database.read() as session:
        names = session.exec(select(ApiToken.name).where(ApiToken.name == "Sync")).all()
        bodies = session.exec(select(KeptAnswer.body)).all()
    assert len(names) == 1
    assert [body for body in bodies if body and "exh_" in body] == []


def test_going_on_later_twice_is_one_draft(client: TestClient, world: World) -> None:
    typed = {"name": "Ole", "email": "ole@example.org", "do": "later", "idempotency_key": "once"}
    one, other = (client.post("/jobs/engineer/apply", data=typed) for _ in range(2))

    assert (one.status_code, other.status_code, one.text == other.text) == (200, 200, True)
    with world.database.read() as session:
        assert len(session.exec(select(Draft)).all()) == 1


def test_no_kept_answer_holds_the_secret_of_a_link(
    client: TestClient, world: World, tools: Tools
) -> None:
    status = link_to(world, tools, LinkPurpose.STATUS)
    token = status.rpartition("/")[2]
    files = [("evidence-0-files", (f"{number}.txt", b"%d" % number)) for number in range(11)]
    fields = {"evidence-0-claim": "More.", "idempotency_key": "once"}
    added = [client.post(status, data=fields, files=files) for _ in range(2)]
    asked = [client.post(f"{status}/withdraw", data={"idempotency_key": "other"}) for _ in range(2)]

    locations = {answer.headers["location"] for answer in added}
    assert [location.partition("=")[0] for location in locations] == [f"{status}?done"]
    assert asked[0].text == asked[1].text
    assert re.search(rf'href="{status}"', asked[1].text)
    with world.database.read() as session:
        rows = session.exec(select(KeptAnswer)).all()
    assert len(rows) == 2
    assert [row for row in rows if token in f"{row.route} {row.headers} {row.body}"] == []


def test_nobody_locks_by_anchors_that_were_not_shown(reviewing: TestClient, world: World) -> None:
    sent, me, by = world.submission, world.reviewer, world.recruiter.auth
    assign(reviewing, world.recruiter, me, sent)
    url = f"/desk/submissions/{sent.id}/scorecard"
    shown = reviewing.get(url).text
    job = reviewing.get("/api/v1/jobs/engineer", headers=by)
    criteria = [
        {name: one[name] for name in ("key", "name", "weight")}
        | {"anchors": [{**a, "anchor": f"Not {a['anchor']}"} for a in one["anchors"]]}
        for one in job.json()["rubric"]["criteria"]
    ]
    put = reviewing.put(
        "/api/v1/jobs/engineer/rubric",
        json={"criteria": criteria},
        headers={**by, "If-Match": job.headers["ETag"]},
    )
    fields = {
        "version": "",
        "revision": "1",
        "rubric": "1",
        "rating-humility-level": "4",
        "rating-humility-cites": "1",
        "rating-depth-level": "none",
        "recommendation": "yes",
        "confidence": "high",
        "do": "lock",
    }
    refused = reviewing.post(url, data=fields)
    by_call = save(reviewing, me, sent, {**CARD, "rubric": 1})
    locked = reviewing.post(url, data={**fields, "rubric": "2"})

    assert 'name="rubric" value="1"' in shown
    assert put.status_code == 200, put.text
    assert (refused.status_code, by_call.json()["code"]) == (409, "rubric_changed")
    assert "The rubric was changed meanwhile." in refused.text
    assert 'name="rubric" value="2"' in refused.text
    assert locked.status_code == 303


def test_who_goes_back_on_a_page_of_staff_is_told_in_words_for_people(
    pages: TestClient, world: World
) -> None:
    url = f"/desk/submissions/{world.submission.id}/moves"
    move = {"version": "1", "idempotency_key": "of this page"}
    moved = pages.post(url, data={**move, "to": "screen"})
    told = pages.post(url, data={**move, "to": "onsite"})
    asking = {"email": "ada@example.org", "idempotency_key": "of that page"}
    asked = pages.post("/status", data=asking)
    plain = pages.post("/status", data={**asking, "email": "grace@example.org"})

    assert (moved.status_code, told.status_code) == (303, 422)
    assert (asked.status_code, plain.status_code) == (200, 422)
    for page, how in ((told, "press again"), (plain, "open the page anew")):
        assert f"You changed something since: {how} to send it too." in page.text
        assert "Idempotency-Key" not in page.text
