"""A candidate's way, in a browser, on a phone, with and without script."""

from pathlib import Path

import pytest

from tests.journeys.conftest import JOB, Site

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63"
    "606060f80f00010401005fe5c34b0000000049454e44ae426082"
)


def write_files(folder: Path) -> dict[str, Path]:
    files = {
        "notes.txt": b"What I measured.\n",
        "readme.md": b"# A parser\n",
        "plot.png": PNG,
        "page.html": b"<html><script>alert(1)</script></html>",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in files}


@pytest.mark.parametrize("script", [True, False])
def test_a_candidate_on_a_phone_corrects_an_error_and_sends(site: Site, script: bool) -> None:
    files = write_files(site.folder)
    page = site.visit(phone=True, script=script)
    page.goto(f"{site.address}/jobs/{JOB}")
    page.click("a.button.main >> nth=0")
    page.fill("#name", "Ida Moreau")
    page.fill("#email", "ida at example.org")
    page.fill("#evidence-0-claim", "I made our parser ten times faster.")
    chosen = [files[name] for name in ("notes.txt", "readme.md", "plot.png", "page.html")]
    page.set_input_files("#evidence-0-files", chosen)
    page.click("button[value=send]")

    page.wait_for_selector("#mistakes")
    assert page.input_value("#name") == "Ida Moreau"
    assert page.input_value("#evidence-0-claim") == "I made our parser ten times faster."
    assert page.locator(".chip.good").count() == 3
    assert "page.html" in page.inner_text("#evidence-0-files-mistake")
    assert page.locator("#email-mistake, #consent-mistake").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 390 if script else True

    page.fill("#email", "ida@example.org")
    page.check("#consent")
    page.click("button[value=send]")
    page.wait_for_selector("text=Thank you")

    page.goto(site.link_in_mail(page, "status"))
    sent = page.inner_text("main")
    assert "I made our parser ten times faster." in sent
    assert all(name in sent for name in ("notes.txt", "readme.md", "plot.png"))


def test_a_candidate_goes_on_later_adds_and_withdraws(site: Site) -> None:
    page = site.visit(phone=True)
    page.goto(f"{site.address}/jobs/{JOB}/apply")
    page.fill("#name", "Ole Brandt")
    page.fill("#email", "ole@example.org")
    page.click("button[value=later]")
    page.wait_for_selector("text=Everything is kept")
    page.goto(site.link_in_mail(page, "drafts"))
    assert page.input_value("#name") == "Ole Brandt"
    page.fill("#evidence-0-link", "https://example.org/ole")
    page.check("#consent")
    page.click("button[value=send]")
    page.wait_for_selector("text=Thank you")

    page.goto(site.link_in_mail(page, "status"))
    page.fill("#evidence-0-claim", "And I taught it to my team.")
    page.click("main form >> nth=0 >> button")
    page.wait_for_selector("text=And I taught it to my team.")
    page.click("text=Mail me the link to withdraw")
    page.wait_for_selector("text=Look into your mail")
    status = site.link_in_mail(page, "status")
    page.goto(site.link_in_mail(page, "withdraw"))
    page.click("text=Withdraw it")
    page.wait_for_selector("text=Your submission is withdrawn")
    page.goto(status)

    assert "You have withdrawn this submission." in page.inner_text("main")


def test_script_adds_exhibits_in_place_and_keeps_what_was_typed(site: Site) -> None:
    page = site.visit(phone=True)
    page.goto(f"{site.address}/jobs/{JOB}/apply")
    page.fill("#name", "Ada")
    page.click("button[value=add]")
    page.fill("#evidence-1-claim", "The second one.")
    page.reload()

    assert page.input_value("#name") == "Ada"
    assert page.input_value("#evidence-1-claim") == "The second one."
    page.fill("#email", "ada@example.org")
    page.fill("#evidence-0-claim", "The first one.")
    page.check("#consent")
    page.click("button[value=send]")
    page.wait_for_selector("text=Thank you")
    page.wait_for_load_state()  # its script forgets what was typed
    page.goto(f"{site.address}/jobs/{JOB}/apply")
    assert page.input_value("#name") == ""


def test_script_tells_of_a_large_file_at_once_and_lives_on_after_a_refusal(site: Site) -> None:
    files = write_files(site.folder)
    large = site.folder / "film.mp4"
    with large.open("wb") as film:
        film.truncate(26 * 1024 * 1024)
    page = site.visit(phone=True)
    page.goto(f"{site.address}/jobs/{JOB}/apply")
    page.fill("#name", "Ada")
    page.set_input_files("#evidence-0-files", [large])
    page.click("button[value=send]")
    assert "larger than the limit of 25 MiB" in page.inner_text("#evidence-0-files-mistake")

    page.set_input_files("#evidence-0-files", [files["notes.txt"]])
    assert page.locator("#evidence-0-files-mistake").count() == 0
    page.click("#evidence-0 summary")
    page.select_option("#evidence-0-kind", "patent")
    page.click("button[value=send]")
    page.wait_for_selector("#mistakes")
    page.click("button[value=add]")
    assert page.input_value("#evidence-0-kind") == "patent"
    assert page.input_value("#evidence-1-kind") == ""
    page.fill("#evidence-1-claim", "Written after the refusal.")
    page.goto(f"{site.address}/jobs/{JOB}/apply")
    assert page.input_value("#evidence-1-claim") == "Written after the refusal."
