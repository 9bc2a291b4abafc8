"""A template can show nothing unescaped: each attribute is quoted, nothing is declared safe."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment

from service.api.reference import templates as reference_templates
from service.web.render import _templates as page_templates

SERVICE = Path(__file__).parents[2] / "service"
TEMPLATES = sorted(SERVICE.glob("*/templates/*.html"))
HOLE = "\ue000"  # stands where something is filled in
# What fills in whole attributes: a macro of ours, whose own text is looked at like any other.
MACROS = re.compile(r"\{\{ ?(?:parts\.)?described\([^}]*\) ?\}\}")
START = re.compile(r"<[a-zA-Z]")
TAG = re.compile(r"<[a-z][a-z0-9]*(?:\s+[a-z][a-z-]*(?:=\"[^\"]*\")?)*\s*/?>")
# Who may say that something is HTML already, how often, and why.
MARKUP = {
    "web/careers.py": 3,  # two texts sanitised by to_html, one JSON document without `<`
    "api/reference.py": 1,  # our own style sheet
}


def plain(text: str) -> str:
    """A template with holes where something is filled in, and without its conditions."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", MACROS.sub("", text), flags=re.DOTALL)
    return re.sub(r"\{\{.*?\}\}", HOLE, text, flags=re.DOTALL)


def loose_tags(text: str) -> list[str]:
    """The beginnings of tags with an attribute that is not quoted, or filled in as a whole."""
    return [
        text[tag.start() : tag.start() + 80]
        for tag in START.finditer(text)
        if not TAG.match(text, tag.start())
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_attribute_is_quoted(path: Path) -> None:
    assert loose_tags(plain(path.read_text())) == []


@pytest.mark.parametrize(
    "tag",
    [
        "<a href={{ url }}>",
        "<a href='{{ url }}'>",
        "<a {{ attributes }}>",
        "<a class=x>",
        '<a href="{{ url }}>',
    ],
)
def test_what_is_loose_is_found(tag: str) -> None:
    assert len(loose_tags(plain(tag))) == 1


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_nothing_is_declared_safe(path: Path) -> None:
    text = path.read_text()

    assert re.findall(r"\|\s*safe\b|autoescape|Markup|\{%-?\s*filter\b", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_nothing_runs_or_comes_from_elsewhere(path: Path) -> None:
    text = plain(path.read_text())

    assert re.findall(r"<[^>]*\s(?:on[a-z]+|style|srcdoc)=", text) == []
    assert re.findall(r"(?:src|action|formaction)=\"(?:[a-z]+:|//)[^\"]*", text) == []
    scripts = re.findall(r"<script(?![^>]*(?:\ssrc=|ld\+json))[^>]*>", text)
    assert scripts == []


def test_only_these_say_that_something_is_html() -> None:
    found = {
        str(path.relative_to(SERVICE)): count
        for path in SERVICE.rglob("*.py")
        if (count := len(re.findall(r"\bMarkup\(", path.read_text())))
    }

    assert found == MARKUP


@pytest.mark.parametrize("templates", [page_templates, reference_templates])
def test_everything_that_is_filled_in_is_escaped(templates: Environment) -> None:
    filled = templates.from_string('<a href="{{ words }}">{{ words }}</a>').render(words="\"'<&>")

    assert filled == '<a href="&#34;&#39;&lt;&amp;&gt;">&#34;&#39;&lt;&amp;&gt;</a>'
