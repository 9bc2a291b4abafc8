"""The API's own page: complete, without script and without any other host."""

import hashlib
import html
import re
import shlex
from base64 import b64encode
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from service.api.reference import render
from service.api.reference_words import kind_of


def test_the_page_names_every_call_of_the_schema(visitor: TestClient) -> None:
    schema = visitor.get("/api/v1/openapi.json").json()
    page = visitor.get("/api/v1/docs")

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for path, item in schema["paths"].items():
        for method in item:
            assert f"<code><strong>{method.upper()}</strong> {path}</code>" in page.text


def test_the_page_needs_no_script_and_no_other_host(visitor: TestClient) -> None:
    page = visitor.get("/api/v1/docs")
    policy = page.headers["content-security-policy"]
    style = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)[0]
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
    assert "<script" not in page.text
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?:https?:)?//""", page.text)


def test_every_link_in_the_page_leads_somewhere(visitor: TestClient) -> None:
    links = Links()
    links.feed(visitor.get("/api/v1/docs").text)

    assert links.targets - links.ids == {"openapi.json"}


def test_the_page_shows_nothing_that_is_not_for_a_reader(visitor: TestClient) -> None:
    page = re.sub(r"<(pre|style)\b.*?</\1>", "", visitor.get("/api/v1/docs").text, flags=re.DOTALL)

    assert re.findall(r".{30}`.{30}", page) == []
    assert re.findall(r"(?:from|to) \d+\.0", page) == []
    assert re.findall(r"<dd>\s*</dd>|<p>\s*</p>|\*\*", page) == []


def test_what_a_link_leads_to_is_folded_around_it_so_that_a_browser_opens_it() -> None:
    about = {"operationId": "look", "summary": "Look", "responses": {"200": {}}}
    page = render({"info": {"title": "A"}, "paths": {"/a": {"get": about}}})

    assert re.search(r'<details>\s*<summary>.*?</summary>\s*<div id="look"', page)


def test_an_example_can_be_typed_as_it_stands() -> None:
    body = {"content": {"application/json": {"examples": {"A": {"value": {"name": "O'Hara"}}}}}}
    key = {"name": "If-Match", "in": "header", "required": True, "example": '"3"'}
    about = {"parameters": [key], "requestBody": body, "security": [{"bearer": ["write"]}]}
    page = render(
        {"info": {"title": "A"}, "paths": {"/a/{id}": {"put": {**about, "responses": {}}}}}
    )
    typed = html.unescape(re.findall(r"<pre[^>]*>(curl.*?)</pre>", page, re.DOTALL)[0])

    assert shlex.split(typed.replace("\\\n", ""))[1:] == [
        *("-X", "PUT", "$ADDRESS/api/v1/a/$ID"),
        *("-H", "Authorization: Bearer $TOKEN", "-H", 'If-Match: "3"'),
        *("-H", "Content-Type: application/json", "-d", '{\n  "name": "O\'Hara"\n}'),
    ]


class Links(HTMLParser):
    """Where a page links to, and the places in it."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.ids: set[str] = set()

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.targets |= {(found.get("href") or "").removeprefix("#")} - {""}
        self.ids |= {found.get("id") or ""} - {""}


def test_words_from_the_code_are_text() -> None:
    about = {"summary": "<b>", "description": "<script>", "responses": {"200": {}}}
    schema = {"info": {"title": "<i>"}, "paths": {"/<u>": {"get": about}}}
    page = render(schema)

    assert not re.search("<(b|script|i|u)>", page)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ({"type": "string", "minLength": 1, "maxLength": 200}, "text of 1 to 200 characters"),
        ({"type": "string", "format": "uuid"}, "uuid"),
        ({"type": "integer", "minimum": 0, "maximum": 100}, "integer from 0 to 100"),
        ({"type": "array", "items": {"$ref": "#/a/Evidence"}}, "list of Evidence"),
        ({"type": "array", "maxItems": 5, "items": {}}, "list of 0 to 5 anything"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({"enum": ["yes", "no"]}, "yes, no"),
        ({}, "anything"),
    ],
)
def test_a_schema_in_few_words(shape: dict[str, object], words: str) -> None:
    assert "".join(bit.text for bit in kind_of(shape)) == words
