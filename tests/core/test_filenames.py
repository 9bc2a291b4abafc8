"""File names as they are shown, and as they travel in a header."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.filenames import clean_name, content_disposition, ending
from service.core.words import is_blank


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("cv.pdf", "cv.pdf"),
        ("cv.PDF ", "cv.PDF"),
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\y.pdf", "y.pdf"),
        ("/abs", "abs"),
        ("a\x00b\r\nc\x1b.pdf", "ab c.pdf"),
        ("cv\u202efdp.exe", "cvfdp.exe"),
        ("re\u0301sume\u0301.pdf", "résumé.pdf"),
        ('a"b;c%0d.pdf', "a_b;c%0d.pdf"),
        ("a<b>c:d|e?f*.txt", "a_b_c_d_e_f_.txt"),
        ("", "file"),
        ("..", "file"),
        ("\u200b\u2800", "file"),
        ("\ud800.pdf", "pdf"),
        ("\ufffe\ufdd0a.pdf", "a.pdf"),
        (".htaccess", "htaccess"),
        ("a . .pdf", "a.pdf"),
        ("\u3164.pdf", "\u3164.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("x" * 300 + ".tar.gz", "x" * 193 + ".tar.gz"),
        ("简历 👩‍💻.pdf", "简历 👩‍💻.pdf"),
    ],
)
def test_a_name_is_cleaned(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


@given(st.text(st.characters()))
def test_every_name_becomes_a_good_one(raw: str) -> None:
    clean = clean_name(raw)

    assert 0 < len(clean) <= 200
    assert not is_blank(clean)
    assert not re.search(r"[/\\\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", clean)
    assert clean_name(clean) == clean
    clean.encode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cv.pdf", 'attachment; filename="cv.pdf"'),
        ("my cv.pdf", 'attachment; filename="my cv.pdf"'),
        ("€.pdf", "attachment; filename=\"file.pdf\"; filename*=UTF-8''%E2%82%AC.pdf"),
        ("é.pdf", "attachment; filename=\"e.pdf\"; filename*=UTF-8''%C3%A9.pdf"),
        ('";%0d.pdf', "attachment; filename=\"___0d.pdf\"; filename*=UTF-8''_%3B%250d.pdf"),
        ("a\r\nX: y.pdf", 'attachment; filename="a X_ y.pdf"'),
    ],
)  # fmt: skip
def test_a_header_names_the_file(name: str, value: str) -> None:
    assert content_disposition(name) == value


@given(st.text(st.characters()))
def test_every_header_is_plain_ascii_and_says_the_name(raw: str) -> None:
    value = content_disposition(raw)
    found = re.fullmatch(
        r"""attachment; filename="([A-Za-z0-9 ._()+,=@-]+)"(?:; filename\*=UTF-8''([\w.~%-]+))?""",
        value,
        re.ASCII,
    )

    assert found is not None
    assert unquote(found[2] or found[1]) == clean_name(raw)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.PDF", ".pdf"),
        ("a.tar.gz", ".tar.gz"),
        ("a.gz", ".gz"),
        ("a", ""),
        ("a.b c", ""),
        ("a.", ""),
    ],
)
def test_the_last_ending_counts(name: str, expected: str) -> None:
    assert ending(name) == expected
