"""Whether a ZIP file or a Word document is what it says, without ever unpacking it to disk."""

import struct
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import BinaryIO

from service.core.archive_rules import (
    ENTRIES,
    MIB,
    RATIO,
    UNPACKED,
    NotAnArchive,
    check_name,
    too_dense,
    too_large,
    too_many,
)
from service.core.zip_entries import EXTRA, check_contents

DOCX_ENTRIES, DOCX_UNPACKED = 1_000, 50 * MIB

_LOCAL, _END, _END64 = b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x07"
_LISTED, _LINE_SIZE = b"PK\x01\x02", 46
_END_SIZE, _LONGEST_COMMENT = 22, 65_535


def check_zip(stream: BinaryIO) -> None:
    """Raises NotAnArchive unless it is whole, bounded and harmless."""
    with _opened(stream, ENTRIES, UNPACKED) as archive:
        check_contents(stream, archive.infolist(), archive.start_dir)


def check_docx(stream: BinaryIO) -> None:
    """Raises NotAnArchive unless it is a Word document that unpacks to what it declares."""
    with _opened(stream, DOCX_ENTRIES, DOCX_UNPACKED) as archive:
        names = set(archive.namelist())
        if not {"[Content_Types].xml", "word/document.xml"} <= names:
            raise NotAnArchive("is a plain ZIP archive, not a Word document")
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise NotAnArchive("holds macros")
        check_contents(stream, archive.infolist(), archive.start_dir)


@contextmanager
def _opened(stream: BinaryIO, entries: int, unpacked: int) -> Generator[zipfile.ZipFile]:
    try:
        _check_end(stream, entries)
        with zipfile.ZipFile(stream) as archive:
            _check_entries(archive.infolist(), entries, unpacked)
            yield archive
    except (  # a way of packing that zipfile does not know is NotImplementedError
        zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError,
        NotImplementedError, OSError, OverflowError, RuntimeError, ValueError,
    ) as error:  # fmt: skip
        raise NotAnArchive("is damaged") from error


def _check_end(stream: BinaryIO, entries: int) -> None:
    """There is one end record, and the list before it is short enough to be read."""
    stream.seek(0)
    if stream.read(4) != _LOCAL:
        raise NotAnArchive("does not begin as a ZIP archive, or has no files in it")
    size = stream.seek(0, 2)
    start = stream.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT))
    tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise NotAnArchive("is cut off")
    counted, length, offset, comment = struct.unpack("<10xHIIH", tail[at : at + _END_SIZE])
    # No file of the size we take needs ZIP64, and zipfile would believe its numbers instead.
    if tail[max(0, at - 20) : at].startswith(_END64):
        raise NotAnArchive("uses ZIP64, which is for archives beyond 4 GiB")
    if at + _END_SIZE + comment != len(tail) or offset + length != start + at:
        raise NotAnArchive("has something behind its end")
    if counted > entries or length > entries * 256:
        raise too_many(entries)
    _check_list(stream, offset, length)


def _check_list(stream: BinaryIO, at: int, length: int) -> None:
    """Before `zipfile` reads it: what stands beside a name costs it the square of the length."""
    stream.seek(at)
    listed, at = stream.read(length), 0
    while listed.startswith(_LISTED, at) and at + _LINE_SIZE <= length:
        name, extra, comment = struct.unpack_from("<HHH", listed, at + 28)
        if extra > EXTRA:
            raise NotAnArchive("says more about its files than can be read")
        at += _LINE_SIZE + name + extra + comment


def _check_entries(found: list[zipfile.ZipInfo], entries: int, unpacked: int) -> None:
    if len(found) > entries:
        raise too_many(entries)
    for entry in found:
        check_name(entry.orig_filename)
    if len({entry.filename.casefold() for entry in found}) != len(found):
        raise NotAnArchive("holds two files of the same name")
    total, packed = sum(e.file_size for e in found), sum(e.compress_size for e in found)
    if total > unpacked:
        raise too_large(unpacked)
    if total > RATIO * max(packed, 1):
        raise too_dense()
