"""Words as people write them, and as they look for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.search import stored, terms_of
from service.core.tokens import LONGEST, tokens_of

# What texts are made of where people live, and what breaks things.
TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("aB1 .,-'\"+#@/_:&%\n\t()İıßÉéﬁ½ｃ＋𝒳カ゛東ไท한अि\u0301\u00ad\u200d🚀"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


def words(text: str) -> list[str]:
    return stored(text).split(" ") if stored(text) else []


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("C, C++; C# and F#.", "c c++ c# and f#"),
        (".NET, (.NET) but ASP.NET...", ".net .net but asp . net"),
        ("node.js React-Native Objective-C", "node . js react native objective c"),
        ("a/b TCP/IP c++11 i++", "a / b tcp / ip c++ 11 i++"),
        ("@handle ada@example.org", "@ handle ada @ example . org"),
        ("std::vector snake_case R&D x=1", "std :: vector snake _ case r & d x = 1"),
        ("100% 5+ 3.5 #1 issue#5", "100 % 5 3 . 5 1 issue # 5"),
        ("O'Brien O’Brien don't rock‐solid", "o brien o brien don t rock solid"),
        ("İstanbul ISPARTA ısı", "istanbul isparta isi"),
        ("Große GROSSE straẞe", "grosse grosse strasse"),
        ("É é e\u0301 Łódź Ærø naïve", "e e e lodz aero naive"),
        ("ﬁne Ｃ＋＋ １２", "fine c++ 12"),
        ("Привет ЁЖ й", "привет еж и"),
        ("مُحَمَّد أحمد", "محمد احمد"),
        ("हिन्दी", "हिन्दी"),
        ("東京大学", "東 京 大 学"),
        ("Java開発 カガ", "java 開 発 カ ガ"),
        ("한국어로 씁니다", "한국어로 씁니다"),
        ("a🚀b", "a 🚀 b"),
        ("½ ② ﷺ", "1 2 2 صلى الله عليه وسلم"),
        ("soft\u00adware zero\u200cwidth", "software zerowidth"),
        ("a\x00b <b>bold</b>", "a b b bold b"),
        ("!?… — “” ()", ""),
    ],
)
def test_a_text_is_cut_into_words_as_a_reader_would(text: str, tokens: str) -> None:
    assert stored(text) == tokens


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("kube", ["kube*"]),
        ("C", ["c"]),
        ('"kube" c++', ["kube", "c++*"]),
        ('"Distributed  Systems" go', ["distributed systems", "go"]),
        ("“curly quotes”", ["curly quotes"]),
        ('"never closed', ["never closed"]),
        ("node.js ASP.NET", ["node . js", "asp . net*"]),
        ("react-native", ["react native*"]),
        ("C,C++;Rust", ["c", "c++*", "rust*"]),
        ("東京", ["東 京"]),
        ("c++ & ", ["c++*"]),
        ("NEAR(a* -x", ["near*", "a", "x"]),
        ("col:val", ["col : val*"]),
        ("100%", ["100 %"]),
        ("% _ \\ \" ' * ^ ~ $", []),
        ("", []),
    ],
)
def test_a_search_is_words_and_phrases(query: str, terms: list[str]) -> None:
    assert [
        " ".join(term.tokens) + ("*" if term.opens else "") for term in terms_of(query)
    ] == terms


@given(TEXT)
def test_every_part_of_a_text_finds_the_text(text: str) -> None:
    found = f" {stored(text)} "
    for part in text.split():
        for term in terms_of(part):
            assert term.run in found
            assert set(term.words[:-1]) <= set(found.split())


@given(TEXT)
def test_a_token_stands_where_it_says_and_is_found_again(text: str) -> None:
    for token in tokens_of(text):
        assert 0 <= token.start < token.end <= len(text)
        assert 0 < len(token.text) <= LONGEST
        assert not set(token.text) & set(" \n\t|")
        if token.is_word:
            assert not set(token.text) & set("\"'\\\x00")  # what a query would have to escape
            assert words(token.text) == [token.text]


def test_a_word_without_end_is_known_by_its_beginning() -> None:
    assert words("x" * 500) == ["x" * LONGEST]
    assert terms_of("x" * 500)[0].run in f" {stored('x' * 400)} "
