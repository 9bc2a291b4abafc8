"""Every page with hostile words in every row it could show: they are shown, and never run."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlmodel import SQLModel

from service.core.secrets import hash_password
from service.domain.accounts.tables import Role, User
from service.web.app import ROUTERS
from tests.listing import judge
from tests.reviewing import CARD, assign, save
from tests.worlds import World

SERVICE = Path(__file__).parents[2] / "service"
# Who may say that something is HTML already, how often, and why.
MARKUP = {
    "web/careers.py": 3,  # two texts sanitised by to_html, one JSON document without `<`
    "api/reference.py": 1,  # our own style sheet
}
PASSWORD = "correct horse battery staple"
HOSTILE = """'"></textarea></title></script><script>x</script><b onfocus=x autofocus>"""
WORDS = {
    "job": ("title", "summary", "description", "location"),
    "stage": ("name",),
    "question": ("text", "help"),
    "criterion": ("name", "description"),
    "user_account": ("name",),
    "revision": ("name", "location", "statement", "confirm_reason"),
    "evidence": ("title", "claim", "contribution", "cannot_show"),
    "assignment": ("reason",),
    "scorecard": ("comment", "counter_argument", "recruiter_comment"),
    "rating": ("quote", "place", "comment"),
}
LISTS: dict[tuple[str, str], list[object]] = {
    ("job", "rejection_reasons"): [{"key": "depth", "text": HOSTILE}],
    ("question", "options"): [HOSTILE],
    ("criterion", "anchors"): [
        {"level": level, "name": HOSTILE, "anchor": HOSTILE} for level in (1, 2, 3, 4)
    ],
    ("revision", "links"): [f"https://example.org/{HOSTILE}"],
    ("revision", "answers"): [
        {"key": "wrong", "question": HOSTILE, "kind": "long", "value": HOSTILE}
    ],
    ("evidence", "vouchers"): [{"name": HOSTILE, "contact": HOSTILE}],
}
PAGES = [
    route.path
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and "GET" in (route.methods or ())
]
ALLOWED: list[list[str]] = [[], ["application/ld+json"]]
NO_HTML = re.compile(r"/logo|/exports/|/files/|\{token\}")


class Attributes(HTMLParser):
    """Every attribute and every script without a source, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.scripts: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {name for name, _ in attrs}
        if tag == "script":
            self.scripts.append(dict(attrs))


@pytest.fixture
def hostile(client: TestClient, world: World) -> World:
    """An admin who is a reviewer too, is signed in, and has drafted; one other has locked."""
    with world.database.write() as session:
        me = session.get_one(User, world.admin.id)
        me.roles, me.password_hash = list(Role), hash_password(PASSWORD)
        judge(session, world, world.submission2.id, 3.0, by=world.reviewer.id)
    assigned = assign(client, world.recruiter, world.admin, world.submission)
    saved = save(client, world.admin, world.submission, CARD)
    assert (assigned.status_code, saved.status_code) == (201, 200)
    tables = SQLModel.metadata.tables
    with world.database.write() as session:
        for table, columns in WORDS.items():
            values: dict[str, object] = dict.fromkeys(columns, HOSTILE)
            values |= {column: value for (name, column), value in LISTS.items() if name == table}
            session.connection().execute(sa.update(tables[table]).values(values))
    form = {"email": world.admin.email, "password": PASSWORD}
    answer = client.post("/sign-in", data=form, headers={"Origin": "http://localhost"})
    assert answer.status_code == 303
    return world


def urls(world: World) -> list[str]:
    """Every page there is; one about a submission twice: unlocked, and with scores."""
    ids = world.submission.id, world.submission2.id
    return [
        path.format_map({"slug": world.job_slug, "id": id})
        for path in PAGES
        if not NO_HTML.search(path)
        for id in (ids if path.endswith("{id}") else ids[:1])
    ]


def test_hostile_words_are_shown_and_never_run(client: TestClient, hostile: World) -> None:
    showing = 0
    for url in urls(hostile):
        answer = client.get(url)
        assert answer.status_code == 200, url
        page = Attributes()
        page.feed(answer.text)
        assert [name for name in page.names if not re.fullmatch(r"(?!on)[a-z-]+", name)] == [], url
        assert "autofocus" not in page.names, url
        assert [one.get("type") for one in page.scripts if "src" not in one] in ALLOWED, url
        showing += "&lt;script&gt;" in answer.text

    assert showing > 10


def test_only_these_say_that_something_is_html() -> None:
    found = {
        str(path.relative_to(SERVICE)): count
        for path in SERVICE.rglob("*.py")
        if (count := len(re.findall(r"\bMarkup\(", path.read_text())))
    }

    assert found == MARKUP
