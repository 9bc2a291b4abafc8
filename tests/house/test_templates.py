"""Templates escape all they are given, and ask for nothing but our own files."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jinja2 import Environment, meta, nodes
from jinja2.defaults import DEFAULT_NAMESPACE

from service.api.reference import FOLDER as REFERENCE
from service.api.reference import render
from service.api.reference import templates as reference
from service.web.render import FOLDER
from service.web.render import _templates as pages

TEMPLATES: dict[str, tuple[Environment, Path]] = {
    **{path.name: (pages, path) for path in sorted((FOLDER / "templates").iterdir())},
    **{path.name: (reference, path) for path in sorted(REFERENCE.glob("*.html"))},
}
STATIC = sorted([*(FOLDER / "static").iterdir(), *REFERENCE.glob("*.css")])
MACROS_ONLY = {"parts.html", "evidence.html", "unsaved.html"}
# A <style> whose digest its policy names.
STYLED = {"reference.html"}
# Data for search machines, no program.
DATA = "application/ld+json"
ADDRESSES = {"href", "src", "action", "formaction", "poster", "data", "srcset"}
UNSAFE_FILTERS = {"safe", "tojson", "xmlattr", "urlize"}


class Anything:
    """Given for every name: text with a tag in it, and whatever else a template makes of it."""

    def __init__(self, *, is_true: bool) -> None:
        self.is_true = is_true

    def __getattr__(self, name: str) -> "Anything":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _key: object) -> "Anything":
        return self

    def __call__(self, *_given: object, **_named: object) -> "Anything":
        return self

    def __iter__(self) -> Iterator["Anything"]:
        return iter((self, self))

    def __len__(self) -> int:
        return 2

    def __bool__(self) -> bool:
        return self.is_true

    def __add__(self, _other: object) -> "Anything":
        return self

    def __lt__(self, _other: object) -> bool:
        return True

    def __gt__(self, _other: object) -> bool:
        return True

    def __index__(self) -> int:
        return 7

    def __float__(self) -> float:
        return 7.0

    def __str__(self) -> str:
        return "<b>"


class Tags(HTMLParser):
    """The tags of a template, without what Jinja does in it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        words = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", source, flags=re.DOTALL)
        self.feed(re.sub(r"\{\{.*?\}\}", "given", words, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), self.get_starttag_text() or ""))


def tags_of(name: str) -> list[tuple[str, dict[str, str | None], str]]:
    return Tags(TEMPLATES[name][1].read_text()).found


def unquoted(tag: str) -> list[str]:
    """Values of a start tag that are not in double quotes."""
    return re.findall(r"=\s*(?!\"\")[^\s>]*", re.sub(r'"[^"]*"', '""', tag))


def is_outside(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.scheme or parts.netloc)


def asked_for(environment: Environment) -> set[str]:
    """All names that its templates want, functions too; what Jinja brings along is left alone."""
    names = set(environment.globals)
    for other, (its_environment, path) in TEMPLATES.items():
        if its_environment is environment:
            parsed = environment.parse(path.read_text(), other)
            names |= meta.find_undeclared_variables(parsed)
    return names - set(DEFAULT_NAMESPACE)


@pytest.mark.parametrize("is_true", [True, False])
@pytest.mark.parametrize("name", [name for name in TEMPLATES if name != "reference.html"])
def test_what_is_given_is_escaped(name: str, is_true: bool) -> None:
    environment, _path = TEMPLATES[name]
    given = {one: Anything(is_true=is_true) for one in asked_for(environment)}

    html = environment.get_template(name).render(given)

    assert "<b>" not in html
    assert ("&lt;b&gt;" in html) is (name not in MACROS_ONLY)


def test_the_reference_escapes_its_document() -> None:
    words = {"description": "<b>", "type": "<b>"}
    call = {
        "tags": ["<b>"],
        "summary": "<b>",
        "parameters": [{"name": "<b>", "in": "<b>", "schema": words}],
        "requestBody": {"content": {"<b>": {"schema": words}}},
        "responses": {"<b>": {"description": "<b>", "content": {"<b>": {"schema": words}}}},
    }
    shapes = {"<b>": {"properties": {"<b>": words}, "enum": ["<b>"]}}

    html = render(
        {
            "info": {"title": "<b>"},
            "paths": {"/<b>": {"get": call}},
            "components": {"schemas": shapes},
        }
    )

    assert "<b>" not in html
    assert html.count("&lt;b&gt;") > 15


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_declared_safe(name: str) -> None:
    environment, path = TEMPLATES[name]
    parsed = environment.parse(path.read_text(), name)

    assert environment.autoescape is True
    assert {one.name for one in parsed.find_all(nodes.Filter)} & UNSAFE_FILTERS == set()
    assert list(parsed.find_all((nodes.EvalContextModifier, nodes.MarkSafe))) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_attribute_is_quoted(name: str) -> None:
    assert [text for _tag, _attributes, text in tags_of(name) if unquoted(text)] == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_script_or_style_stands_in_a_page(name: str) -> None:
    for tag, attributes, text in tags_of(name):
        assert not [one for one in attributes if one == "style" or one.startswith("on")], text
        assert tag != "style" or name in STYLED
        if tag == "script":
            assert attributes.get("type") == DATA or attributes.get("src"), text


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_page_asks_another_host(name: str) -> None:
    for tag, attributes, text in tags_of(name):
        assert tag not in {"base", "iframe", "object", "embed"}
        for attribute in ADDRESSES & set(attributes):
            assert not is_outside(attributes[attribute] or ""), text


@pytest.mark.parametrize("path", STATIC, ids=lambda path: path.name)
def test_no_static_file_asks_another_host(path: Path) -> None:
    hosts = re.findall(r"https?://[^\s\"')]+|@import|url\((?!['\"]?/static/)", path.read_text())

    assert set(hosts) <= {"http://www.w3.org/2000/svg"}


def test_the_lint_sees_what_it_looks_for() -> None:
    assert unquoted('<a href="/x" title=given>') == ["=given"]
    assert unquoted("<a title='given'>") == ["='given'"]
    assert unquoted('<a href="/x?a=b" hidden>') == []
    assert is_outside("https://x.example/a")
    assert is_outside("//x.example/a")
    assert is_outside("javascript:void")
    assert not is_outside("/static/style.css")
    assert Tags('<p {% if a %}class="{{ a > b }}"{% endif %}>').found == [
        ("p", {"class": "given"}, '<p class="given">')
    ]
