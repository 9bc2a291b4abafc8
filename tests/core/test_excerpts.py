"""An excerpt shows where a search was found, as the words were sent."""

import time

import pytest
from hypothesis import given

from service.core.excerpts import AROUND, excerpt_of
from service.core.search import terms_of
from tests.core.test_tokens import TEXT

LONG = "word " * 60


def shown(text: str, query: str) -> str | None:
    """With the marks as brackets."""
    found = excerpt_of(text, terms_of(query))
    if found is None:
        return None
    return "".join(f"[{one.text}]" if one.marked else one.text for one in found.pieces)


@pytest.mark.parametrize(
    ("text", "query", "excerpt"),
    [
        ("I wrote C++ and C.", "c", "I wrote C++ and [C]."),
        ("I wrote C++ and C.", "c++", "I wrote [C++] and C."),
        ("We run Kubernetes.", "kube", "We run [Kubernetes]."),
        ("We run node.js here", "node.js run", "We [run] [node.js] here"),
        ("A React-Native app", '"react native"', "A [React-Native] app"),
        ("Große Straße", "STRASSE", "Große [Straße]"),
        ("Zoë Café", "cafe zoe", "[Zoë] [Café]"),
        ("東京大学で", "大学", "東京[大学]で"),
        ("one two\n\nthree", '"two three"', "one [two three]"),
        ("<b>bold</b>", "bold", "<b>[bold]</b>"),
        ("nothing", "else", None),
        ("the end", '"end the"', None),
    ],
)
def test_what_was_looked_for_is_marked(text: str, query: str, excerpt: str | None) -> None:
    assert shown(text, query) == excerpt


def test_of_a_long_text_a_part_is_shown_in_whole_words() -> None:
    found = shown(f"{LONG}a compiler {LONG}", "compiler")

    assert found
    assert found.startswith("… word ")
    assert found.endswith(" word …")
    assert "word a [compiler] word" in found
    assert len(found) < 2 * AROUND + 40


def test_the_place_with_most_of_it_is_shown() -> None:
    text = f"rust {LONG} rust and go {LONG} go"

    assert "[rust] and [go]" in (shown(text, "go rust") or "")


def test_a_text_without_spaces_is_cut_too() -> None:
    found = shown("東" * 500 + "京" + "東" * 500, "京")

    assert found == f"… {'東' * AROUND}[京]{'東' * AROUND} …"


@given(TEXT, TEXT)
def test_pieces_are_the_text(text: str, query: str) -> None:
    found = excerpt_of(text, terms_of(query)) if terms_of(query) else None
    if found:
        assert "".join(piece.text for piece in found.pieces) == " ".join(text.split())
        assert any(piece.marked for piece in found.pieces)


def test_the_longest_text_takes_little_time() -> None:
    text = "lorem ipsum dolor " * 22_000
    began = time.process_time()
    assert excerpt_of(text, terms_of("zebra naive dolor")) is not None
    assert time.process_time() - began < 0.5
