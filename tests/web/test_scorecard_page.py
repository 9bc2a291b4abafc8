"""What was chosen and cited stays true on the scorecard's page when its ground changes."""

import re

from fastapi.testclient import TestClient

from tests.reviewing import CARD, assign, read, save
from tests.web.conftest import version_on
from tests.worlds import World


def url(world: World) -> str:
    return f"/desk/submissions/{world.submission.id}/scorecard"


def turn_rubric(client: TestClient, world: World) -> None:
    """The same criteria, whose anchors are in the opposite order."""
    by = world.recruiter.auth
    job = client.get("/api/v1/jobs/engineer", headers=by)
    criteria = []
    for one in job.json()["rubric"]["criteria"]:
        texts = [anchor["anchor"] for anchor in reversed(one["anchors"])]
        anchors = [
            {"level": level, "name": "Level", "anchor": text} for level, text in enumerate(texts, 1)
        ]
        criteria.append({"key": one["key"], "name": one["name"], "anchors": anchors})
    headers = {**by, "If-Match": job.headers["ETag"]}
    put = client.put("/api/v1/jobs/engineer/rubric", json={"criteria": criteria}, headers=headers)
    assert put.status_code == 200, put.text


def ticked_levels(page: str) -> list[str]:
    return re.findall(r'name="rating-(\w+-level" value="\w+)" checked', page)


def test_levels_of_an_older_rubric_are_told_and_not_ticked(
    reviewing: TestClient, world: World
) -> None:
    sent, me = world.submission, world.reviewer
    assign(reviewing, world.recruiter, me, sent)
    save(reviewing, me, sent, CARD)
    before = reviewing.get(url(world)).text
    turn_rubric(reviewing, world)
    after = reviewing.get(url(world)).text
    fields = {"version": version_on(after), "revision": "1", "rubric": "2", "do": "lock"}
    words = {"recommendation": "yes", "confidence": "high"}
    unread = reviewing.post(url(world), data=fields | words)

    assert ticked_levels(before) == ['humility-level" value="4', 'depth-level" value="none']
    assert "The rubric was changed" not in before
    assert ticked_levels(after) == []
    assert "The rubric was changed since you chose your levels" in after
    assert "By the old anchors you chose 4: What 4 looks like." in after
    assert "By the old anchors you chose Not shown" in after
    assert re.search(r'name="rating-humility-cites" value="answer:wrong" checked', after)
    assert 'value="Often."' in after
    assert unread.status_code == 409
    assert read(reviewing, me, sent, "scorecards/mine").json()["state"] == "draft"


def test_a_refused_form_does_not_carry_its_levels_to_a_newer_rubric(
    reviewing: TestClient, world: World
) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    turn_rubric(reviewing, world)
    levels = {"rating-humility-level": "4", "rating-depth-level": "none"}
    made = {"version": "", "revision": "1", "rubric": "1", "comment": "Mine."}
    told = reviewing.post(url(world), data=made | levels)
    mistyped = reviewing.post(url(world), data=made | levels | {"forecast": "many"})

    assert (told.status_code, mistyped.status_code) == (409, 422)
    for page in (told.text, mistyped.text):
        assert 'name="rubric" value="2"' in page
        assert ticked_levels(page) == []
        assert "By the old anchors you chose 4: What 4 looks like." in page
        assert "Mine." in page
