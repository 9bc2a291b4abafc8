"""A real installation with the demo's people, and a real browser to visit it with."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.roof.processes import Running, started

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1280, height=860)
JOB = "software-engineer-evidence-first"


@dataclass(frozen=True)
class Site:
    """Where it is, in which folder, and what opens it."""

    running: Running
    folder: Path
    browser: Browser

    @property
    def address(self) -> str:
        return self.running.address

    @property
    def mails(self) -> list[str]:
        """All letters so far, the oldest first."""
        return [path.read_text() for path in sorted((self.folder / "var" / "mail").glob("*.eml"))]

    def visit(self, *, phone: bool = False, script: bool = True) -> Page:
        """A browser of somebody's own."""
        viewport = PHONE if phone else DESK
        context = self.browser.new_context(viewport=viewport, java_script_enabled=script)
        page = context.new_page()
        page.set_default_timeout(20_000)
        return page

    def signed_in(self, name: str) -> Page:
        """Somebody of the demo's people at the desk."""
        page = self.visit()
        page.goto(f"{self.address}/sign-in")
        page.fill("#email", f"{name}@demo.example")
        page.fill("#password", self.running.said["sign-in"].split("password ")[1])
        page.click("main button")
        page.wait_for_url("**/desk")
        return page

    def link_in_mail(self, page: Page, kind: str) -> str:
        """The newest link of a kind that was mailed, once it is there."""
        for _ in range(100):
            found = [m[0] for mail in self.mails for m in re.finditer(rf"/{kind}/\S+", mail)]
            if found:
                return self.address + found[-1]
            page.wait_for_timeout(100)
        pytest.fail(f"no mail with a link to /{kind}/ came")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "install Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path: Path, browser: Browser) -> Iterator[Site]:
    with started(tmp_path, "run") as running:
        yield Site(running, tmp_path, browser)
    for context in browser.contexts:
        context.close()
