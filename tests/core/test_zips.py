"""A ZIP says the same in its list and before each file, hides nothing, and unpacks as declared."""

import io
import stat
import struct
import zipfile
import zlib
from typing import Any

import pytest

from service.core.filetypes import HEAD, FileTypeRefused, sniff
from service.core.zip_entries import EXTRA

TEXT = b"print(1)\n" * 20
LIST, LOCAL = b"PK\x01\x02", b"PK\x03\x04"
# Where each number stands: in the list, and before a file.
CHECKSUM, UNPACKED, METHOD = (16, 14), (24, 22), (10, 8)
OTHERWISE = "says one thing in its list and another before a file"
OVERLAP = "has parts that overlap, or that its list leaves out"


class Pipe(io.BytesIO):
    """Written once from front to end: sizes can only be told after the content."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_where: int) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


def entry(name: str, *, mode: int = stat.S_IFREG, **said: Any) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.create_system, made.external_attr = 3, mode << 16
    for key, value in said.items():
        setattr(made, key, value)
    return made


def packed(*entries: tuple[zipfile.ZipInfo | str, bytes], into: io.BytesIO | None = None) -> bytes:
    buffer = into or io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def answer(archive: bytes) -> str:
    try:
        return sniff(archive[:HEAD], "a.zip", io.BytesIO(archive))
    except FileTypeRefused as refused:
        return str(refused)


def changed(archive: bytes, sign: bytes, at: int, to: int, *, size: int = 4) -> bytes:
    """Another number in the first header of that kind."""
    place = archive.index(sign) + at
    return archive[:place] + to.to_bytes(size, "little") + archive[place + size :]


def listed(headers: list[bytes], contents: bytes) -> bytes:
    """An archive of our own making: what stands before the list, and the list."""
    whole = b"".join(headers)
    end = struct.pack("<HHHHIIH", 0, 0, len(headers), len(headers), len(whole), len(contents), 0)
    return contents + whole + b"PK\x05\x06" + end


def taken_apart(archive: bytes) -> tuple[bytes, bytes]:
    """What stands before the list, and the list."""
    start, end = archive.index(LIST), archive.rindex(b"PK\x05\x06")
    return archive[:start], archive[start:end]


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    return entry(name, mode=stat.S_IFLNK), target.encode()


def other_name(name: bytes) -> bytes:
    """The field by which a program may go instead of by the name."""
    return struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(b"a")) + name


@pytest.mark.parametrize(
    "archive",
    [
        packed(("a/", b""), ("a/b.py", TEXT), ("ü/日本.txt", TEXT), ("a/empty", b"")),
        packed(("a.py", TEXT), ("b.py", TEXT), into=Pipe()),
        packed((entry("a.py", compress_type=zipfile.ZIP_STORED), TEXT), into=Pipe()),
        packed(("a/b.py", TEXT), link("a/c", "../d"), link("d", "a")),
        packed((entry("a", extra=other_name(b"b")), TEXT)),
        packed((entry("a", extra=b"\x20\xa2" + struct.pack("<H", 999) + bytes(999)), TEXT)),
    ],
    ids=["plain", "streamed", "streamed as it is", "links", "another name", "padded"],
)
def test_an_honest_archive_is_taken(archive: bytes) -> None:
    assert answer(archive) == "application/zip"


def test_one_with_places_for_large_sizes_is_taken() -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.py", "w", force_zip64=True) as file,
    ):
        file.write(TEXT)

    assert answer(buffer.getvalue()) == "application/zip"


@pytest.mark.parametrize("sign", [LIST, LOCAL], ids=["list", "header"])
@pytest.mark.parametrize(("places", "to"), [(CHECKSUM, 1), (UNPACKED, 9), (METHOD, 0)])
def test_a_list_and_a_header_that_differ_are_refused(
    sign: bytes, places: tuple[int, int], to: int
) -> None:
    at, size = places[sign == LOCAL], 2 if places == METHOD else 4

    assert OTHERWISE in answer(changed(packed(("a", TEXT)), sign, at, to, size=size))


def test_two_names_for_one_file_are_refused() -> None:
    before, after = taken_apart(packed(("src/a", TEXT)))

    assert OTHERWISE in answer(listed([after], before.replace(b"src/a", b"../up")))


@pytest.mark.parametrize("declared", [9, 0])
def test_what_unpacks_to_more_than_it_declares_is_refused(declared: int) -> None:
    """With the checksum of what is declared, so that a program which stops there is content."""
    archive = packed(("a", TEXT))
    for sign, which in ((LIST, 0), (LOCAL, 1)):
        archive = changed(archive, sign, UNPACKED[which], declared)
        archive = changed(archive, sign, CHECKSUM[which], zlib.crc32(TEXT[:declared]))
    with zipfile.ZipFile(io.BytesIO(archive)) as fooled:
        assert fooled.read("a") == TEXT[:declared]

    assert "unpacks to more than it declares" in answer(archive)


def test_what_unpacks_to_less_or_to_something_else_is_refused() -> None:
    archive = packed(("a", TEXT))
    less = other = archive
    for sign, which in ((LIST, 0), (LOCAL, 1)):
        less = changed(less, sign, UNPACKED[which], len(TEXT) + 1)
        other = changed(other, sign, CHECKSUM[which], 7)

    assert "is damaged" in answer(less)
    assert "is damaged" in answer(other)


def test_files_that_share_their_bytes_are_refused() -> None:
    """The same packed bytes again and again are how a small archive unpacks to terabytes."""
    before, after = taken_apart(packed(("a", TEXT)))

    assert answer(listed([after], before)) == "application/zip"
    assert OVERLAP in answer(listed([after, after.replace(b"a", b"b")], before))


def test_a_file_that_the_list_leaves_out_is_refused() -> None:
    first, _ = taken_apart(packed(("a", TEXT)))
    hidden, _ = taken_apart(packed(("../up", TEXT)))
    last, after = taken_apart(packed(("a", TEXT), ("b", TEXT)))
    at = len(first)
    moved = changed(after[after.index(LIST, 1) :], LIST, 42, at + len(hidden))
    between = first + hidden + last[at:]

    assert OVERLAP in answer(listed([after[: after.index(LIST, 1)], moved], between))
    assert OVERLAP in answer(listed([after], last + hidden))


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([link("a", "/etc/passwd")], "leads outside its folder"),
        ([link("a/b", "../../up")], "leads outside its folder"),
        ([link("a", "b" * 2_000)], "cannot be followed"),
        ([link("a", "b"), ("a/c", TEXT)], "goes through a link"),
        ([(entry("a", mode=stat.S_IFIFO), b"")], "a device or a pipe"),
        ([(entry("a", mode=stat.S_IFCHR), b"")], "a device or a pipe"),
        ([(entry("a", extra=other_name(b"../up")), TEXT)], "outside its folder"),
        ([(entry("a", extra=bytes(EXTRA + 4)), TEXT)], "says more about its files"),
        ([(entry("a", compress_type=zipfile.ZIP_LZMA), TEXT)], "many programs do not know"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_harm_whoever_unpacks_it_is_refused(
    entries: list[tuple[zipfile.ZipInfo | str, bytes]], reason: str
) -> None:
    assert reason in answer(packed(*entries))


def test_what_a_password_protects_cannot_be_looked_at_and_is_refused() -> None:
    archive = packed(("a", TEXT))
    flagged = changed(changed(archive, LIST, 8, 1, size=2), LOCAL, 6, 1, size=2)

    assert "is protected by a password" in answer(flagged)
