"""Somebody reads the API's reference: on a phone, without script, following a link into a fold."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Site


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_the_reference_is_short_fits_and_opens_what_a_link_names(site: Site, phone: bool) -> None:
    page = site.visit(phone=phone, script=False)
    page.goto(f"{site.address}/api/v1/docs")
    size = page.locator("html").bounding_box()
    assert size
    assert size["height"] < 9_000

    page.get_by_role("link", name="Move or end a submission").click()
    expect(page.locator("#move_submission")).to_be_visible()
    page.locator("#move_submission").get_by_role("link", name="MoveInput").click()
    expect(page.locator("#shape-MoveInput")).to_be_visible()
    for summary in page.locator("main > section > details > summary").all():
        if summary.locator("..").get_attribute("open") is None:
            summary.click()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == page.evaluate("innerWidth")
