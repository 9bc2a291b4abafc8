"""A TAR.GZ that whoever unpacks it can trust: bounded, nothing outside its folder, read one way."""

import gzip
import io
import os
import subprocess
import tarfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.archive_rules import (
    DEPTH,
    ENTRIES,
    NAME,
    RATIO,
    UNPACKED,
    VIRUS_TEST,
    NotAnArchive,
)
from service.core.filetypes import HEAD, FileTypeRefused, sniff
from service.core.tarballs import BLOCK, MEMBERS, TOLD, check_tar_gz

MIB = 1024 * 1024
Entry = tuple[str, dict[str, Any]]
FILE: Entry = ("src/main.py", {})


def tar(*entries: Entry, format: int = tarfile.PAX_FORMAT) -> bytes:
    """Each a name, and what its header says; `content` is what it holds."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for name, said in entries:
            entry, content = tarfile.TarInfo(name), said.get("content", b"")
            entry.size = len(content)
            for key in said.keys() - {"content"}:
                setattr(entry, key, said[key])
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def link(name: str, target: str, **said: Any) -> Entry:
    return name, {"type": tarfile.SYMTYPE, "linkname": target, **said}


def hard(name: str, target: str) -> Entry:
    return name, {"type": tarfile.LNKTYPE, "linkname": target}


def special(kind: bytes) -> Entry:
    return "dev", {"type": kind}


def words(**told: str) -> Entry:
    return "src/a.py", {"pax_headers": told}


def answer(archive: bytes, *, packed: bool = True) -> str:
    whole = gzip.compress(archive, 1) if packed else archive
    try:
        return sniff(whole[:HEAD], "a.tar.gz", io.BytesIO(whole))
    except FileTypeRefused as refused:
        return str(refused)


def changed(archive: bytes, at: int, by: bytes) -> bytes:
    """Other bytes in the first header, and its checksum made right again."""
    block = bytearray(archive[:BLOCK])
    block[at : at + len(by)] = by
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + archive[BLOCK:]


def many(count: int) -> Iterable[Entry]:
    return ((f"src/{number}", {}) for number in range(count))


SIZES = "programs read in different ways"
OUTSIDE = "a file that would land outside its folder"
LEADS = "a link that leads outside its folder"
ABSENT = "a link to a file that is not in it"
DEEP = "/".join("d" * (DEPTH - 1))
LONG = "d" * 180 + "/main.py"


@pytest.mark.parametrize(
    "entries",
    [
        [("./", {"type": tarfile.DIRTYPE}), ("./src/", {"type": tarfile.DIRTYPE}), FILE],
        [FILE, link("main.py", "src/main.py"), link("src/up", ".."), link("src/self", ".")],
        [link("bin", "missing/later"), link("a/b/c", "../../x"), link("x", "./a//b")],
        [FILE, hard("main.py", "src/main.py"), hard("again.py", "./main.py")],
        [FILE, FILE, ("SRC/main.py", {})],
        [("..notes/a..b/...", {}), ("a\\b", {}), ("naïve/日本.py", {})],
        [(f"{DEEP}/a", {}), (LONG, {"content": b"x" * 9_000}), link("l", LONG)],
        [("a.py", {"pax_headers": {"mtime": "1.5", "SCHILY.xattr.user.a": "b\nc=d"}})],
        [("EICAR.txt", {"content": b"About " + VIRUS_TEST})],
    ],
    ids=lambda entries: entries[-1][0][:20],
)
@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_an_honest_archive_is_taken(entries: list[Entry], format: int) -> None:
    assert answer(tar(*entries, format=format)) == "application/gzip"


def test_what_git_packs_is_taken_with_its_links(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / f"{'long' * 40}.py").write_text("print(1)")
    (tmp_path / "README").symlink_to("src/readme")
    (tmp_path / "src" / "up").symlink_to("../README")
    me = ["-c", "user.name=Ida", "-c", "user.email=ida@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*me, "commit", "-qm", "All"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    packed = subprocess.run(
        ["git", "archive", "--format=tar.gz", "--prefix=work/", "HEAD"],
        cwd=tmp_path, check=True, capture_output=True,
    ).stdout  # fmt: skip

    assert answer(packed, packed=False) == "application/gzip"


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([FILE, ("../up", {})], OUTSIDE),
        ([FILE, ("src/../../up", {})], OUTSIDE),
        ([FILE, ("..\\up", {})], OUTSIDE),
        ([FILE, ("/etc/passwd", {})], OUTSIDE),
        ([FILE, ("C:\\up", {})], OUTSIDE),
        ([FILE, (f"../{LONG}", {})], OUTSIDE),
        ([FILE, words(path="/etc/passwd")], OUTSIDE),
        ([FILE, link("l", "/etc/passwd")], LEADS),
        ([FILE, link("l", "..")], LEADS),
        ([FILE, link("src/l", "../..")], LEADS),
        ([FILE, link("l", "src/../..")], LEADS),
        ([FILE, link("l", "C:\\x")], LEADS),
        ([FILE, link("l", "..\\x")], "cannot be followed"),
        ([FILE, link(".", "src")], "cannot be followed"),
        ([FILE, link("l", "x", pax_headers={"linkpath": "/etc"})], LEADS),
        # A folder deep inside that leads to the top, and a link that goes up from there.
        ([link("a/b/top", "../.."), link("out", "a/b/top/..")], LEADS),
        ([link("out", "a/b/top/.."), link("a/b/top", "../..")], LEADS),
        ([link("a", "a")], "followed to their end"),
        ([link("a", "b/x"), link("b", "a/x")], "followed to their end"),
        ([link("a", "src"), ("a/x", {})], "goes through a link"),
        ([("a/b/x", {}), link("a/b", "../src")], "goes through a link"),
        ([link("caf\u00e9", "src"), ("CAFE\u0301/x", {})], "goes through a link"),
        ([link("a", "src"), ("a\\x", {})], "goes through a link"),
        ([link("a", "src"), ("A", {})], "two files of the same name"),
        ([("a", {}), link("./a", "src")], "two files of the same name"),
        ([hard("a", "/etc/passwd")], OUTSIDE),
        ([hard("a", "../../x")], OUTSIDE),
        ([hard("a", "src/main.py"), FILE], ABSENT),
        # The same link from a higher place would lead outside.
        ([link("a/b", "../x"), hard("c", "a/b")], ABSENT),
        ([FILE, special(tarfile.CHRTYPE)], "a device or a pipe"),
        ([FILE, special(tarfile.BLKTYPE)], "a device or a pipe"),
        ([FILE, special(tarfile.FIFOTYPE)], "a device or a pipe"),
        ([FILE, special(b"M")], "neither a file nor a folder"),
        ([FILE, words(size="1")], SIZES),
        ([FILE, words(**{"GNU.sparse.name": "../x"})], "in a form that not all"),
        ([("a.txt", {}), ("b.txt", {"content": VIRUS_TEST})], "virus scanners"),
        ([FILE, ("d" * (NAME + 1), {})], "names that are too long"),
        ([FILE, (f"{DEEP}/d/d", {})], "names that are too long"),
        ([FILE, words(comment="x" * TOLD)], "says more about its files"),
        ([FILE, ("zeros", {"content": bytes(2 * MIB)})], f"{RATIO} times its size"),
        (many(ENTRIES + 1), "more than 20,000 files"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_harm_whoever_unpacks_it_is_refused(entries: list[Entry], reason: str) -> None:
    assert reason in answer(tar(*entries))


def test_what_programs_would_read_in_two_ways_is_refused() -> None:
    plain = tar(("a", {}), ("b", {}))
    old = tar(("a", {}), format=tarfile.GNU_FORMAT)
    folder = tar(("a", {"type": tarfile.DIRTYPE}), FILE)
    long = tar((LONG, {}), format=tarfile.GNU_FORMAT)
    told = tar(words(path="b"))
    twice = long[: 2 * BLOCK] + told

    assert SIZES in answer(changed(folder, 124, b"00000001000\0"))
    assert SIZES in answer(changed(old, 345, b"12345670123\0"))  # GNU's place for times
    assert SIZES in answer(twice)
    assert "is damaged" in answer(changed(plain, 148, b"")[:BLOCK] + b"x" + plain[BLOCK + 1 :])
    assert "unpacks to more than 512 MiB" in answer(changed(plain, 124, b"0000001_000\0"))
    assert "unpacks to more than 512 MiB" in answer(changed(plain, 124, b"\xff" * 12))


def test_what_stands_behind_its_end_is_refused() -> None:
    plain = tar(FILE)
    packed = gzip.compress(plain)

    assert "behind its end" in answer(plain + tar(("../up", {})))
    assert "behind its end" in answer(packed + b"PK", packed=False)
    assert answer(plain.rstrip(b"\0").ljust(2 * BLOCK, b"\0")) == "application/gzip"
    assert answer(packed + bytes(BLOCK), packed=False) == "application/gzip"


def test_what_is_cut_off_is_refused_wherever_it_is_cut() -> None:
    plain = tar((LONG, {"content": os.urandom(2_000)}))
    packed = gzip.compress(plain)

    assert "cut off" in answer(plain[:BLOCK] + plain[BLOCK : BLOCK + 100])
    for end in range(2, len(packed), 97):
        assert answer(packed[:end], packed=False) != "application/gzip"
    assert "is damaged" in answer(packed[:-8] + bytes(8), packed=False)


NAMES = ["a", "b", "a/b", "a/b/c", "b/a", "./c", "A", "c/d", "a/c/d/e"]
TARGETS = [*NAMES, "..", "../..", "a/b/..", "b/../..", "../a", "c/..", ".", "d/../../.."]
SAID = st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE])
ENTRIES_OF_ALL_SORTS = st.lists(
    st.tuples(st.sampled_from(NAMES), SAID, st.sampled_from(TARGETS)),
    min_size=1,
    max_size=6,
)


@given(sorts=ENTRIES_OF_ALL_SORTS)
def test_whatever_is_taken_stays_in_its_folder(sorts: list[tuple[str, bytes, str]]) -> None:
    """Unpacked for once, by two programs that are told to trust it."""
    entries = [(name, {"type": kind, "linkname": target}) for name, kind, target in sorts]
    archive = tar(*entries)
    taken = answer(archive) == "application/gzip"
    for unpack in (by_tar, by_python) if taken else ():
        with TemporaryDirectory() as around:
            folder = Path(around) / "one" / "two"
            folder.mkdir(parents=True)
            unpack(archive, folder)
            assert [path.name for path in Path(around).iterdir()] == ["one"]
            assert [path.name for path in folder.parent.iterdir()] == ["two"]
            for path in folder.rglob("*"):
                assert folder in [path.resolve(), *path.resolve().parents], path


def by_tar(archive: bytes, folder: Path) -> None:
    subprocess.run(
        ["tar", "-xPf", "-"], input=archive, cwd=folder, capture_output=True, check=False
    )


def by_python(archive: bytes, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive)) as file, suppress(OSError, KeyError):
        file.extractall(folder, filter="fully_trusted")


def test_pieces_put_together_are_one_archive_and_bounded() -> None:
    plain = tar(FILE)
    pieces = gzip.compress(plain[:700]) + gzip.compress(plain[700:])

    assert answer(pieces, packed=False) == "application/gzip"
    assert "too many pieces" in answer(gzip.compress(b"") * (MEMBERS + 1), packed=False)


def test_an_archive_that_unpacks_to_too_much_is_left_in_the_middle(tmp_path: Path) -> None:
    """Noise enough that the ratio is honest; what stands behind the limit is not looked at."""
    path = tmp_path / "a.tar.gz"
    noise = os.urandom(4 * MIB)
    with gzip.open(path, "wb", 1) as file:
        file.write(tar(("noise", {"content": noise})).rstrip(b"\0"))
        file.write(bytes(-file.tell() % BLOCK))
        file.write(changed(tar(("zeros", {})), 124, b"%011o\0" % (2 * UNPACKED))[:BLOCK])
        for _ in range(UNPACKED // MIB):
            file.write(bytes(MIB))
    with path.open("rb") as stream, pytest.raises(NotAnArchive, match="more than 512 MiB"):
        check_tar_gz(stream)
