"""Markdown that people write, as HTML that is safe to show."""

import nh3
from markdown_it import MarkdownIt

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
LENGTH = 30_000  # characters; no field of Markdown may allow more (30,000 "[" take a second)

# `js-default` shows raw HTML as text. Pictures would tell another host who reads.
_markdown = MarkdownIt("js-default").disable("image")
_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="nofollow noopener noreferrer",
)


def to_html(markdown: str) -> str:
    """A fragment for a page; what is beyond `LENGTH` is left out."""
    return _cleaner.clean(_markdown.render(markdown[:LENGTH]))
