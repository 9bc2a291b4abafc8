"""Whether a TAR.GZ is what it says, read once from front to end, without ever unpacking it to disk.

TAR has many dialects, and what one program takes for a name is content to another. Here is a
narrow one, which all of them read alike: POSIX (ustar, pax) and GNU's long names. It is what git,
npm, Python and the usual `tar` programs write.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from service.core.archive_rules import (
    ENTRIES,
    MIB,
    RATIO,
    UNPACKED,
    VIRUS_FILE,
    Names,
    NotAnArchive,
    check_name,
    check_virus_test,
    too_dense,
    too_large,
    too_many,
)

MEMBERS = 10_000  # that gzip files may be put together from
TOLD = 64 * 1024  # bytes of one header's extra words
TOLD_IN_ALL = 8 * MIB
BLOCK = 512

_PIECE = 64 * 1024
_NUMBER = re.compile(rb" {0,11}([0-7]{0,12})[ \0]{0,12}")
_FILES, _HARD_LINK, _LINK, _FOLDER = b"0\x007", b"1", b"2", b"5"
_DEVICES = b"346"
_LONG_NAME, _LONG_LINK, _WORDS, _WORDS_FOR_ALL = b"L", b"K", b"x", b"g"
_TOLD_BY = {_LONG_NAME: b"path", _LONG_LINK: b"linkpath"}
_TELLING = (b"path", b"linkpath", b"size")


def check_tar_gz(stream: BinaryIO) -> None:
    """Raises NotAnArchive unless it is whole, bounded and harmless."""
    size = stream.seek(0, 2)
    stream.seek(0)
    tar, names = _Tape(_unpacked(stream), RATIO * size), Names()
    try:
        for number, entry in enumerate(_entries(tar)):
            if number >= ENTRIES:
                raise too_many(ENTRIES)
            _check_entry(tar, entry, names)
    except (zlib.error, ValueError) as error:
        raise NotAnArchive("is damaged") from error
    names.check_links()


@dataclass(frozen=True)
class _Entry:
    kind: bytes
    size: int
    name: str
    link: str


class _Tape:
    """What gzip packed, forward only and bounded."""

    def __init__(self, pieces: Iterator[bytes], dense: int) -> None:
        self._pieces, self._piece, self._at = pieces, b"", 0
        self._unpacked, self._dense = 0, dense

    def read(self, size: int) -> bytes:
        """Fewer bytes at the end only."""
        found = b""
        while len(found) < size and self._more():
            part = self._piece[self._at : self._at + size - len(found)]
            found, self._at = found + part, self._at + len(part)
        return found

    def skip(self, size: int) -> None:
        while size > 0 and self._more():
            part = min(size, len(self._piece) - self._at)
            size, self._at = size - part, self._at + part
        if size > 0:
            raise NotAnArchive("is cut off")

    def rest_is_empty(self) -> bool:
        while self._more():
            if self._piece[self._at :].strip(b"\0"):
                return False
            self._at = len(self._piece)
        return True

    def _more(self) -> bool:
        if self._at < len(self._piece):
            return True
        self._piece, self._at = next(self._pieces, b""), 0
        self._unpacked += len(self._piece)
        if self._unpacked > UNPACKED:
            raise too_large(UNPACKED)
        if self._unpacked > self._dense:
            raise too_dense()
        return bool(self._piece)


def _unpacked(stream: BinaryIO) -> Iterator[bytes]:
    """Pieces, none empty. The checksums of gzip are checked on the way."""
    unpacker, packed, members = zlib.decompressobj(wbits=31), b"", 1
    while True:
        packed = packed or stream.read(_PIECE)
        piece = unpacker.decompress(packed, 4 * _PIECE)
        if not piece and not packed and not unpacker.eof:
            raise NotAnArchive("is cut off")
        packed = unpacker.unconsumed_tail
        if piece:
            yield piece
        if unpacker.eof:
            packed, members = _next_member(stream, unpacker.unused_data), members + 1
            if not packed:
                return
            if members > MEMBERS:
                raise NotAnArchive("is put together from too many pieces")
            unpacker = zlib.decompressobj(wbits=31)


def _next_member(stream: BinaryIO, packed: bytes) -> bytes:
    """What follows; zeros, which fill a tape, do not count."""
    packed = packed.lstrip(b"\0")
    while not packed and (packed := stream.read(_PIECE)):
        packed = packed.lstrip(b"\0")
    if packed and not b"\x1f\x8b".startswith(packed[:2]):
        raise NotAnArchive("has something behind its end")
    return packed


def _entries(tar: _Tape) -> Iterator[_Entry]:
    """Each with its content still ahead on the tape."""
    first, told, in_all = True, dict[bytes, bytes](), 0
    while block := tar.read(BLOCK):
        if not block.strip(b"\0") and not first and not told:
            if not tar.rest_is_empty():
                raise NotAnArchive("has something behind its end")
            return
        header = _header(block, first=first)
        first = False
        if header.kind in _TOLD_BY or header.kind in (_WORDS, _WORDS_FOR_ALL):
            in_all += header.size
            if header.size > TOLD or in_all > TOLD_IN_ALL:
                raise NotAnArchive("says more about its files than can be read")
            _hear(told, header, _content(tar, header.size))
        else:
            yield _told(header, told)
            told = {}
    if first:
        raise NotAnArchive("is packed by gzip, but holds no TAR archive")
    if told:
        raise NotAnArchive("is cut off")


def _header(block: bytes, *, first: bool) -> _Entry:
    checksum, size = _NUMBER.fullmatch(block[148:156]), _NUMBER.fullmatch(block[124:136])
    summed = sum(block) - sum(block[148:156]) + 8 * ord(" ")
    if len(block) < BLOCK or not checksum or int(checksum[1] or b"0", 8) != summed:
        what = "is packed by gzip, but holds no TAR archive" if first else "is damaged"
        raise NotAnArchive(what)
    if not size:  # written another way only when it needs more digits
        raise too_large(UNPACKED)
    name, prefix = _text(block[:100]), _text(block[345:500])
    if prefix and block[257:263] != b"ustar\0":
        raise NotAnArchive("gives a name that programs read in different ways")
    whole = f"{prefix}/{name}" if prefix else name
    return _Entry(block[156:157], int(size[1] or b"0", 8), whole, _text(block[157:257]))


def _hear(told: dict[bytes, bytes], header: _Entry, body: bytes) -> None:
    """What is told here of the entry that follows."""
    if header.kind in _TOLD_BY:
        records = [(_TOLD_BY[header.kind], body.partition(b"\0")[0])]
    else:
        records = list(_records(body))
    heard = {key: value for key, value in records if key in _TELLING}
    others = {key for key, _ in records if key.startswith((b"GNU.", b"SCHILY.real", b"SUN."))}
    if others:
        raise NotAnArchive("holds a file in a form that not all programs can read")
    if (header.kind == _WORDS_FOR_ALL and heard) or heard.keys() & told or not all(heard.values()):
        raise NotAnArchive("gives a name that programs read in different ways")
    told |= heard


def _records(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The length of all, a key and a value: `9 a=1234` and a new line, one after the other."""
    at = 0
    while at < len(body):
        space = body.find(b" ", at, at + 6)
        length = int(body[at:space]) if body[at:space].isdigit() else 0
        key, equals, value = body[space + 1 : at + length].partition(b"=")
        if space < 0 or not equals or not value.endswith(b"\n") or at + length > len(body):
            raise NotAnArchive("is damaged")
        yield key, value[:-1]
        at += length


