"""A job set up from its pages alone: stages, questions, reasons, team and rubric."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from service.domain.jobs.tables import Criterion, Job, JobState, Rubric
from tests.web.conftest import version_on
from tests.worlds import World

JOB = "/desk/jobs/engineer"


def the_job(pages: TestClient, world: World) -> dict[str, Any]:
    answer = pages.get("/api/v1/jobs/engineer", headers=world.recruiter.auth)
    found: dict[str, Any] = answer.json()
    return found


def send(pages: TestClient, part: str, **changed: str):
    """The form of a part as its page shows it, with some fields changed."""
    page = pages.get(f"{JOB}/{part}").text
    inputs = re.findall(r'name="([^"]+)"[^>]* value="([^"]*)"', page)
    fields = {name: value for name, value in inputs if name != "idempotency_key"}
    for name, options in re.findall(
        r'<select[^>]* name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else re.findall(r'value="([^"]*)"', options)[0]
    fields |= re.findall(r'<textarea[^>]* name="([^"]+)".*?>\n(.*?)</textarea>', page, re.DOTALL)
    ticked = re.findall(r'type="checkbox" name="([^"]+)" value="[^"]*"( checked)?', page)
    fields = {k: v for k, v in fields.items() if (k, "") not in ticked} | changed
    return pages.post(f"{JOB}/{part}", data=fields)


def test_a_form_sent_as_it_is_shown_changes_nothing(pages: TestClient, world: World) -> None:
    before = the_job(pages, world)
    answers = [send(pages, part) for part in ("stages", "questions", "reasons", "rubric")]
    after = the_job(pages, world)

    assert [answer.status_code for answer in answers] == [303] * 4
    for part in ("stages", "questions", "rubric", "rejection_reasons"):
        assert after[part] == before[part], part


def test_stages_are_renamed_added_put_in_order_and_taken_away(
    pages: TestClient, world: World
) -> None:
    changes = {
        "stages-1-name": "A closer look",
        "stages-3-name": "",
        "stages-4-name": "Ärzte & “Team”",
        "stages-4-place": "15",
        "stages-5-name": "Last word",
    }
    assert send(pages, "stages", **changes).status_code == 303

    shown = [(one["key"], one["name"], one["kind"]) for one in the_job(pages, world)["stages"]]
    assert shown == [
        ("new", "New", "new"),
        ("rzte_team", "Ärzte & “Team”", "review"),
        ("screen", "A closer look", "review"),
        ("onsite", "Onsite", "interview"),
        ("last_word", "Last word", "review"),
    ]


def test_a_stage_with_submissions_stays_and_the_page_says_so(
    pages: TestClient, world: World
) -> None:
    refused = send(pages, "stages", **{"stages-0-name": "", "stages-1-name": "My own words"})

    assert refused.status_code == 409
    assert "There are submissions in “New”" in refused.text
    assert "My own words" in refused.text
    assert the_job(pages, world)["stages"][0]["key"] == "new"


def test_questions_are_asked_as_they_were_written(pages: TestClient, world: World) -> None:
    changes = {
        "questions-1-text": "Where do you want to work?",
        "questions-1-kind": "choice",
        "questions-1-options": "Berlin\r\n\r\n  Remote \r\n",
        "questions-1-required": "yes",
        "questions-1-place": "5",
    }
    assert send(pages, "questions", **changes).status_code == 303

    asked, old = the_job(pages, world)["questions"]
    assert (asked["key"], asked["options"]) == (
        "where_do_you_want_to_work",
        ["Berlin", "Remote"],
    )
    assert (asked["required"], old["key"]) == (True, "wrong")
    assert "Where do you want to work?" in pages.get("/jobs/engineer/apply").text


def test_a_mistake_in_a_question_is_said_beside_it(pages: TestClient, world: World) -> None:
    lonely = {"questions-2-text": "Which?", "questions-2-kind": "choice"}
    refused = send(pages, "questions", **lonely, **{"questions-2-options": "Only one"})

    assert refused.status_code == 422
    assert 'id="questions-2-text-mistake"' in refused.text
    assert "Only one" in refused.text
    assert len(the_job(pages, world)["questions"]) == 1


def test_a_draft_has_no_public_page_to_lead_to(pages: TestClient, world: World) -> None:
    link = f'href="/jobs/{world.job_slug}"'
    before = pages.get(f"/desk/jobs/{world.job_slug}").text
    with world.database.write() as session:
        session.exec(select(Job)).one().state = JobState.DRAFT
    after = pages.get(f"/desk/jobs/{world.job_slug}").text

    assert (link in before, link in after) == (True, False)


def test_reasons_keep_their_keys_when_their_words_change(pages: TestClient, world: World) -> None:
    changes = {"reasons-0-text": "Not yet deep enough.", "reasons-1-text": "The job is filled."}
    assert send(pages, "reasons", **changes).status_code == 303

    assert the_job(pages, world)["rejection_reasons"] == [
        {"key": "depth", "text": "Not yet deep enough."},
        {"key": "the_job_is_filled", "text": "The job is filled."},
    ]


def test_a_job_always_has_a_reason_to_reject(pages: TestClient, world: World) -> None:
    refused = send(pages, "reasons", **{"reasons-0-text": " "})

    assert refused.status_code == 422
    assert len(the_job(pages, world)["rejection_reasons"]) == 1


def test_who_saves_an_old_page_is_told(pages: TestClient, world: World) -> None:
    assert send(pages, "reasons", **{"reasons-1-text": "One more."}).status_code == 303
    stale = send(pages, "stages", version="1", **{"stages-0-name": "Mine"})

    assert stale.status_code == 412
    assert "Mine" in stale.text
    assert the_job(pages, world)["stages"][0]["name"] == "New"


def test_a_team_is_changed_by_its_form(pages: TestClient, world: World) -> None:
    fields = {
        "version": version_on(pages.get(JOB).text),
        f"role-{world.recruiter.id}": "member",
        f"role-{world.reviewer.id}": "lead",
        f"role-{world.reviewer2.id}": "none",
        "user": str(world.outsider.id),
    }
    assert pages.post(f"{JOB}/team", data=fields).status_code == 303

    team = {one["user_id"]: one["lead"] for one in the_job(pages, world)["team"]}
    assert team == {
        str(world.recruiter.id): False,
        str(world.reviewer.id): True,
        str(world.outsider.id): False,
    }


def test_a_team_of_nobody_is_told_whom_it_needs(pages: TestClient, world: World) -> None:
    nobody = {f"role-{id}": "none" for id in (world.recruiter.id, world.reviewer.id)}
    refused = pages.post(f"{JOB}/team", data={"version": version_on(pages.get(JOB).text), **nobody})

    assert refused.status_code == 422
    assert "Name at least one person, who leads the team." in refused.text
    assert len(the_job(pages, world)["team"]) == 3


@pytest.mark.parametrize("version", ["", "x", "-1", "1" * 10])
def test_a_form_that_does_not_say_its_version_is_told_what_to_do(
    pages: TestClient, world: World, version: str
) -> None:
    refused = pages.post(f"{JOB}/state", data={"version": version, "to": "close"})

    assert refused.status_code == 400
    assert "Open the page again and repeat your change." in refused.text
    assert the_job(pages, world)["state"] == "open"


@pytest.mark.parametrize("place", ["-1", "10000", "9" * 30, "first", "1.5", "٣"])
@pytest.mark.parametrize("part", ["stages", "questions", "reasons"])
def test_a_place_that_is_no_place_is_refused_beside_its_field(
    pages: TestClient, world: World, part: str, place: str
) -> None:
    before = the_job(pages, world)
    refused = send(pages, part, **{f"{part}-0-place": place})

    assert refused.status_code == 422
    assert f'id="{part}-0-place-mistake">Enter a whole number from 0 to 9999.' in refused.text
    assert f'value="{place}"' in refused.text
    assert the_job(pages, world) == before


def test_a_team_needs_a_lead(pages: TestClient, world: World) -> None:
    fields = {
        "version": version_on(pages.get(JOB).text),
        f"role-{world.recruiter.id}": "member",
    }
    refused = pages.post(f"{JOB}/team", data=fields)

    assert refused.status_code == 422
    assert "Name at least one lead" in refused.text
    assert len(the_job(pages, world)["team"]) == 3


def test_a_rubric_keeps_its_levels_and_their_names(pages: TestClient, world: World) -> None:
    anchors = [{"name": name, "anchor": f"{name} it is."} for name in ("Low", "Middle", "High")]
    criteria = [{"key": "depth", "name": "Depth", "weight": 3, "anchors": anchors}]
    etag = pages.get("/api/v1/jobs/engineer", headers=world.recruiter.auth).headers["ETag"]
    headers = {**world.recruiter.auth, "If-Match": etag}
    put = pages.put("/api/v1/jobs/engineer/rubric", json={"criteria": criteria}, headers=headers)
    assert put.status_code == 200
    assert send(pages, "rubric", **{"criterion-0-anchor-2": "In between."}).status_code == 303

    with world.database.read() as session:
        newest = select(Criterion).join(Rubric).where(Rubric.number == 3)
        (depth,) = session.exec(newest).all()
    assert [(a["name"], a["anchor"]) for a in depth.anchors] == [
        ("Low", "Low it is."),
        ("Middle", "In between."),
        ("High", "High it is."),
    ]


def test_an_empty_anchor_is_named_by_its_field(pages: TestClient, world: World) -> None:
    refused = send(pages, "rubric", **{"criterion-1-anchor-3": ""})

    assert refused.status_code == 422
    assert 'href="#criterion-1-anchor-3"' in refused.text


def test_who_does_not_hire_here_changes_no_part(reviewing: TestClient, world: World) -> None:
    lines = {
        "stages": {"stages-0-key": "new", "stages-0-name": "X", "stages-0-kind": "new"},
        "questions": {"questions-0-key": "q", "questions-0-text": "X", "questions-0-kind": "long"},
        "reasons": {"reasons-0-key": "depth", "reasons-0-text": "X"},
        "team": {f"role-{world.reviewer.id}": "lead"},
    }
    answers = [
        reviewing.post(f"{JOB}/{part}", data={"version": "1", **fields}).status_code
        for part, fields in lines.items()
    ]

    assert answers == [403] * 4
    assert the_job(reviewing, world)["version"] == 1
