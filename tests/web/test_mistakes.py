"""All that is wrong with an application is said at once, in words, and beside its field."""

import re

from fastapi.testclient import TestClient

from service.core.db import new_id
from service.domain.jobs.tables import Question, QuestionKind
from service.doors.tools import Tools
from tests.web.test_drafts_elsewhere import APPLY, BEGUN, SENDABLE, begin, draft_on
from tests.worlds import World


def ask(world: World, *kinds: QuestionKind) -> None:
    with world.database.write() as session:
        for place, kind in enumerate(kinds, 1):
            options = ["Berlin", "Remote"] if "choice" in kind else []
            session.add(
                Question(
                    id=new_id(),
                    job_id=world.job_id,
                    key=f"q{place}",
                    text=f"Question {place}?",
                    kind=kind,
                    options=options,
                    required=True,
                    position=place,
                )
            )


def test_an_empty_form_is_told_all_at_once(client: TestClient, world: World) -> None:
    ask(world, *QuestionKind)
    empty = {"name": "", "email": "", "evidence-0-claim": "", "do": "send"}
    answer = client.post("/jobs/engineer/apply", data=empty)
    links = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', answer.text)

    assert answer.status_code == 422
    assert {place for place, _ in links} == {
        "name",
        "email",
        "consent",
        "evidence-0-claim",
        *(f"answer-q{number}" for number in range(1, 9)),
    }
    assert dict(links)["consent"].startswith("Your consent: Agree to this")
    assert dict(links)["answer-q3"] == "Question 3? Answer this question."
    for place, _ in links:
        assert f'id="{place}"' in answer.text, place


def test_all_kinds_of_questions_are_answered_by_form(client: TestClient, world: World) -> None:
    ask(world, *QuestionKind)
    form = {
        "name": "Ida",
        "email": "ida@example.org",
        "consent": "yes",
        "evidence-0-claim": "I did it.",
        "answer-q1": "Short.",
        "answer-q2": "Long.",
        "answer-q3": "Berlin",
        "answer-q4": ["Berlin", "Remote"],
        "answer-q5": "7",
        "answer-q6": "2027-03-01",
        "answer-q7": "no",
        "do": "send",
    }
    files = [("answer-q8", ("cv.txt", b"What I did."))]
    answer = client.post("/jobs/engineer/apply", data=form, files=files)

    assert answer.status_code == 303, re.findall(r'<li><a href="#[^<]+', answer.text)
    listed = client.get("/api/v1/submissions?q=ida@example.org", headers=world.recruiter.auth)
    id = listed.json()["items"][0]["id"]
    sent = client.get(f"/api/v1/submissions/{id}", headers=world.recruiter.auth).json()
    values = {one["key"]: one["value"] for one in sent["answers"]}
    assert values == {
        "q1": "Short.",
        "q2": "Long.",
        "q3": "Berlin",
        "q4": ["Berlin", "Remote"],
        "q5": 7,
        "q6": "2027-03-01",
        "q7": False,
        "q8": "cv.txt",
    }


def test_over_the_api_all_is_told_at_once_too(client: TestClient, world: World) -> None:
    ask(world, QuestionKind.SHORT)
    url = f"/api/v1/jobs/{world.job_slug}/submissions"
    refused = client.post(url, json={"email": "no address", "evidence": [{"kind": "talk"}]}).json()

    assert {error["pointer"] for error in refused["errors"]} == {
        "/name",
        "/email",
        "/consent",
        "/evidence/0/claim",
        "/answers/q1",
    }


def test_two_files_for_a_question_that_takes_one_are_told_of_in_one_sentence(
    client: TestClient, world: World
) -> None:
    ask(world, QuestionKind.FILE)
    sendable = {
        "name": "Ida",
        "email": "ida@example.org",
        "consent": "yes",
        "evidence-0-claim": "I did it.",
    }
    one, other = (("answer-q1", (name, name.encode())) for name in ("cv1.txt", "cv2.txt"))
    begun = client.post("/jobs/engineer/apply", data=sendable | {"do": "add"}, files=[one])
    form = sendable | draft_on(begun.text)
    told = client.post("/jobs/engineer/apply", data=form, files=[other])
    (link,) = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', told.text)
    dropped = re.findall(r'name="drop" value="([^"]+)"', told.text)
    sent = client.post(
        "/jobs/engineer/apply", data=sendable | draft_on(told.text) | {"drop": dropped[0]}
    )

    assert (told.status_code, sent.status_code) == (422, 303)
    assert link == ("answer-q1", "Question 1? Only one file: tick the one to remove.")
    assert len(dropped) == 2


def test_a_draft_that_was_changed_elsewhere_does_not_hide_what_is_missing(
    client: TestClient, world: World, tools: Tools
) -> None:
    ask(world, QuestionKind.SHORT)
    opened = draft_on(begin(client, tools))
    client.post(APPLY, data=BEGUN | opened | {"statement": "From one page.", "do": "add"})
    other = client.post(APPLY, data=SENDABLE | opened)

    assert other.status_code == 412
    assert "This draft was changed elsewhere" in other.text
    assert '<a href="#answer-q1">Question 1? Answer this question.</a>' in other.text
