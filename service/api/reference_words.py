"""Pieces of an OpenAPI document in words. What is code, strong or a link, the template shows."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

Schema = Mapping[str, Any]

_MARKED = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*")


class Bit(NamedTuple):
    """Some text, and how it is shown: as `code`, `strong`, `link` to a shape of that name."""

    text: str
    how: str = ""


def paragraphs(text: str) -> list[list[Bit]]:
    """What stands in backticks is code, what stands in ** is strong."""
    return [list(_bits_of(part)) for part in text.split("\n\n") if part.strip()]


def _bits_of(text: str) -> Iterator[Bit]:
    end = 0
    for mark in _MARKED.finditer(text):
        yield Bit(text[end : mark.start()])
        how = mark.lastgroup or ""
        yield Bit(mark[how], how)
        end = mark.end()
    yield Bit(text[end:])


def found(document: Schema, piece: Schema) -> Schema:
    """What a `$ref` leads to, or the piece itself."""
    if "$ref" not in piece:
        return piece
    here = document
    for name in str(piece["$ref"]).removeprefix("#/").split("/"):
        here = here[name]
    return here


def names_in(document: Schema, piece: object, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """The shapes that a piece of the document names, and those that they name."""
    if isinstance(piece, list):
        for one in piece:
            yield from names_in(document, one, known)
    if not isinstance(piece, dict):
        return
    name = str(piece.get("$ref", "")).rpartition("/")[2]
    if name and name not in known:
        yield name
        yield from names_in(document, found(document, piece), known | {name})
    for one in piece.values():
        yield from names_in(document, one, known)


def kind_of(shape: Schema) -> list[Bit]:
    """A JSON schema in a few words: `text of 1 to 200 characters`, `list of Evidence`, …"""
    if "$ref" in shape:
        return [Bit(str(shape["$ref"]).rpartition("/")[2], "link")]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in shape:
            return _joined(" or ", map(kind_of, shape[key]))
    if "enum" in shape or "const" in shape:
        values = shape.get("enum", [shape.get("const")])
        return _joined(", ", ([Bit(str(value), "code")] for value in values))
    kind = shape.get("type", "anything")
    kinds = kind if isinstance(kind, list) else [kind]
    return _joined(" or ", (_plain(str(one), shape) for one in kinds))


def _plain(kind: str, shape: Schema) -> list[Bit]:
    if kind == "array":
        many = _bounds(shape, "Items", "") or " of"
        return [Bit(f"list{many} "), *kind_of(shape.get("items", {}))]
    if kind == "string":
        return [Bit(f"{shape.get('format', 'text')}{_bounds(shape, 'Length', ' characters')}")]
    low, high = shape.get("minimum"), shape.get("maximum")
    least, most = "" if low is None else f" from {low}", "" if high is None else f" to {high}"
    return [Bit(kind + least + most)]


def _bounds(shape: Schema, what: str, unit: str) -> str:
    low, high = shape.get(f"min{what}"), shape.get(f"max{what}")
    if high is not None:
        return f" of {low or 0} to {high}{unit}"
    return f" of at least {low}{unit}" if low else ""


def _joined(between: str, parts: Iterable[list[Bit]]) -> list[Bit]:
    """Each once, in order."""
    once = dict.fromkeys(map(tuple, parts))
    return [bit for part in once for bit in (Bit(between), *part)][1:]
