"""What could not be kept is said to be so, and nobody sends without it unawares."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import col, func, select

from service.app import create_app
from service.core.clock import utc_now
from service.core.db import Database
from service.domain.submissions.tables import Draft, StagedFile, SubmissionFile
from service.doors.tools import Tools
from service.settings import Rates
from service.worker import sweeps
from tests.web.test_drafts_elsewhere import draft_on
from tests.worlds import World

APPLY = "/jobs/engineer/apply"
TYPED = {"name": "Ole", "email": "ole@example.org", "consent": "yes", "evidence-0-claim": "Mine."}
SEND = TYPED | {"do": "send"}
WRONG = SEND | {"email": "nonsense"}
File = tuple[str, tuple[str, bytes]]


def files(*numbers: int) -> list[File]:
    return [("evidence-0-files", (f"{number}.txt", b"%d" % number)) for number in numbers]


def hidden_on(page: str) -> dict[str, list[str]]:
    """The files that a form says were not kept."""
    return {"missed": re.findall(r'type="hidden" name="missed" value="([^"]+)"', page)}


def count(world: World, table: type[Draft | StagedFile | SubmissionFile]) -> int:
    with world.database.read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_of_too_many_files_as_many_are_kept_as_a_draft_holds_and_the_others_are_asked_for(
    client: TestClient, world: World
) -> None:
    begun = client.post(APPLY, data=TYPED | {"do": "add"}, files=files(*range(15)))
    more = {"statement": "New words.", **draft_on(begun.text)}
    told = client.post(APPLY, data=SEND | more, files=files(*range(15, 25)))
    lacking = hidden_on(told.text)
    state = draft_on(told.text) | lacking
    asked = client.post(APPLY, data=SEND | state)
    opened = client.get(APPLY, params={"draft": draft_on(asked.text)["draft"]})
    all_but_one = lacking["missed"][1:]
    still = client.post(APPLY, data=SEND | state | draft_on(asked.text) | {"without": all_but_one})
    sure = lacking | draft_on(still.text) | {"without": lacking["missed"]}
    sent = client.post(APPLY, data=SEND | sure)

    assert (told.status_code, asked.status_code, still.status_code) == (413, 422, 422)
    assert lacking == {"missed": [f"evidence-0-files/{number}.txt" for number in range(20, 25)]}
    assert "Nothing was lost" not in told.text
    assert (told.text.count("chip good"), told.text.count("chip bad")) == (20, 5)
    assert "New words." in told.text
    assert "A file that you chose was not kept" in asked.text
    assert hidden_on(opened.text) == lacking
    assert hidden_on(still.text) == {"missed": lacking["missed"][:1]}
    assert (sent.status_code, count(world, SubmissionFile)) == (303, 20)


def test_a_file_that_is_chosen_again_is_missed_no_longer(client: TestClient, world: World) -> None:
    lacking = {"missed": ["evidence-0-files/1.txt", "evidence-0-files/2.txt"]}
    asked = client.post(APPLY, data=SEND | lacking, files=files(1))
    again = draft_on(asked.text) | hidden_on(asked.text)
    sent = client.post(APPLY, data=SEND | again, files=files(2))

    assert asked.status_code == 422
    assert hidden_on(asked.text) == {"missed": ["evidence-0-files/2.txt"]}
    assert sent.status_code == 303
    with world.database.read() as session:
        names = session.exec(select(SubmissionFile.name).order_by(col(SubmissionFile.name))).all()
    assert names == ["1.txt", "2.txt"]


@pytest.fixture
def limited(tools: Tools) -> Tools:
    rates = Rates(submissions="1/day", submissions_everywhere="1000/day")
    return replace(tools, settings=tools.settings.model_copy(update={"rates": rates}))


def test_what_could_not_be_saved_is_said_to_be_on_the_page_only(
    limited: Tools, world: World
) -> None:
    with TestClient(create_app(limited), "http://localhost", follow_redirects=False) as client:
        kept = client.post(APPLY, data=WRONG, files=files(1))
        told = client.post(APPLY, data=WRONG, files=files(2))
        asked = client.post(APPLY, data=SEND | hidden_on(told.text))

    assert (kept.status_code, told.status_code, asked.status_code) == (422, 429, 429)
    assert "files marked “Kept”" in kept.text
    assert "could not be saved" not in kept.text
    assert "could not be saved" in told.text
    assert 'href="#evidence-0-files">2.txt</a>' in told.text
    assert hidden_on(told.text) == hidden_on(asked.text) == {"missed": ["evidence-0-files/2.txt"]}
    assert "say to send without it" in asked.text
    assert (count(world, Draft), count(world, StagedFile)) == (1, 1)


@contextmanager
def losing_the_count(database: Database) -> Iterator[list[str]]:
    """Once a draft is there, no connection is free for counting it; what was lost."""
    seen: list[str] = []
    lost: list[str] = []

    def lose(_connection: object, _cursor: object, statement: str, *_how: object) -> None:
        seen.append(statement)
        counts = statement.startswith("INSERT INTO rate_count")
        if counts and any(one.startswith("INSERT INTO draft ") for one in seen):
            lost.append(statement)
            raise PoolTimeout

    event.listen(database.engine, "before_cursor_execute", lose)
    yield lost
    event.remove(database.engine, "before_cursor_execute", lose)


def test_a_draft_that_is_kept_is_not_said_to_be_lost_when_it_could_not_be_counted(
    tools: Tools, world: World
) -> None:
    rates = Rates(store="database")
    counting = replace(tools, settings=tools.settings.model_copy(update={"rates": rates}))
    with TestClient(create_app(counting), "http://localhost", follow_redirects=False) as client:
        with losing_the_count(tools.database) as lost:
            kept = client.post(APPLY, data=WRONG, files=files(1))
        again = client.post(APPLY, data=WRONG | draft_on(kept.text))

    assert (len(lost), kept.status_code, again.status_code) == (1, 422, 422)
    assert "files marked “Kept”" in kept.text
    assert "could not be saved" not in kept.text
    assert (count(world, Draft), count(world, StagedFile)) == (1, 1)


def test_a_file_to_be_removed_stays_in_sight_until_that_is_saved(
    client: TestClient, world: World
) -> None:
    begun = client.post(APPLY, data=TYPED | {"do": "add"}, files=files(1))
    drop = re.findall(r'name="drop" value="([^"]+)"', begun.text)
    too_long = {"statement": "\u00e4" * 300_000, "do": "add", "drop": drop}
    told = client.post(APPLY, data=TYPED | too_long | draft_on(begun.text))

    assert told.status_code == 413
    assert "could not be saved" in told.text
    assert re.findall(r'name="drop" value="([^"]+)"', told.text) == drop


def test_who_goes_back_after_sending_and_adds_a_file_is_told_and_sends_it_with_the_next_press(
    client: TestClient, world: World
) -> None:
    key = {"idempotency_key": "of this page"}
    first = client.post(APPLY, data=SEND | key)
    told, again = (client.post(APPLY, data=SEND | key, files=files(1)) for _ in range(2))
    receipt = re.search(r'href="(/receipts/[^"]+)"', told.text)
    assert receipt
    sent = client.post(APPLY, data=SEND | draft_on(told.text))

    assert (first.status_code, told.status_code, sent.status_code) == (303, 422, 303)
    assert receipt[1] == first.headers["location"]
    assert told.text.count("press again to send it too") == 1
    assert "Idempotency-Key" not in told.text
    assert "Please check" not in told.text
    assert told.text.count("chip good") == again.text.count("chip good") == 1
    assert "1.txt" in client.get(sent.headers["location"]).text


def test_who_goes_back_after_going_on_later_sends_at_once(client: TestClient, world: World) -> None:
    key = {"idempotency_key": "of this page"}
    later = client.post(APPLY, data=TYPED | key | {"do": "later"})
    sent = [client.post(APPLY, data=SEND | key, files=files(1)) for _ in range(2)]

    assert later.status_code == 200
    assert [answer.status_code for answer in sent] == [303, 303]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    assert count(world, SubmissionFile) == 1


def sweep(world: World) -> None:
    """As if nobody had touched any draft for long."""
    with world.database.write() as session:
        sweeps.drafts(session, utc_now() + timedelta(days=1), 100)


@pytest.mark.parametrize("wish", ["send", "later", "add"])
def test_the_files_of_a_draft_that_was_swept_meanwhile_are_asked_for_again(
    client: TestClient, world: World, wish: str
) -> None:
    begun = client.post(APPLY, data=TYPED | {"do": "add"}, files=files(1, 2, 3))
    shown = {"kept": re.findall(r'name="kept" value="([^"]+)"', begun.text)}
    dropped = {"drop": shown["kept"][2].split("/")[0]}
    page = TYPED | draft_on(begun.text) | shown | dropped | {"statement": "Late words."}
    sweep(world)
    told = client.post(APPLY, data=page | {"do": wish}, files=files(2))
    lacking = hidden_on(told.text)
    state = TYPED | draft_on(told.text) | lacking | {"statement": "Late words."}
    still = client.post(APPLY, data=state | {"do": "send"})
    sent = client.post(APPLY, data=state | draft_on(still.text) | {"do": "send"}, files=files(1))

    assert (told.status_code, still.status_code, sent.status_code) == (422, 422, 303)
    assert "was deleted 30 days after you last changed it" in told.text
    assert "Late words." in told.text
    assert lacking == {"missed": ["evidence-0-files/1.txt"]}
    assert "was deleted" not in still.text
    assert count(world, SubmissionFile) == 2
    assert count(world, Draft) == 0


def test_a_draft_without_files_that_was_swept_meanwhile_is_sent_as_it_is(
    client: TestClient, world: World
) -> None:
    begun = client.post(APPLY, data=TYPED | {"do": "add"})
    sweep(world)

    assert client.post(APPLY, data=SEND | draft_on(begun.text)).status_code == 303