def _told(header: _Entry, told: dict[bytes, bytes]) -> _Entry:
    """The entry with what was told of it; what its own header says stays true of it."""
    check_name(header.name)  # a program that knows no long names goes by this one
    if told.get(b"size", b"%d" % header.size) != b"%d" % header.size:
        raise NotAnArchive("gives a size that programs read in different ways")
    name = _text(told.get(b"path", b"")) or header.name
    return _Entry(header.kind, header.size, name, _text(told.get(b"linkpath", b"")) or header.link)


def _check_entry(tar: _Tape, entry: _Entry, names: Names) -> None:
    if entry.kind in (_HARD_LINK, _LINK, _FOLDER) or entry.name.endswith("/"):
        if entry.size:
            raise NotAnArchive("gives a size that programs read in different ways")
    elif entry.kind not in _FILES:
        what = "a device or a pipe" if entry.kind in _DEVICES else "something"
        raise NotAnArchive(f"holds {what} that is neither a file nor a folder")
    if entry.kind == _HARD_LINK:
        names.add_hard_link(entry.name, entry.link)
    else:
        names.add(entry.name, link=entry.link if entry.kind == _LINK else None)
    if entry.size <= VIRUS_FILE:
        check_virus_test(_content(tar, entry.size), entry.size)
    else:
        tar.skip(entry.size + -entry.size % BLOCK)


def _content(tar: _Tape, size: int) -> bytes:
    body = tar.read(size)
    tar.skip(size - len(body) + -size % BLOCK)
    return body


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")
