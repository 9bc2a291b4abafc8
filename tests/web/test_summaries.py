"""What is wrong with a form is listed in the order of its page, each with its field's own label."""

import re
from html import unescape

from fastapi.testclient import TestClient

from service.domain.jobs.tables import QuestionKind
from tests.reviewing import assign
from tests.web.conftest import version_on
from tests.web.test_job_pages import send
from tests.web.test_mistakes import ask
from tests.worlds import World


def summary(page: str) -> list[tuple[str, str]]:
    """The links of the list on top: where each leads, and what it says."""
    lines = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', page)
    return [(place, unescape(text)) for place, text in lines]


def is_beside(page: str, place: str) -> bool:
    """Whether the field is there, says that it is wrong, and where that is explained."""
    field = re.search(rf'<[^>]* id="{place}"[^>]*>', page)
    described = field and re.search(rf'aria-describedby="[^"]*\b{place}-mistake"', field[0])
    return bool(described and f'id="{place}-mistake"' in page)


def test_an_application_is_told_in_the_order_of_its_page(client: TestClient, world: World) -> None:
    ask(world, QuestionKind.SHORT, QuestionKind.YES_NO)
    typed = {
        "name": "",
        "email": "ida@example.org",
        "evidence-0-claim": "I did it.",
        "evidence-1-claim": "And that.",
        "evidence-1-ended": "yesterday",
        "links": "nowhere",
        "do": "send",
    }
    page = client.post("/jobs/engineer/apply", data=typed).text
    told = summary(page)

    assert [place for place, _ in told] == [
        *("name", "evidence-1-ended", "links", "answer-q1", "answer-q2", "consent"),
    ]
    labels = ("Your name:", "Until (exhibit 2):", "Links:", "Question 1?", "Question 2?")
    for (_, text), label in zip(told, (*labels, "Your consent:"), strict=True):
        assert text.startswith(f"{label} ")
    assert [place for place, _ in told if not is_beside(page, place)] == []


def test_a_new_job_is_told_in_the_order_of_its_page(pages: TestClient) -> None:
    wrong = {"timezone": "Nowhere", "slug": "No", "title": "", "reviews_wanted": "many"}
    page = pages.post("/desk/jobs", data=wrong).text
    told = summary(page)

    places = [place for place, _ in told]
    assert places[:2] == ["title", "slug"]
    assert places.index("timezone") < places.index("reviews_wanted")
    assert dict(told)["timezone"].startswith("Time zone: Use a name")
    assert [place for place in places if not is_beside(page, place)] == []


def test_each_empty_anchor_is_called_by_its_level_and_criterion(pages: TestClient) -> None:
    empty = {f"criterion-1-anchor-{level}": "" for level in (1, 3)}
    page = send(pages, "rubric", **empty).text

    assert summary(page) == [
        (
            f"criterion-1-anchor-{level}",
            f"{name} looks like (criterion 2): Write something here.",
        )
        for level, name in ((1, "Level 1"), (3, "Level 3"))
    ]


def test_a_scorecard_is_told_beside_its_fields(reviewing: TestClient, world: World) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    url = f"/desk/submissions/{world.submission.id}/scorecard"
    made = {"version": "", "revision": "1", "rubric": "1"}
    typed = {"forecast": "150", "rating-depth-level": "9", "rating-depth-comment": "So it is."}
    page = reviewing.post(url, data=made | typed).text

    assert summary(page) == [("forecast", "Forecast: Enter 100 or less.")]
    assert is_beside(page, "forecast")
    assert "So it is." in page


def test_what_a_lock_lacks_is_told_in_the_order_of_the_page(
    reviewing: TestClient, world: World
) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    url = f"/desk/submissions/{world.submission.id}/scorecard"
    made = {"version": "", "revision": "1", "rubric": "1", "rating-depth-level": "3", "do": "lock"}
    answer = reviewing.post(url, data=made)

    assert answer.status_code == 409
    assert [place for place, _ in summary(answer.text)] == [
        *("rating-humility-level", "rating-depth-cites", "recommendation", "confidence"),
    ]
    assert [place for place, _ in summary(answer.text) if not is_beside(answer.text, place)] == []
    assert "Your draft is saved. It is not locked yet." in answer.text


def test_each_form_of_a_submissions_page_is_told_of_its_own_fields(
    pages: TestClient, world: World
) -> None:
    at = f"/desk/submissions/{world.submission.id}"
    version = {"version": version_on(pages.get(at).text)}
    withdrawn = pages.post(f"{at}/moves", data=version | {"to": "withdrawn"}).text
    rejected = pages.post(f"{at}/moves", data=version | {"to": "rejected"}).text
    asked = pages.post(
        f"{at}/assignments", data={"reviewer": str(world.reviewer.id), "due": "2001-01-01"}
    ).text
    looked = pages.post(f"{at}/unseal", data={"reason": " "}).text

    told = [summary(page)[0] for page in (withdrawn, rejected, asked, looked)]
    assert [place for place, _ in told] == ["note", "reason", "due", "unseal"]
    labels = ("Note:", "Reason:", "By:", "Why must you look before all have judged?")
    for (_, text), label in zip(told, labels, strict=True):
        assert text.startswith(f"{label} ")
    for page, (place, _) in zip((withdrawn, rejected, asked, looked), told, strict=True):
        assert is_beside(page, place), place


def test_a_single_field_is_told_in_the_same_way(client: TestClient, pages: TestClient) -> None:
    mailed = client.post("/status", data={"email": "nobody"}).text
    short = pages.post("/desk/account", data={"old": "x", "password": "y"}).text
    token = pages.post("/desk/account/tokens", data={"name": "", "days": "30"}).text

    assert summary(mailed) == [("email", "E-mail address: This is not an e-mail address.")]
    assert 'value="nobody"' in mailed
    assert summary(short) == [("old", "Old password: The old password is not right.")]
    assert [place for place, _ in summary(token)] == ["name", "scope"]
    assert '<option value="30" selected>' in token


def test_a_rejection_is_told_beside_its_fields(pages: TestClient, world: World) -> None:
    chosen = {"chosen": f"{world.submission.id}:1"}
    typed = {"reason": "", "subject": "", "text": "Dear {nmae}"}
    page = pages.post("/desk/reject", data=chosen | typed).text
    places = [place for place, _ in summary(page)]

    assert places == ["reason", "subject", "text"]
    assert summary(page)[2][1].startswith("The mail: There is no placeholder")
    assert [place for place in places if not is_beside(page, place)] == []
