"""What a form has just done is told once, on the page that it leads to, in words of ours only."""

import hashlib
import hmac
import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from service.core.secrets import sign
from service.domain.submissions.tables import LinkPurpose
from service.doors.tools import Tools
from tests.reviewing import assign
from tests.web.conftest import version_on
from tests.web.test_candidate_links import SECOND, link_to, mailed
from tests.web.test_desk_pages import send_again
from tests.web.test_job_pages import send
from tests.web.test_reject_page import MAIL, form_on, preview
from tests.worlds import World

NOTICE = re.compile(r'<p class="notice" role="status">([^<]*)</p>')


def told(client: TestClient, answer: Response) -> list[str]:
    """What the page says to which a form led."""
    assert answer.status_code == 303, answer.text
    shown = client.get(answer.headers["location"])
    assert shown.status_code == 200
    return [unescape(text) for text in NOTICE.findall(shown.text)]


def test_who_rejects_several_is_told_how_many_and_of_their_letters(
    pages: TestClient, world: World
) -> None:
    form = form_on(preview(pages, world.submission, world.submission2).text)
    two = pages.post("/desk/reject", data={**form, **MAIL})

    assert told(pages, two) == ["2 rejected, 2 letters are on their way."]


def test_a_candidate_is_told_that_an_addition_was_taken(
    client: TestClient, world: World, tools: Tools
) -> None:
    status = link_to(world, tools, LinkPurpose.STATUS)
    added = client.post(status, data={"evidence-0-claim": "More."})

    assert told(client, added) == [
        "Your addition is part of your submission now. The team sees it."
    ]


def test_who_chose_a_password_is_told_before_signing_in(
    client: TestClient, world: World, tools: Tools
) -> None:
    client.post("/reset-password", data={"email": world.recruiter.email})
    (link,) = mailed(tools, "reset-password")
    chosen = client.post(link, data={"password": "a long new password"})

    assert told(client, chosen) == ["Your new password is set. Sign in with it."]


def test_staff_are_told_what_was_done_with_a_submission(pages: TestClient, world: World) -> None:
    at = f"/desk/submissions/{world.submission.id}"
    send_again(pages, world, "I proved it.")
    shown = pages.get(at).text
    by_hand = re.search(r'action="([^"]+/confirm)"', shown)
    assert by_hand
    steps = (
        (by_hand[1], {"reason": "She said so."}),
        (f"{at}/moves", {"to": "screen"}),
        (f"{at}/assignments", {"reviewer": str(world.reviewer.id)}),
        (f"{at}/unseal", {"reason": "An offer is due."}),
    )
    said = []
    for path, fields in steps:
        version = version_on(pages.get(at).text)
        said += told(pages, pages.post(path, data={"version": version, **fields}))

    assert said == [
        "The addition is confirmed: it is the newest revision now.",
        "The submission was moved.",
        "The reviewer was asked.",
        "The scores are open to you. The history says that you looked.",
    ]


def test_a_reviewer_is_told_of_the_draft(reviewing: TestClient, world: World) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    made = {"version": "", "revision": "1", "rubric": "1", "comment": "Mine."}
    at = f"/desk/submissions/{world.submission.id}/scorecard"

    assert told(reviewing, reviewing.post(at, data=made)) == ["Your draft is saved."]


def test_whoever_changes_a_job_is_told(pages: TestClient, world: World) -> None:
    at = f"/desk/jobs/{world.job_slug}"
    saved = told(pages, send(pages, "stages", **{"stages-0-name": "First"}))
    version = version_on(pages.get(at).text)
    closed = told(pages, pages.post(f"{at}/state", data={"version": version, "to": "close"}))

    assert saved == ["Your changes are saved."]
    assert closed == ["The job is closed. It takes no more submissions."]


@pytest.mark.parametrize("word", ["rejected", "You+won", "%3Cb%3E", "x.y.z"])
def test_an_address_tells_nothing_that_was_not_done(
    client: TestClient, tools: Tools, word: str
) -> None:
    done = "/sign-in?done=" + sign(tools.key, "done /sign-in", ["password_set", 0])
    elsewhere = "/reset-password" + done.removeprefix("/sign-in")
    addresses = [done, f"/sign-in?done={word}&count=99", f"{done}x", elsewhere]
    shown = [client.get(address) for address in addresses]

    assert [answer.status_code for answer in shown] == [200] * len(addresses)
    assert [len(NOTICE.findall(answer.text)) for answer in shown] == [1, 0, 0, 0]


@pytest.mark.parametrize(("seconds", "lines"), [(0, 1), (62, 0)])
def test_what_was_done_a_while_ago_is_told_no_more(
    client: TestClient, tools: Tools, seconds: int, lines: int
) -> None:
    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - seconds

    signer = URLSafeTimedSerializer(
        hmac.digest(tools.key.encode(), b"links", "sha256"),
        salt="done /sign-in",
        signer=Earlier,
        signer_kwargs={"digest_method": hashlib.sha256},
    )
    signed = signer.dumps(["password_set", 0])

    assert len(NOTICE.findall(client.get(f"/sign-in?done={signed!s}").text)) == lines


def test_a_list_goes_on_after_what_was_done(pages: TestClient, tools: Tools) -> None:
    signed = sign(tools.key, "done /desk/submissions", ["rejected", 1])
    listed = pages.get(f"/desk/submissions?limit=1&done={signed}")
    following = re.search(r'rel="next" href="([^"]+)"', listed.text)
    assert following
    second = pages.get(unescape(following[1]) + "&limit=1")

    assert NOTICE.findall(listed.text) == ["1 rejected, 1 letter is on its way."]
    assert (second.status_code, NOTICE.findall(second.text)) == (200, [])


def test_who_confirms_reads_the_name_that_takes_the_place_of_the_old_one(
    client: TestClient, world: World, tools: Tools
) -> None:
    client.post("/jobs/engineer/apply", data={**SECOND, "name": "Ada Two"})
    (link,) = mailed(tools, "confirm")
    shown = client.get(link).text

    assert "with the name <strong>Ada Two</strong>" in shown
    assert "<dt>Name</dt><dd>Ada Two</dd>" in shown


def test_who_does_not_want_to_withdraw_after_all_is_led_back(
    client: TestClient, world: World, tools: Tools
) -> None:
    shown = client.get(link_to(world, tools, LinkPurpose.WITHDRAW)).text

    assert '<a href="/status">Keep my submission</a>' in shown


def test_colleagues_are_named_with_their_roles(pages: TestClient, world: World) -> None:
    shown = pages.get(f"/desk/jobs/{world.job_slug}").text

    assert 'Reviewer2 <span class="soft">reviewer</span>' in shown
    assert "Outsider (reviewer)" in shown
