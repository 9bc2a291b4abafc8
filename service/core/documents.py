"""What a PDF document would do by itself: run a script, start a program, bring files along."""

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

UNPACKED = 64 * 1024 * 1024  # of all lists of objects together
LISTS = 10_000  # of objects
PIECE = 1024 * 1024
OVERLAP = 512  # so that nothing is missed where two pieces meet

# Names may be written with hex codes: /J#61vaScript. `/S` says what kind of action follows, so a
# word in a title or on a page ("CSS/JavaScript") is not taken for one.
_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
_END = rb"(?![A-Za-z0-9_.-])"
_ACTS = {
    "runs a script; print it to a new PDF and send that": rb"/S\s{0,9}/JavaScript",
    "starts a program; print it to a new PDF and send that": rb"/S\s{0,9}/Launch",
    "has files inside; send them beside it": rb"/EmbeddedFiles?",
}
_PATTERNS = {words: re.compile(pattern + _END) for words, pattern in _ACTS.items()}
_LIST = rb"/ObjStm" + _END
# The search for a `stream` ends where the next list is named: so none is looked through twice.
_OBJECTS = re.compile(_LIST + rb"(?:[^/]|/(?!" + _LIST[1:] + rb")){0,400}?stream\r?\n")


class NotReadable(Exception):
    """Why it cannot be looked through: the words go on after "it"."""


def what_it_does(stream: BinaryIO) -> str:
    """What it would do, as words that go on after "it"; empty when it only wants to be read.

    Raises NotReadable.
    """
    for text in _texts(stream):
        plain = _NAME.sub(lambda found: bytes([int(found[1], 16)]), text)
        for words, pattern in _PATTERNS.items():
            if pattern.search(plain):
                return words
    return ""


def _texts(stream: BinaryIO) -> Iterator[bytes]:
    """The file itself in pieces, and its packed lists of objects."""
    starts: set[int] = set()
    at, before = 0, b""
    stream.seek(0)
    while piece := stream.read(PIECE):
        text = before + piece
        yield text
        starts |= {at - len(before) + found.end() for found in _OBJECTS.finditer(text)}
        if len(starts) > LISTS:
            raise NotReadable("holds more objects than can be looked at")
        at, before = at + len(piece), text[-OVERLAP:]
    left = UNPACKED
    for start in sorted(starts):
        found = _unpacked(stream, start, left)
        left -= len(found)
        if left <= 0:
            raise NotReadable("holds more objects than can be looked at")
        yield found


def _unpacked(stream: BinaryIO, start: int, most: int) -> bytes:
    """What is packed from here on; what is damaged ends there, as it does for a reader."""
    unpacker, begin = zlib.decompressobj(), b""
    stream.seek(start)
    try:
        while len(begin) < most and not unpacker.eof and (piece := stream.read(PIECE // 16)):
            begin += unpacker.decompress(piece, most - len(begin))
    except zlib.error:
        pass
    return begin
