"""Markdown as HTML that is safe to show."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.markup import TAGS, to_html

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    '[x](https://a.b "\\" onmouseover=alert(1)")',
    "![x](https://evil.example/pixel.png)",
    "![x](javascript:alert(1))",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=//evil></iframe>",
    "<style>*{}</style>",
    "<p style='position:fixed'>x</p>",
    "<math><mtext><style><img src=x onerror=alert(1)>",
    "```html\n</code><script>alert(1)</script>\n```",
    '``` " onmouseover=alert(1)\nx\n```',
    "<!-- --><script>",
    "[x]: javascript:alert(1)\n\n[x]",
    "<a href='//evil'>x</a>",
    "[x](//evil.example)",
    "| a |\n| - |\n| <b onclick=x>|\n",
]
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>")
GOOD_LINK = re.compile(
    r'( href="(https?://|mailto:)[^"<>]*")?( title="[^"]*")? rel="nofollow noopener noreferrer"'
)


def assert_safe(html: str) -> None:
    """Nothing but known tags, and attributes on links and lists only."""
    rest = TAG.sub("", html)
    assert "<" not in rest
    for closing, name, attributes in TAG.findall(html):
        assert name in TAGS
        if name == "a" and not closing:
            assert GOOD_LINK.fullmatch(attributes)
        elif name == "ol":
            assert re.fullmatch(r'( start="\d+")?', attributes)
        else:
            assert attributes == ""


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_survives(attack: str) -> None:
    assert_safe(to_html(attack))
    assert_safe(to_html(f"# head\n\n> - {attack}\n\ntail"))


@given(st.lists(st.sampled_from([*ATTACKS, "\n", "`", "*", "<", ">", '"', "'", "&", "]("])))
def test_no_mixture_of_attacks_survives(parts: list[str]) -> None:
    assert_safe(to_html("".join(parts)))


def test_what_people_write_is_shown() -> None:
    assert to_html(
        "# Job\n\nBuild *it*, **well** & [see](https://e.com/?a=1&b=2).\n\n1. a\n2. b"
    ) == (
        "<h1>Job</h1>\n<p>Build <em>it</em>, <strong>well</strong> &amp; "
        '<a href="https://e.com/?a=1&amp;b=2" rel="nofollow noopener noreferrer">see</a>.</p>\n'
        "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"
    )


def test_honest_engineering_text_is_shown_as_it_is() -> None:
    assert to_html("vector<T> SELECT 1 FROM <script>") == (
        "<p>vector&lt;T&gt; SELECT 1 FROM &lt;script&gt;</p>\n"
    )


@pytest.mark.parametrize(
    "worst",
    ["[" * 50_000, "*a_ " * 25_000, ">" * 50_000, "`" * 50_000, "- " * 5_000, "|a" * 50_000],
)
def test_the_worst_text_takes_a_bounded_time(worst: str) -> None:
    began = time.thread_time()
    to_html(worst)

    assert time.thread_time() - began < 5
