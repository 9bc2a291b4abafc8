"""Whether each file in a ZIP is what the list at its end says, for who reads either of the two.

A program may go by the list or by the header before each file. Both must tell the same, hide
nothing from each other, and unpack to what they declare.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from service.core.archive_rules import (
    NAME,
    VIRUS_FILE,
    Names,
    NotAnArchive,
    check_name,
    check_virus_test,
)

EXTRA = 4096  # bytes beside a name

_LOCAL, _EXTRA, _LARGE = struct.Struct("<4s2xHH4xIIIHH"), struct.Struct("<HH"), struct.Struct("<QQ")
_ENCRYPTED, _TOLD_LATER, _UTF8 = 0x1, 0x8, 0x800
_WORDS = 24  # bytes at most behind a file whose size is told later
_BEGIN = max(VIRUS_FILE, NAME + 1)
_ZIP64, _UNKNOWN, _OTHER_NAME = 1, 0xFFFFFFFF, 0x7075
_PIECE = 256 * 1024


def check_contents(stream: BinaryIO, found: list[zipfile.ZipInfo], end: int) -> None:
    """Unpack all of them into nothing; `end` is where their list begins. Raises NotAnArchive."""
    names, at, between = Names(), 0, 0
    for entry in sorted(found, key=lambda entry: entry.header_offset):
        if not 0 <= entry.header_offset - at <= between:
            raise NotAnArchive("has parts that overlap, or that its list leaves out")
        at = _check_header(stream, entry)
        begin = _unpacked(stream, entry)
        check_virus_test(begin, entry.file_size)
        names.add(entry.orig_filename, link=_link(entry, begin))
        between = _WORDS if entry.flag_bits & _TOLD_LATER else 0
    if not 0 <= end - at <= between:
        raise NotAnArchive("has parts that overlap, or that its list leaves out")
    names.check_links()


def _link(entry: zipfile.ZipInfo, begin: bytes) -> str | None:
    """What it names if it is a link."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind in (stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK):
        raise NotAnArchive("holds a device or a pipe that is neither a file nor a folder")
    return begin.decode("utf-8", "surrogateescape") if kind == stat.S_IFLNK else None


def _check_header(stream: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """Where its content ends; the stream is left where it begins."""
    if entry.flag_bits & _ENCRYPTED:
        raise NotAnArchive("is protected by a password")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotAnArchive("is packed in a way that many programs do not know")
    stream.seek(entry.header_offset)
    sign, flags, method, *told, named, more = _LOCAL.unpack(stream.read(_LOCAL.size))
    name, extra = stream.read(named), stream.read(more)
    coded = entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8 else "cp437")
    same = (
        sign == b"PK\x03\x04"
        and (name, method) == (coded, entry.compress_type)
        and not (flags ^ entry.flag_bits) & (_ENCRYPTED | _TOLD_LATER | _UTF8)
        and _same_sizes(entry, told, dict(_extras(extra)).get(_ZIP64, b""))
    )
    if more > EXTRA:
        raise NotAnArchive("says more about its files than can be read")
    if not same:
        raise NotAnArchive("says one thing in its list and another before a file")
    for key, value in (*_extras(extra), *_extras(entry.extra)):
        if key == _OTHER_NAME:
            check_name(value[5:].decode())
    return stream.tell() + entry.compress_size


def _same_sizes(entry: zipfile.ZipInfo, told: list[int], large: bytes) -> bool:
    """Checksum, packed and unpacked size; told later, each may be zero here."""
    checksum, packed, unpacked = told
    if len(large) >= _LARGE.size and (packed, unpacked) == (_UNKNOWN, _UNKNOWN):
        unpacked, packed = _LARGE.unpack_from(large)
    pairs = ((checksum, entry.CRC), (packed, entry.compress_size), (unpacked, entry.file_size))
    later = entry.flag_bits & _TOLD_LATER
    return all(here == there or (later and here == 0) for here, there in pairs)


def _extras(field: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _EXTRA.size <= len(field):
        key, size = _EXTRA.unpack_from(field, at)
        at += _EXTRA.size + size
        yield key, field[at - size : at]


def _unpacked(stream: BinaryIO, entry: zipfile.ZipInfo) -> bytes:
    """The first bytes; all are unpacked, and no more than one piece beyond what is declared."""
    begin, size, checksum = b"", 0, 0
    for piece in _pieces(stream, entry):
        begin += piece[: _BEGIN - len(begin)]
        size, checksum = size + len(piece), zlib.crc32(piece, checksum)
        if size > entry.file_size:
            raise NotAnArchive("unpacks to more than it declares")
    if (size, checksum) != (entry.file_size, entry.CRC):
        raise NotAnArchive("is damaged")
    return begin


def _pieces(stream: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    packed = _packed(stream, entry.compress_size)
    if entry.compress_type == zipfile.ZIP_STORED:
        yield from packed
        return
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    for piece in packed:
        ahead = piece
        while ahead and not unpacker.eof:
            yield unpacker.decompress(ahead, _PIECE)
            ahead = unpacker.unconsumed_tail
    while last := unpacker.decompress(b"", _PIECE):
        yield last
    if not unpacker.eof or unpacker.unused_data:
        raise NotAnArchive("is damaged")


def _packed(stream: BinaryIO, left: int) -> Iterator[bytes]:
    while left > 0 and (piece := stream.read(min(left, _PIECE))):
        left -= len(piece)
        yield piece
