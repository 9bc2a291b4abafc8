"""Whether a ZIP file or a Word document is what it says, without ever unpacking it to disk."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import PureWindowsPath
from typing import BinaryIO

MIB = 1024 * 1024
RATIO = 200  # unpacked to packed, over the whole archive
DOCX_ENTRIES, DOCX_UNPACKED = 1_000, 50 * MIB
ZIP_ENTRIES, ZIP_UNPACKED = 20_000, 4096 * MIB

# Split, so that this file is not taken for the thing itself.
VIRUS_TEST = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

_LOCAL, _END, _END64 = b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x07"
_END_SIZE, _LONGEST_COMMENT = 22, 65_535
_PIECE = 256 * 1024


class NotAnArchive(Exception):
    """Why it is refused: the words go on after "it"."""


def check_zip(stream: BinaryIO) -> None:
    """Raises NotAnArchive unless its list of entries is whole, bounded and harmless."""
    with _opened(stream, ZIP_ENTRIES, ZIP_UNPACKED) as archive:
        _refuse_virus_test(archive)


def check_docx(stream: BinaryIO) -> None:
    """Raises NotAnArchive unless it is a Word document that unpacks to what it declares."""
    with _opened(stream, DOCX_ENTRIES, DOCX_UNPACKED) as archive:
        names = set(archive.namelist())
        if not {"[Content_Types].xml", "word/document.xml"} <= names:
            raise NotAnArchive("is a plain ZIP archive, not a Word document")
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise NotAnArchive("holds macros")
        _refuse_virus_test(archive)
        for entry in archive.infolist():
            _read_through(archive, entry)


@contextmanager
def _opened(stream: BinaryIO, entries: int, unpacked: int) -> Generator[zipfile.ZipFile]:
    try:
        _check_end(stream, entries)
        with zipfile.ZipFile(stream) as archive:
            _check_entries(archive.infolist(), entries, unpacked)
            yield archive
    except (
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
    if at + _END_SIZE + comment != len(tail) or offset + length > start + at:
        raise NotAnArchive("has something behind its end")
    # No file of the size we take needs ZIP64, and zipfile would believe its numbers instead.
    if tail[max(0, at - 20) : at].startswith(_END64):
        raise NotAnArchive("uses ZIP64, which is for archives beyond 4 GiB")
    if counted > entries or length > entries * 256:
        raise NotAnArchive(f"holds more than {entries:,} files")


def _check_entries(found: list[zipfile.ZipInfo], entries: int, unpacked: int) -> None:
    if len(found) > entries:
        raise NotAnArchive(f"holds more than {entries:,} files")
    total, packed = sum(e.file_size for e in found), sum(e.compress_size for e in found)
    if total > unpacked:
        raise NotAnArchive(f"unpacks to more than {unpacked // MIB:,} MiB")
    if total > RATIO * max(packed, 1):
        raise NotAnArchive(f"unpacks to more than {RATIO} times its size")
    if len({entry.filename.casefold() for entry in found}) != len(found):
        raise NotAnArchive("holds two files of the same name")
    if any(_leads_out(entry) for entry in found):
        raise NotAnArchive("holds a file that would land outside its folder")


def _leads_out(entry: zipfile.ZipInfo) -> bool:
    path = PureWindowsPath(entry.orig_filename)  # knows / and \ and drives
    linked = stat.S_ISLNK(entry.external_attr >> 16)
    return linked or ".." in path.parts or bool(path.anchor) or "\0" in entry.orig_filename


def _refuse_virus_test(archive: zipfile.ZipFile) -> None:
    for entry in archive.infolist():
        small = len(VIRUS_TEST) <= entry.file_size <= 2 * len(VIRUS_TEST)
        plain = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        if small and plain and not entry.flag_bits & 1:
            with archive.open(entry) as file:
                if file.read(len(VIRUS_TEST)) == VIRUS_TEST:
                    raise NotAnArchive("holds the test file of virus scanners")


def _read_through(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Unpack into nothing: a wrong size or checksum shows here. Bounded by what is declared."""
    if entry.flag_bits & 1:
        raise NotAnArchive("is protected by a password")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotAnArchive("is packed in a way that Word does not use")
    with archive.open(entry) as file:
        while file.read(_PIECE):
            pass
