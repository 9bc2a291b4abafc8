"""Text found and sorted alike on both databases."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, collate, func
from sqlmodel import Session

from service.core.words import fold


def terms_of(text: str) -> Sequence[str]:
    """The words of a search, folded, each once."""
    return list(dict.fromkeys(fold(text).split()))


def holds(folded_column: Any, term: str) -> ColumnElement[bool]:
    """Whether a column of folded text holds the term; %, _ and the like stand for themselves."""
    found: ColumnElement[bool] = folded_column.contains(term, autoescape=True)
    return found


def sort_key(session: Session, column: Any) -> ColumnElement[str]:
    """What text is sorted by: code points, A before b. Each database's own order differs."""
    if session.get_bind().dialect.name == "postgresql":
        return collate(func.lower(collate(column, "C")), "C")
    return func.lower(column)
