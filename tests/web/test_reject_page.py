"""Whom the page rejects: those that were looked at as they are, and nobody who was just moved."""

import re
from html import unescape
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import select

from service.domain.messages.tables import Message
from service.domain.submissions.tables import Submission
from tests.reviewing import assign
from tests.worlds import Sent, World

MAIL = {"reason": "depth", "subject": "About {job}", "text": "Dear {name}"}


def step(client: TestClient, world: World, sent: Sent, **body: str) -> None:
    version = world.reload(Submission, sent.id).version
    headers = {**world.recruiter.auth, "If-Match": f'"{version}"'}
    moved = client.post(f"{sent.url}/moves", json=body, headers=headers)
    assert moved.status_code == 201


def preview(client: TestClient, *sent: Sent) -> Response:
    chosen = [f"{one.id}:1" for one in sent]
    return client.post("/desk/reject/preview", data={"chosen": chosen})


def form_on(page: str) -> dict[str, object]:
    """What a browser would send back."""
    lines = re.search(r'name="lines" value="([^"]*)"', page)
    assert lines
    ticked = re.findall(r'name="chosen" value="([^"]+)"[^>]* checked', page)
    return {"lines": lines[1], "chosen": ticked}


def notices(page: str) -> list[str]:
    found = re.findall(r'<p class="notice">(.*?)</p>', page)
    return [unescape(re.sub(r"<[^>]+>", "", text)).split(": ")[-1] for text in found]


def decisions(world: World) -> list[str | None]:
    return [world.reload(Submission, s.id).decision for s in (world.submission, world.submission2)]


def test_who_was_moved_since_the_list_is_named_and_not_ticked(
    pages: TestClient, world: World
) -> None:
    step(pages, world, world.submission2, to="offer")
    shown = preview(pages, world.submission, world.submission2)
    done = pages.post("/desk/reject", data={**form_on(shown.text), **MAIL})

    assert shown.status_code == 200
    assert "Reject 1 submission<" in shown.text
    assert notices(shown.text) == ["Grace"]
    assert 'data-label="Stage">Offer</td>' in shown.text
    assert shown.text.index(">Grace<") < shown.text.index(">Ada<")
    assert done.status_code == 303
    assert decisions(world) == ["rejected", None]


def test_a_refusal_of_the_mail_does_not_forget_what_was_looked_at(
    pages: TestClient, world: World
) -> None:
    looked = preview(pages, world.submission, world.submission2).text
    step(pages, world, world.submission2, to="screen")
    typo = pages.post("/desk/reject", data={**form_on(looked), **MAIL, "text": "Dear {nmae}"})
    done = pages.post("/desk/reject", data={**form_on(typo.text), **MAIL})

    assert typo.status_code == 422
    assert notices(typo.text) == ["Grace"]
    assert done.status_code == 303
    assert decisions(world) == ["rejected", None]
    with world.database.read() as session:
        assert session.exec(select(Message.recipient)).all() == ["ada@example.org"]


def test_a_refusal_names_who_was_changed_and_the_others_go_on(
    pages: TestClient, world: World
) -> None:
    looked = preview(pages, world.submission, world.submission2).text
    step(pages, world, world.submission, to="rejected", reason="depth")
    refused = pages.post("/desk/reject", data={**form_on(looked), **MAIL})
    done = pages.post("/desk/reject", data={**form_on(refused.text), **MAIL})

    assert refused.status_code == 412
    assert "Some of them were changed or have ended" in refused.text
    assert notices(refused.text) == ["Ada"]
    assert f'value="{world.submission.id}:' not in refused.text.split("</thead>")[1]
    assert done.status_code == 303
    with world.database.read() as session:
        assert session.exec(select(Message.recipient)).all() == ["grace@example.org"]


def test_who_was_told_of_a_change_may_tick_it_all_the_same(pages: TestClient, world: World) -> None:
    step(pages, world, world.submission, to="offer")
    form = form_on(preview(pages, world.submission).text)
    unticked = pages.post("/desk/reject", data={**form, **MAIL})
    ticked = pages.post("/desk/reject", data={**form, "chosen": f"{world.submission.id}:2", **MAIL})

    assert (form["chosen"], unticked.status_code) == ([], 422)
    assert "Select at least one submission first." in unticked.text
    assert "Dear {name}" in unticked.text
    assert ticked.status_code == 303
    assert decisions(world) == ["rejected", None]


def test_one_that_is_gone_from_ones_sight_does_not_stop_the_others(
    pages: TestClient, world: World
) -> None:
    chosen = [f"{world.submission.id}:1", f"{world.job_id}:1"]
    shown = pages.post("/desk/reject/preview", data={"chosen": chosen})
    refused = pages.post("/desk/reject", data={"chosen": chosen, **MAIL})
    nobody = pages.post("/desk/reject/preview", data={"chosen": chosen[1:]})

    assert (shown.status_code, refused.status_code, nobody.status_code) == (200, 404, 404)
    for page in (shown.text, refused.text):
        assert "1 of those you chose is no longer there" in page
        assert form_on(page)["chosen"] == chosen[:1]


@pytest.mark.parametrize("version", ["1", "7"])
def test_a_reviewer_sees_no_form_to_reject(
    reviewing: TestClient, world: World, version: str
) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    chosen = {"chosen": f"{world.submission.id}:{version}"}
    shown = reviewing.post("/desk/reject/preview", data=chosen)
    done = reviewing.post("/desk/reject", data={**chosen, **MAIL})

    assert (shown.status_code, done.status_code) == (403, 403)
    assert "not show enough depth" not in shown.text


def test_a_field_that_was_cleared_stays_empty(pages: TestClient, world: World) -> None:
    shown = preview(pages, world.submission).text
    cleared = {**form_on(shown), **MAIL, "subject": "", "text": ""}
    refused = pages.post("/desk/reject", data=cleared)

    assert (words_on(shown)[0] != "", words_on(shown)[1] != "") == (True, True)
    assert (refused.status_code, words_on(refused.text)) == (422, ["", ""])


@pytest.mark.parametrize("spelling", ["{{{}}}:1", "urn:uuid:{}:1", "{}:01", "{}:0", "{}:", "{}:١"])
@pytest.mark.parametrize("field", ["chosen", "lines"])
def test_an_id_has_one_spelling_in_a_form_too(
    pages: TestClient, world: World, field: str, spelling: str
) -> None:
    odd = spelling.format(world.submission.id)
    shown = pages.post("/desk/reject/preview", data={field: odd})
    bare = pages.post("/desk/reject/preview", data={field: f"{world.submission.id.hex}:1"})
    right = pages.post("/desk/reject/preview", data={field: f"{world.submission.id}:1"})

    assert [answer.status_code for answer in (shown, bare, right)] == [400, 400, 200]


@pytest.mark.parametrize("path", ["/desk/reject/preview", "/desk/reject"])
def test_no_more_are_looked_for_than_may_be_rejected_at_once(
    pages: TestClient, world: World, path: str
) -> None:
    lines = [f"{world.submission.id}:1", *(f"{uuid4()}:1" for _ in range(99))]
    some, many = (
        pages.post(path, data={"lines": " ".join(some), "chosen": [], **MAIL})
        for some in (lines, [*lines, f"{uuid4()}:1"])
    )

    assert "99 of those you chose are no longer there" in some.text
    assert many.status_code == 422
    assert "Select at most 100 submissions at once." in many.text


def words_on(page: str) -> list[str]:
    """The subject and the text that would go out."""
    found = re.findall(r'name="subject" value="([^"]*)"|name="text"[^>]*>\n([^<]*)<', page)
    return ["".join(one) for one in found]
