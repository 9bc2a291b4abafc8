"""The public pages: what strangers see, send and lose nothing of."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import func, select

from service.domain.accounts.actor import SYSTEM
from service.domain.submissions.actions import make_link
from service.domain.submissions.queries import link_token
from service.domain.submissions.tables import Draft, LinkPurpose, StagedFile, Submission
from service.doors.tools import Tools
from service.settings import Rates
from service.worker.loop import run_once
from tests.web.conftest import version_on
from tests.worlds import World

APPLY = "/jobs/engineer/apply"
GOOD = {
    "name": "Ida",
    "email": "ida@example.org",
    "consent": "yes",
    "evidence-0-claim": "I made it.",
    "do": "send",
}


def count(world: World, table: type[Submission | Draft | StagedFile]) -> int:
    with world.database.read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def draft_in(text: str) -> str:
    found = re.search(r'name="draft" value="([^"]*)"', text)
    assert found
    return found[1]


def test_the_job_page_says_what_search_engines_read(client: TestClient, world: World) -> None:
    page = client.get("/jobs/engineer").text

    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    posting = json.loads(found[1])
    assert posting["@type"] == "JobPosting"
    assert posting["title"] == "Software Engineer"
    assert "<strong>things</strong>" in page


def test_a_form_is_sent_once_however_often_it_is_pressed(client: TestClient, world: World) -> None:
    data = GOOD | {"idempotency_key": "one"}
    answers = [client.post(APPLY, data=data) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert count(world, Submission) == 3


def test_a_refused_form_keeps_every_word_and_file(client: TestClient, world: World) -> None:
    data = GOOD | {"email": "nonsense", "statement": "Words & words"}
    files = [("evidence-0-files", ("a.txt", b"text")), ("evidence-0-files", ("b.html", b"<html>"))]
    refused = client.post(APPLY, data=data, files=files)

    assert refused.status_code == 422
    assert "Words &amp; words" in refused.text
    assert "a.txt" in refused.text
    assert 'id="evidence-0-files-mistake"' in refused.text
    assert 'id="email-mistake"' in refused.text
    assert (count(world, Submission), count(world, Draft), count(world, StagedFile)) == (2, 1, 1)
    sent = client.post(
        APPLY,
        data=data
        | {
            "email": "i@example.org",
            "draft": draft_in(refused.text),
            "version": version_on(refused.text),
        },
    )
    assert sent.status_code == 303
    assert (count(world, Submission), count(world, Draft), count(world, StagedFile)) == (3, 0, 0)


def test_a_link_alone_is_an_exhibit(client: TestClient, world: World) -> None:
    data = {key: value for key, value in GOOD.items() if key != "evidence-0-claim"}
    data["evidence-0-link"] = "https://example.org/work"

    assert client.post(APPLY, data=data).status_code == 303


def test_a_program_that_fills_in_everything_is_thanked_and_forgotten(
    client: TestClient, world: World
) -> None:
    answer = client.post(APPLY, data=GOOD | {"leave_empty": "buy"})

    assert answer.status_code == 303
    assert client.get(answer.headers["location"]).status_code == 200
    assert count(world, Submission) == 2


@pytest.mark.parametrize(
    "path",
    ["/status/x", "/confirm/x", "/withdraw/x", "/drafts/x", "/receipts/x", f"{APPLY}?draft=x"],
)
def test_a_made_up_link_opens_nothing(client: TestClient, world: World, path: str) -> None:
    assert client.get(path).status_code == 404


def letters_in(tools: Tools, page: str) -> list[str]:
    """The links to a page in all letters that were sent."""
    run_once(tools)
    mails = [path.read_text() for path in (tools.settings.data_dir / "mail").glob("*.eml")]
    return [found[0] for mail in mails if (found := re.search(rf"/{page}/\S+", mail))]


def status_path(world: World, tools: Tools) -> str:
    with world.database.write() as session:
        lasts, id = timedelta(hours=1), world.submission.id
        link = make_link(session, SYSTEM, LinkPurpose.STATUS, lasts=lasts, submission_id=id)
        return f"/status/{link_token(tools.key, link)}"


def test_an_address_gets_only_so_many_letters_and_nobody_is_told(
    client: TestClient, world: World, tools: Tools
) -> None:
    most = 3
    tools = replace(
        tools, settings=tools.settings.model_copy(update={"rates": Rates(per_email="3/day")})
    )
    later = GOOD | {"do": "later", "evidence-0-claim": ""}
    withdraw = f"{status_path(world, tools)}/withdraw"
    answers = []
    for number in range(most + 2):
        spelt = "ada@example.org" if number % 2 else "Ada@Example.org"
        answers += [
            client.post("/status", data={"email": spelt}).status_code,
            client.post(withdraw, data={"pressed": "yes"}).status_code,
            client.post(APPLY, data=GOOD | {"email": spelt}).status_code,
            client.post(APPLY, data=later | {"email": spelt}).status_code,
        ]

    assert answers == [200, 200, 303, 200] * (most + 2)
    pages = ("status", "withdraw", "confirm", "drafts")
    assert {page: len(letters_in(tools, page)) for page in pages} == dict.fromkeys(pages, most)


def test_an_addition_can_be_confirmed_from_the_status_page(
    client: TestClient, world: World, tools: Tools
) -> None:
    client.post(APPLY, data=GOOD | {"email": "ada@example.org"})
    status = status_path(world, tools)
    shown = client.get(status)
    button = re.search(rf'{status}/confirm/[^"]*', shown.text)
    assert button
    yes = {"pressed": "yes"}
    elsewhere = client.post(button[0].replace(status, "/status/x"), data=yes)
    pressed = [client.post(button[0], data=yes).status_code for _ in range(2)]

    assert elsewhere.status_code == 404
    assert pressed == [303, 409]
    assert "sent more with your address" not in client.get(status).text
    assert world.reload(Submission, world.submission.id).revision == 2


def test_known_and_unknown_addresses_get_the_same_answer(client: TestClient, world: World) -> None:
    pages = []
    for email in ("ada@example.org", "new@example.org"):
        sent = client.post(APPLY, data=GOOD | {"email": email})
        receipt = client.get(sent.headers["location"])
        hidden = re.sub(r"[0-9a-f-]{36}", "ID", receipt.text)
        pages.append((sent.status_code, receipt.status_code, re.sub(r"\d\d:\d\d", "", hidden)))

    assert pages[0] == pages[1]


def test_looking_at_a_link_to_confirm_confirms_nothing(
    client: TestClient, world: World, tools: Tools
) -> None:
    client.post(APPLY, data=GOOD | {"email": "ada@example.org"})
    run_once(tools)
    mails = [p.read_text() for p in (tools.settings.data_dir / "mail").glob("*.eml")]
    link = next(m[0] for mail in mails if (m := re.search(r"/confirm/\S+", mail)))
    looked = client.get(link)
    with world.database.read() as session:
        before = session.get_one(Submission, world.submission.id).revision
    key = re.search(r'name="idempotency_key" value="([^"]+)"', looked.text)
    assert key
    pressed = [client.post(link, data={"idempotency_key": key[1]}) for _ in range(2)]
    later = client.post(link, data={"idempotency_key": "another"})
    with world.database.read() as session:
        after = session.get_one(Submission, world.submission.id).revision

    assert looked.status_code == 200
    assert (before, after) == (1, 2)
    assert [answer.status_code for answer in pressed] == [200, 200]
    assert "It is now the newest version" in pressed[1].text
    assert pressed[0].headers["content-type"] == pressed[1].headers["content-type"]
    assert (later.status_code, pressed[0].text) == (410, pressed[1].text)
