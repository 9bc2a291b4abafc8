"""One draft on two pages: neither overwrites the other, and it is sent once."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, func, select

from service.domain.submissions.tables import Draft, StagedFile, Submission
from service.doors.tools import Tools
from tests.web.conftest import version_on
from tests.web.test_candidate_links import mailed
from tests.worlds import World

APPLY = "/jobs/engineer/apply"
BEGUN = {"name": "Ole", "email": "ole@example.org", "statement": "As it was begun."}
SENDABLE = {**BEGUN, "consent": "yes", "evidence-0-claim": "I made it.", "do": "send"}
NOTES, PLAN = (("evidence-0-files", (name, name.encode())) for name in ("notes.txt", "plan.txt"))


def draft_on(page: str) -> dict[str, str]:
    """What a form says of the draft it goes on from."""
    found = re.search(r'name="draft" value="([^"]+)"', page)
    assert found
    return {"draft": found[1], "version": version_on(page)}


def begin(client: TestClient, tools: Tools) -> str:
    """A draft put off, and the form that its mailed link opens."""
    assert client.post(APPLY, data=BEGUN | {"do": "later"}, files=[NOTES]).status_code == 200
    return client.get(client.get(mailed(tools, "drafts")[-1]).headers["location"]).text


def stored(world: World) -> tuple[str, list[str]]:
    """The statement and the files of the only draft."""
    with world.database.read() as session:
        draft = session.exec(select(Draft)).one()
        files = session.exec(select(StagedFile.name).order_by(col(StagedFile.name))).all()
        fields = draft.content["fields"]
        assert isinstance(fields, list)
        return dict(fields)["statement"], list(files)


def count(world: World, table: type[Draft] | type[Submission]) -> int:
    with world.database.read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def number_of(client: TestClient, receipt: str) -> str:
    """What a receipt says was sent; its path is another each time."""
    found = re.search(r"<dt>Number</dt><dd>([^<]+)<", client.get(receipt).text)
    assert found
    return found[1]


def at_once(client: TestClient, *forms: dict[str, str]) -> list[httpx2.Response]:
    ready = Barrier(len(forms))

    def send(form: dict[str, str]) -> httpx2.Response:
        ready.wait()
        return client.post(APPLY, data=form)

    with ThreadPoolExecutor(len(forms)) as crowd:
        return list(crowd.map(send, forms))


@pytest.mark.parametrize("wish", ["later", "add", "send"])
@pytest.mark.parametrize("words", [SENDABLE, BEGUN])
def test_a_page_made_before_a_change_elsewhere_overwrites_and_sends_nothing(
    client: TestClient, world: World, tools: Tools, wish: str, words: dict[str, str]
) -> None:
    one = other = draft_on(begin(client, tools))
    first = client.post(APPLY, data=SENDABLE | one | {"statement": "One.", "do": "add"})
    late = words | other | {"statement": "Other & last.", "do": wish}
    told = [client.post(APPLY, data=late, files=[PLAN]) for _ in range(2)]
    between = stored(world)
    again = words | draft_on(told[1].text) | {"statement": "Other & last.", "do": "add"}
    sure = client.post(APPLY, data=again)

    assert (first.status_code, sure.status_code) == (200, 200)
    assert {answer.status_code for answer in told} == (
        {422} if words is BEGUN and wish == "send" else {412}
    )
    for answer in told:
        assert "This draft was changed elsewhere" in answer.text
        assert "Other &amp; last." in answer.text
        assert "plan.txt" in answer.text
        assert "notes.txt" in answer.text
    assert between == ("One.", ["notes.txt", "plan.txt"])
    assert stored(world) == ("Other & last.", ["notes.txt", "plan.txt"])
    assert count(world, Submission) == 2
    assert len(mailed(tools, "drafts")) == 1


def test_who_is_told_of_a_change_elsewhere_can_look_at_it(
    client: TestClient, world: World, tools: Tools
) -> None:
    opened = draft_on(begin(client, tools))
    client.post(APPLY, data=BEGUN | opened | {"statement": "Theirs.", "do": "add"})
    told = client.post(APPLY, data=BEGUN | opened | {"statement": "Mine.", "do": "later"})
    link = re.search(rf'href="({APPLY}\?draft=[^"]+)"', told.text)
    assert link
    shown = client.get(link[1].replace("&amp;", "&"))

    assert "Theirs." in shown.text
    assert "Mine." not in shown.text
    assert draft_on(shown.text) == draft_on(told.text)


def test_no_file_is_dropped_from_a_draft_that_was_changed_elsewhere(
    client: TestClient, world: World, tools: Tools
) -> None:
    page = begin(client, tools)
    drop = re.search(r'name="drop" value="([^"]+)"', page)
    assert drop
    late = BEGUN | draft_on(page) | {"do": "later", "drop": drop[1]}
    client.post(APPLY, data=BEGUN | draft_on(page) | {"do": "add"})
    told = client.post(APPLY, data=late)
    kept = stored(world)
    sure = client.post(APPLY, data=late | draft_on(told.text))

    assert (told.status_code, sure.status_code) == (412, 200)
    assert (kept[1], stored(world)[1]) == (["notes.txt"], [])


def test_a_refused_form_pressed_twice_meets_its_own_draft(
    client: TestClient, world: World, tools: Tools
) -> None:
    wrong = SENDABLE | draft_on(begin(client, tools)) | {"email": "nonsense"}
    told = [client.post(APPLY, data=wrong, files=[PLAN]) for _ in range(2)]
    sent = client.post(APPLY, data=wrong | draft_on(told[1].text) | {"email": "o@example.org"})

    assert [answer.status_code for answer in told] == [422, 422]
    assert "changed elsewhere" not in told[1].text
    assert told[1].text.count("plan.txt") == told[0].text.count("plan.txt")
    assert sent.status_code == 303
    assert (count(world, Draft), count(world, Submission)) == (0, 3)


def test_of_two_sends_of_one_draft_at_once_one_happens_and_the_other_is_told(
    client: TestClient, world: World, tools: Tools
) -> None:
    form = SENDABLE | draft_on(begin(client, tools))
    answers = at_once(client, form, form | {"statement": "The other page's."})
    by_status = {answer.status_code: answer for answer in answers}
    told = by_status[409].text
    receipt = re.search(r'href="(/receipts/[^"]+)"', told)
    assert receipt
    lost = "As it was begun." if answers[0].status_code == 409 else "The other page&#39;s."

    assert Counter(answer.status_code for answer in answers) == {303: 1, 409: 1}
    assert (count(world, Submission), mailed(tools, "confirm")) == (3, [])
    assert "What you began here was sent already" in told
    assert lost in told
    sent = by_status[303].headers["location"]
    assert number_of(client, receipt[1]) == number_of(client, sent)


def test_a_page_of_a_draft_that_was_sent_leads_to_its_receipt(
    client: TestClient, world: World, tools: Tools
) -> None:
    opened = draft_on(begin(client, tools))
    sent = client.post(APPLY, data=SENDABLE | opened)
    looked = client.get(APPLY, params={"draft": opened["draft"]})
    late = [
        client.post(APPLY, data=SENDABLE | opened | {"statement": "More.", "do": wish})
        for wish in ("send", "later", "add")
    ]
    again = client.post(APPLY, data=SENDABLE | draft_on(late[0].text) | {"statement": "More."})

    numbers = {number_of(client, answer.headers["location"]) for answer in (looked, sent)}
    assert (looked.status_code, len(numbers)) == (303, 1)
    assert [answer.status_code for answer in late] == [409] * 3
    assert all("More." in answer.text for answer in late)
    assert (count(world, Submission), len(mailed(tools, "drafts"))) == (3, 1)
    assert again.status_code == 303
    assert len(mailed(tools, "confirm")) == 1
