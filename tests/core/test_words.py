"""What text a person may send."""

import time
import unicodedata
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from service.core.words import Line, Text, fold, is_blank

LINE = TypeAdapter(Annotated[str, Line(20)])
TEXT = TypeAdapter(Annotated[str, Text(20)])
FAMILY = "👨‍👩‍👧‍👦"


def code(adapter: TypeAdapter[str], value: object) -> str | None:
    """The code of the refusal, None when it was taken."""
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        return error.errors()[0]["type"]
    return None


@pytest.mark.parametrize(
    "value",
    [
        "Ada Lovelace",
        "O'Neil-Søren",
        "李 𠮷",
        "\ue000",
        FAMILY,
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "می‌خواهم",
        "\u200fשלום",
        "Аdmin",
        "x" * 20,
        '<script>alert("x")</script>'[:20],
        "{{7*7}}",
        "q\u0323\u0307",
    ],
)
def test_what_people_write_comes_back_equal_after_nfc(value: str) -> None:
    assert LINE.validate_python(value) == unicodedata.normalize("NFC", value)
    assert TEXT.validate_python(value) == unicodedata.normalize("NFC", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("A\x00B", "text_character"),
        ("\ud800", "text_character"),
        ("a\x1b[31m", "text_character"),
        ("a\x85b", "text_character"),
        ("a\x7f", "text_character"),
        *[(f"a{chr(c)}b", "text_character") for c in (*range(0x202A, 0x202F), 0x2066, 0x2069)],
        ("\ufffe", "text_character"),
        ("\ufdd0", "text_character"),
        ("\U0010ffff", "text_character"),
        ("Z" + "\u0335" * 9, "text_marks"),
        ("Z" + "\u20dd" * 9, "text_marks"),
        ("", "text_blank"),
        ("   ", "text_blank"),
        ("\u200b", "text_blank"),
        ("\u2800", "text_blank"),
        ("\u3164", "text_blank"),
        ("\u00a0\u2003\ufeff\u00ad", "text_blank"),
        ("x" * 21, "text_too_long"),
        ("x" * 10**6, "text_too_long"),
        (FAMILY * 3, "text_too_long"),
        (7, "string_type"),
        (b"bytes", "string_type"),
        (None, "string_type"),
    ],
)
def test_what_nobody_types_is_refused_everywhere(value: object, expected: str) -> None:
    assert (code(LINE, value), code(TEXT, value)) == (expected, expected)


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\r\n", "a\tb", "a\u2028b", "a\u2029b"])
def test_a_line_is_one_line(value: str) -> None:
    assert code(LINE, value) == "text_not_one_line"
    assert code(TEXT, value) is None


def test_a_text_keeps_lines_and_tabs() -> None:
    assert TEXT.validate_python("a\r\nb\rc\n\td") == "a\nb\nc\n\td"


def test_length_counts_code_points_after_nfc() -> None:
    assert LINE.validate_python("e\u0301" * 20) == "é" * 20
    assert code(LINE, "e\u0301" * 21) == "text_too_long"
    assert code(LINE, FAMILY * 2) is None


def test_blank_may_be_fine_and_is_then_nothing() -> None:
    class Form(BaseModel):
        note: Annotated[str, Text(20, blank=True)] = ""

    assert Form(note=" \u200b\n").note == ""
    assert Form.model_json_schema()["properties"]["note"] == {
        "default": "", "maxLength": 20, "title": "Note", "type": "string"
    }  # fmt: skip


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(ValidationError) as refused:
        LINE.validate_python("secret\x00")

    assert refused.value.errors()[0]["msg"] == "Remove the character U+0000: it cannot be shown."


def test_worst_text_is_judged_fast() -> None:
    began = time.monotonic()
    for worst in ("\u0301" * 10**5, "\u200b" * 10**5, "\r" * 10**5, "a\u0301" * 10**5):
        code(TypeAdapter(Annotated[str, Text(10**5)]), worst)

    assert time.monotonic() - began < 1


@given(st.text())
def test_what_is_taken_once_is_taken_again_unchanged(value: str) -> None:
    if code(TEXT, value) is None:
        taken = TEXT.validate_python(value)
        assert TEXT.validate_python(taken) == taken


@pytest.mark.parametrize(
    ("left", "right"),
    [("İstanbul", "istanbul"), ("STRASSE", "straße"), ("ẞ", "ss"), ("É", "e\u0301"), ("ﬁ", "FI"),
     ("Ａ", "a"), ("ΣΊΣΥΦΟΣ", "σίσυφος")],
)  # fmt: skip
def test_folding_finds_the_same_word(left: str, right: str) -> None:
    assert fold(left) == fold(right)


def test_folding_keeps_different_words_apart() -> None:
    assert len({fold(word) for word in ("C", "C++", "C#", "é", "e", "а", "a", "ı", "i")}) == 9


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_blank_is_what_shows_nothing() -> None:
    assert [is_blank(text) for text in ("", "\u2060\n", ".", "\u0301")] == [
        True,
        True,
        False,
        False,
    ]
