"""Where a search was found in a text, as a reader is shown it: a few words with marks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from service.core.search import Term
from service.core.tokens import Token, tokens_of

AROUND = 90  # characters shown before and after
CANDIDATES = 5  # for each term, in each text
MOST_WINDOWS = 50
LOOKED_THROUGH = 20_000  # characters of a text in which words are written with other letters

_BREAK = re.compile(r"\s+")


@dataclass(frozen=True)
class Piece:
    """Some words, and whether they are what was looked for."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Excerpt:
    """A few words of a text, and which of the terms stand in it."""

    pieces: Sequence[Piece]
    terms: frozenset[Term]


def excerpt_of(text: str, terms: Sequence[Term]) -> Excerpt | None:
    """The place where most of the terms stand; None when none does."""
    best: Excerpt | None = None
    for window in islice(_windows(text, terms), MOST_WINDOWS):
        found = _marked(window, terms)
        if found and (best is None or len(found.terms) > len(best.terms)):
            best = found
        if best and len(best.terms) == len(terms):
            break
    return best


def _windows(text: str, terms: Sequence[Term]) -> Iterator[str]:
    """Parts of the text where a term may stand, the likely ones first: tokens are dear to make."""
    for term in terms:
        places = re.finditer(re.escape(term.words[0]), text, re.IGNORECASE)
        for _, place in zip(range(CANDIDATES), places, strict=False):
            yield _around(text, place.start(), place.end())
    if text.isascii():
        return
    # Written otherwise, with an accent or in wide letters.
    for token in tokens_of(text[:LOOKED_THROUGH]):
        if any(_begins(token, term) for term in terms):
            yield _around(text, token.start, token.end)


def _begins(token: Token, term: Term) -> bool:
    first = term.tokens[0]
    return token.text == first or (term.opens and token.text.startswith(first))


def _around(text: str, start: int, end: int) -> str:
    """Whole words on both sides, on one line."""
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    part = text[first:last]
    if first:
        part = "… " + part.partition(" ")[2] if " " in part[: start - first] else "… " + part
    if last < len(text):
        part = part.rpartition(" ")[0] + " …" if " " in part[end - last :] else part + " …"
    return _BREAK.sub(" ", part).strip()


def _marked(text: str, terms: Sequence[Term]) -> Excerpt | None:
    tokens = list(tokens_of(text))
    texts = [token.text for token in tokens]
    found = [
        (tokens[at].start, tokens[at + len(term.tokens) - 1].end, term)
        for term in terms
        for at, first in enumerate(texts)
        if first.startswith(term.tokens[0]) and _stands(texts[at : at + len(term.tokens)], term)
    ]
    if not found:
        return None
    pieces = list(_pieces(text, [(start, end) for start, end, _term in found]))
    return Excerpt(pieces, frozenset(term for *_, term in found))


def _stands(texts: Sequence[str], term: Term) -> bool:
    whole = [*term.tokens]
    if term.opens and len(texts) == len(whole) and texts[-1].startswith(whole[-1]):
        return texts[:-1] == whole[:-1]
    return texts == whole


def _pieces(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    """The whole text; where spans overlap, the first goes on."""
    done = 0
    for start, end in sorted(spans):
        if end <= done:
            continue
        if start > done:
            yield Piece(text[done:start], marked=False)
        yield Piece(text[max(start, done) : end], marked=True)
        done = end
    if done < len(text):
        yield Piece(text[done:], marked=False)
