"""Reviewers and recruiters at the desk, in a browser."""

import csv
from pathlib import Path

from playwright.sync_api import Page

from tests.journeys.conftest import JOB, Site

FIRST = "tbody a >> nth=0"


def take_next(page: Page) -> str:
    """The address of the scorecard that was handed out."""
    page.click("text=Take the next submission")
    page.wait_for_url("**/scorecard")
    return page.url


def judge(page: Page, level: int) -> None:
    """Fill in all of a scorecard but lock."""
    for field in page.locator("fieldset.anchors").all():
        field.locator(f"input[type=radio][value='{level}']").check()
        field.locator("input[name$=-cites][value='1']").check()
    page.check("input[name=recommendation][value=yes]")
    page.check("input[name=confidence][value=high]")


def test_a_reviewer_drafts_locks_and_only_then_sees_the_others(site: Site) -> None:
    first = site.signed_in("noor")
    card = take_next(first)
    one = card.removesuffix("/scorecard")
    judge(first, 4)
    first.fill("#comment", "I have seldom seen such care.")
    first.click("text=Lock it")
    first.wait_for_url(f"{one}?done=*")
    recruiter = site.signed_in("alma")
    recruiter.goto(one)
    recruiter.select_option("#reviewer", index=rika(recruiter))
    recruiter.click("text=Assign")
    second = site.signed_in("rika")

    second.goto(one)
    assert "I have seldom seen such care." not in second.content()
    second.goto(card)
    judge(second, 2)
    second.click("text=Save the draft")
    second.wait_for_selector("text=Your draft is saved.")
    second.goto(one)
    assert "I have seldom seen such care." not in second.content()
    second.goto(card)
    assert second.is_checked("input[name=recommendation][value=yes]")
    second.click("text=Lock it")
    second.wait_for_url(f"{one}?done=*")

    assert "I have seldom seen such care." in second.inner_text("main")


def rika(page: Page) -> int:
    """Which of the people to choose from is Rika."""
    names = page.locator("#reviewer option").all_inner_texts()
    return next(i for i, name in enumerate(names) if name.startswith("Rika"))


def test_two_recruiters_move_at_once_and_one_is_told(site: Site) -> None:
    one, other = site.signed_in("alma"), site.signed_in("ruben")
    one.goto(f"{site.address}/desk/submissions?decision=none&job={JOB}")
    one.click(FIRST)
    one.wait_for_selector("#to")
    other.goto(one.url)
    other.fill("#note", "My own reasons.")
    other.select_option("#to", index=1)
    one.select_option("#to", index=0)
    one.click("main button:has-text('Move')")
    one.wait_for_load_state()
    with other.expect_response("**/moves") as answer:
        other.click("main button:has-text('Move')")

    assert answer.value.status == 412
    assert "This was changed since you read it" in other.inner_text("main")


def test_a_recruiter_rejects_with_a_mail_and_takes_the_rest_away(site: Site) -> None:
    page = site.signed_in("ruben")
    page.goto(f"{site.address}/desk/submissions?decision=none")
    names = page.locator("tbody tr td:nth-child(2) a").all_inner_texts()
    page.check("tbody input[type=checkbox] >> nth=0")
    page.click("text=Reject the selected ones")
    page.wait_for_selector("#subject")
    page.select_option("#reason", index=1)
    page.fill("#text", "Dear {name}, thank you for {job}. We go on with others.")
    page.click("button.bad")
    page.wait_for_url("**/desk/submissions?*rejected*")
    assert names[0] in page.inner_text("tbody")
    page.goto(f"{site.address}/desk/submissions?job={JOB}")
    with page.expect_download() as download:
        page.click("text=Download CSV")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))

    assert {row["decision"] for row in rows if row["name"] == names[0]} == {"rejected"}
    assert set(names) <= {row["name"] for row in rows}
    for _ in range(100):
        if letters := [mail for mail in site.mails if f"Dear {names[0]}" in mail]:
            break
        page.wait_for_timeout(100)
    assert len(letters) == 1
