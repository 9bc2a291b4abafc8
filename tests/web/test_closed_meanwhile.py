"""A job that closes while somebody types takes no word away."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlmodel import func, select

from service.domain.jobs.tables import Job, JobState
from service.domain.submissions.tables import Submission
from service.doors.submission_intake import HONEYPOT
from service.web.fields import OURS
from tests.web.test_drafts_elsewhere import draft_on
from tests.worlds import World

APPLY = "/jobs/engineer/apply"
TYPED = {
    "name": "Ole",
    "email": "ole@example.org",
    "consent": "yes",
    "evidence-0-claim": "I made <it>.",
    "answer-wrong": "On Monday.",
}
NOTES, PLAN = (("evidence-0-files", (name, name.encode())) for name in ("notes.txt", "plan.txt"))


def close(world: World) -> None:
    with world.database.write() as session:
        session.get_one(Job, world.job_id).state = JobState.CLOSED


@pytest.mark.parametrize("wish", ["send", "later", "add"])
def test_who_presses_after_a_job_closed_finds_every_word_and_the_names_of_all_files(
    client: TestClient, world: World, wish: str
) -> None:
    begun = client.post(APPLY, data=TYPED | {"do": "add"}, files=[NOTES])
    close(world)
    late = client.post(APPLY, data=TYPED | draft_on(begun.text) | {"do": wish}, files=[PLAN])

    assert late.status_code == 409
    assert "This job no longer takes submissions" in late.text
    assert '<h2>Exhibit 1: claim</h2>\n<p class="words">I made &lt;it&gt;.</p>' in late.text
    assert '<h2>When?</h2>\n<p class="words">On Monday.</p>' in late.text
    for kept in ("ole@example.org", "notes.txt", "plan.txt"):
        assert kept in late.text
    assert "<form" not in late.text
    with world.database.read() as session:
        assert session.exec(select(func.count()).select_from(Submission)).one() == 2


def test_the_draft_of_a_closed_job_can_be_read(client: TestClient, world: World) -> None:
    begun = client.post(APPLY, data=TYPED | {"do": "add"}, files=[NOTES])
    close(world)
    read = client.get(APPLY, params={"draft": draft_on(begun.text)["draft"]})
    empty = client.get(APPLY)

    assert (read.status_code, empty.status_code) == (409, 409)
    assert "I made &lt;it&gt;." in read.text
    assert "notes.txt" in read.text


def test_the_page_of_a_closed_job_shows_nothing_that_the_form_has_for_itself(
    client: TestClient, world: World
) -> None:
    lacking = {"missed": ["evidence-0-files/lost.txt", "evidence-0-files/gone.txt"]}
    begun = client.post(APPLY, data=TYPED | lacking | {"do": "add"}, files=[NOTES])
    own = re.findall(r'type="(?:hidden|checkbox)" name="([^"]+)" value="([^"]*)"', begun.text)
    state: dict[str, list[str]] = {"do": ["send"]}
    for name, value in own:
        state.setdefault(name, []).append(value or "something")
    close(world)
    late = client.post(APPLY, data=TYPED | state)
    heads = re.findall(r"<h2>(.+?)</h2>", late.text)

    assert set(state) == {*OURS} - {HONEYPOT}
    assert heads == ["Your name", "E-mail address", "Exhibit 1: claim", "When?"]
