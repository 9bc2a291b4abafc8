"""A job's questions change while somebody answers them: nobody is locked out, no word is lost."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from service.domain.submissions.tables import SubmissionFile
from tests.web.test_drafts_elsewhere import draft_on
from tests.worlds import World

APPLY = "/jobs/engineer/apply"
TYPED = {"name": "Ole", "email": "ole@example.org", "consent": "yes", "evidence-0-claim": "Mine."}
SEND = TYPED | {"do": "send"}
CV = {"key": "cv", "text": "Your CV?", "kind": "file"}
WHY = {"key": "why", "text": "Why here?", "kind": "long"}
FILE = ("answer-cv", ("cv.txt", b"What I did."))


def ask(client: TestClient, world: World, *questions: dict[str, Any]) -> None:
    auth, url = world.recruiter.auth, "/api/v1/jobs/engineer"
    etag = client.get(url, headers=auth).headers["ETag"]
    body = {"questions": list(questions)}
    asked = client.put(f"{url}/questions", json=body, headers={**auth, "If-Match": etag})
    assert asked.status_code == 200, asked.text


def sent_files(world: World) -> list[tuple[str, int | None, str | None]]:
    with world.database.read() as session:
        rows = session.exec(select(SubmissionFile)).all()
        return [(row.name, row.evidence_number, row.question_key) for row in rows]


@pytest.mark.parametrize("now", [[], [{**CV, "kind": "short"}]])
def test_a_file_for_a_question_that_went_is_kept_with_an_exhibit_and_sent(
    client: TestClient, world: World, now: list[dict[str, Any]]
) -> None:
    ask(client, world, CV)
    staged = client.post(APPLY, data=TYPED | {"do": "add"}, files=[FILE])
    ask(client, world, *now)
    late = client.post(APPLY, data=SEND | draft_on(staged.text), files=[FILE])
    files = re.findall(r'name="drop" value="([^"]+)"', late.text)
    sent = client.post(APPLY, data=SEND | draft_on(late.text) | {"drop": files[0]})

    assert (late.status_code, len(files)) == (422, 2)
    assert "Please check 1 answer<" in late.text
    assert "It belongs to this exhibit now" in late.text
    assert "mentions file" not in late.text
    assert sent.status_code == 303
    assert sent_files(world) == [("cv.txt", 1, None)]


def test_a_draft_whose_file_lost_its_question_shows_and_sends_it(
    client: TestClient, world: World
) -> None:
    ask(client, world, CV)
    staged = client.post(APPLY, data=TYPED | {"do": "add"}, files=[FILE])
    ask(client, world)
    shown = client.get(APPLY, params={"draft": draft_on(staged.text)["draft"]})
    sent = client.post(APPLY, data=SEND | draft_on(shown.text))

    assert "cv.txt" in shown.text
    assert (sent.status_code, sent_files(world)) == (303, [("cv.txt", 1, None)])


@pytest.mark.parametrize("now", [[], [{**WHY, "kind": "choice", "options": ["A", "B"]}], [CV]])
def test_words_for_a_question_that_went_are_shown_and_kept_and_not_sent(
    client: TestClient, world: World, now: list[dict[str, Any]]
) -> None:
    ask(client, world, WHY)
    ask(client, world, *now)
    told = client.post(APPLY, data=SEND | {"answer-why": "Because <we> care."})
    carried = {"unasked-why": "Because <we> care."}
    opened = client.get(APPLY, params={"draft": draft_on(told.text)["draft"]})
    sent = client.post(APPLY, data=SEND | carried | draft_on(told.text))

    assert told.status_code == 422
    assert "Please check 1 answer<" in told.text
    for page in (told.text, opened.text):
        assert page.count("Because &lt;we&gt; care.</textarea>") == 1
    assert 'href="#unasked-why"' in told.text
    assert 'id="unasked-why"' in told.text
    assert sent.status_code == 303


def test_an_empty_answer_to_a_question_that_went_refuses_nothing(
    client: TestClient, world: World
) -> None:
    ask(client, world)

    assert client.post(APPLY, data=SEND | {"answer-why": " "}).status_code == 303
