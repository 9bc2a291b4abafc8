"""Text found and sorted alike on both databases.

What is searched are tokens with spaces between them, in a table that has a word index
(`core/word_index.py`). The index finds the rows that hold all words; that words stand side by side
is then verified on the tokens themselves. So no word of a search is ever a word of the database's
own language, and there is none that it could refuse.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, collate, func
from sqlalchemy.orm import Mapped
from sqlmodel import Session

from service.core.tokens import pieces_of, tokens_of
from service.core.word_index import are_many, rows_with

PREFIX_FROM = 3  # characters: what is shorter is found as a whole word only
MOST_TERMS = 32


@dataclass(frozen=True)
class Term:
    """One thing looked for: tokens side by side. `opens`: the last may be a word's beginning."""

    tokens: tuple[str, ...]
    words: tuple[str, ...]  # those of the tokens that can be looked up
    opens: bool

    @property
    def run(self) -> str:
        """As it stands among the tokens of a text, with a space before it."""
        return f" {' '.join(self.tokens)}{'' if self.opens else ' '}"


def terms_of(query: str) -> Sequence[Term]:
    """What a person looks for: words, and "phrases" in quotes. Nothing typed is an error."""
    terms = []
    for quoted, tokens in pieces_of(query):
        last = tokens[-1]
        opens = not quoted and last.is_word and len(last.text) >= PREFIX_FROM
        words = tuple(token.text for token in tokens if token.is_word)
        terms.append(Term(tuple(token.text for token in tokens), words, opens))
    return terms


def stored(text: str) -> str:
    """Tokens as a word index takes them."""
    return " ".join(token.text for token in tokens_of(text))


def is_found(
    session: Session,
    id: Mapped[UUID],
    table: sa.Table,
    columns: Sequence[str],
    terms: Sequence[Term],
) -> ColumnElement[bool]:
    """Whether the row with this id holds all terms, each in any of these columns of tokens."""
    words = [
        (word, term.opens and place == len(term.words))
        for term in terms
        for place, word in enumerate(term.words, 1)
    ]
    runs = [term.run for term in terms if len(term.tokens) > 1]
    held = [sa.or_(*(_holds(table.c[name], run) for name in columns)) for run in runs]
    if are_many(session, table, words):
        here = sa.select(table.c.id).where(table.c.id == id).correlate_except(table)
        return here.where(rows_with(session, table, words, in_order=True), *held).exists()
    return id.in_(sa.select(table.c.id).where(rows_with(session, table, words), *held))


def _holds(column: ColumnElement[str], run: str) -> ColumnElement[bool]:
    """%, _ and the like stand for themselves."""
    return sa.literal(" ").concat(column).concat(" ").contains(run, autoescape=True)


def sort_key(session: Session, column: Any) -> ColumnElement[str]:
    """What text is sorted by: code points, A before b. Each database's own order differs."""
    if session.get_bind().dialect.name == "postgresql":
        return collate(func.lower(collate(column, "C")), "C")
    return func.lower(column)
