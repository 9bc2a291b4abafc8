"""What a file is, by its content; honest ones are taken, all others refused in words."""

import base64
import gzip
import io
import json
import struct
import tarfile
import time
import zipfile
import zlib
from contextlib import suppress

import pytest

from service.core.archive_rules import RATIO, VIRUS_TEST
from service.core.filetypes import HEAD, FileEmpty, FileTypeRefused, sniff

TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
DOCUMENT = b"<w:document>" + bytes(range(32, 127)) * 20 + b"</w:document>"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f" + b"\x00" * 12
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n9\n%%EOF\n"
MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isommp42" + b"\0\0\0\x08free" + b"\0\0\0\x08mdat"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x08meta"
MOV = b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + b"\0\0\0\x08moov"
EXE = b"MZ\x90\x00\x03" + b"\x00" * 200
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def packed(entries: list[tuple[str | zipfile.ZipInfo, bytes]], **options: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content, **options)
    return buffer.getvalue()


def docx(*more: tuple[str | zipfile.ZipInfo, bytes], **options: int) -> bytes:
    parts = [("[Content_Types].xml", TYPES), ("word/document.xml", DOCUMENT)]
    return packed([*parts, *more], **options)


def tarred(name: str = "src/main.py", content: bytes = b"print(1)") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def pdf(catalog: bytes, *packed_objects: bytes) -> bytes:
    """With this in its catalog, and with packed lists of objects."""
    lists = b"".join(
        b"2 0 obj<</Type/ObjStm/N 1/Filter/FlateDecode>>stream\r\n"
        + zlib.compress(one)
        + b"\nendstream endobj\n"
        for one in packed_objects
    )
    return PDF.replace(b"<<>>endobj", b"<<" + catalog + b">>endobj\n" + lists)


def symlink() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("word/link")
    entry.external_attr = 0o120777 << 16
    return entry


def lying(archive: bytes) -> bytes:
    """The same archive, whose list gives half the size of each file's content."""
    at, changed = archive.find(b"PK\x01\x02"), bytearray(archive)
    while at >= 0:
        [size] = struct.unpack_from("<I", changed, at + 24)
        struct.pack_into("<I", changed, at + 24, size // 2)
        at = archive.find(b"PK\x01\x02", at + 1)
    return bytes(changed)


def many(count: int, content: bytes = b"") -> list[tuple[str | zipfile.ZipInfo, bytes]]:
    return [(f"word/{number}", content) for number in range(count)]


def sniffed(name: str, content: bytes) -> str:
    return sniff(content[:HEAD], name, io.BytesIO(content))


def refused(name: str, content: bytes) -> str:
    with pytest.raises(FileTypeRefused) as refusal:
        sniffed(name, content)
    assert refusal.value.code == "file_type_refused"
    return str(refusal.value)


def without_bytes(value: object) -> str | None:
    """Packed bytes hold the time, and tests are called alike in every process."""
    return "content" if isinstance(value, bytes) else None


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("cv.pdf", PDF, "application/pdf"),
        ("cv.PDF ", PDF, "application/pdf"),
        ("cv.php.pdf", PDF, "application/pdf"),
        ("../../cv.pdf", PDF, "application/pdf"),
        ("cv.pdf", b"\xef\xbb\xbf\n" + PDF, "application/pdf"),
        ("cv.pdf", PDF[:-1] + packed([("a", b"b")]), "application/pdf"),
        ("cv.pdf", pdf(b"/OpenAction << /S /GoTo /D [0 /Fit] >>"), "application/pdf"),
        ("cv.pdf", pdf(b"/Title (HTML/CSS/JavaScript, /Launch of a product)"), "application/pdf"),
        ("cv.pdf", pdf(b"/Encrypt << /Filter /Standard /V 2 /O (\xff\x00) >>"), "application/pdf"),
        ("cv.pdf", pdf(b"", b"<< /Type /Page /Names 3 0 R >>"), "application/pdf"),
        ("a.png", PNG, "image/png"),
        ("a.jpg", JPEG, "image/jpeg"),
        ("a.JPEG", JPEG, "image/jpeg"),
        ("a.gif", GIF, "image/gif"),
        ("a.webp", WEBP, "image/webp"),
        ("a.txt", b"hello \xc3\xa9\n", "text/plain"),
        ("a.txt", b"\xef\xbb\xbfhello", "text/plain"),
        ("a.txt", HTML, "text/plain"),
        ("a.txt", b"MZ is how it begins, BM too", "text/plain"),
        ("a.txt", b"The test file reads " + VIRUS_TEST, "text/plain"),
        ("README.md", b"# Hi\n\n<script>", "text/markdown"),
        ("cv.docx", docx(), WORD),
        ("a.zip", packed([("src/a.py", b"x")]), "application/zip"),
        ("a.zip", docx(), "application/zip"),
        ("a.zip", packed([("a", b"x" * 50)]), "application/zip"),
        ("a.tar.gz", tarred(), "application/gzip"),
        ("a.tgz", tarred(), "application/gzip"),
        ("a.ipynb", BOOK, "application/x-ipynb+json"),
        ("a.mp4", MP4, "video/mp4"),
    ],
    ids=without_bytes,
)
def test_what_is_honest_is_taken(name: str, content: bytes, expected: str) -> None:
    assert sniffed(name, content) == expected


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("cv.pdf.exe", EXE, "is a .exe file"),
        ("cv.pdf.exe", PDF, "is a .exe file"),
        ("cv.pdf", EXE, "looks like a program"),
        ("cv", PDF, "has no ending"),
        (".pdf", PDF, "has no ending"),
        ("cv.pdf/", PDF, "has no ending"),
        ("cv\u202efdp.exe", EXE, "is a .exe file"),
        ("page.html", HTML, "is a .html file"),
        ("page.svg", SVG, "is a .svg file"),
        ("old.doc", OLE, "is a .doc file"),
        ("cv.pdf", HTML, "looks like the kind “HTML document"),
        ("cv.pdf", SVG, "looks like the kind “Scalable Vector Graphics"),
        ("cv.pdf", b"#!/bin/sh\nrm -rf /", "looks like a program"),
        ("cv.pdf", b"GIF89a" + PDF, "looks like"),
        ("cv.pdf", b"x" * 20 + PDF, "content says otherwise"),
        ("cv.pdf", PDF.replace(b"%%EOF", b""), "cut off"),
        ("cv.pdf", b"%PDF-9.9 %%EOF", "named as if"),
        ("a.png", JPEG, "looks like the kind “JPEG"),
        ("a.jpg", PNG, "looks like"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + HTML, "PNG"),
        ("a.gif", SVG, "looks like"),
        ("a.webp", b"RIFF\x1a\0\0\0WAVEfmt ", "WebP"),
        ("a.mp4", HEIC, "looks like"),
        ("a.mp4", MOV, "MP4"),
        ("a.mp4", b"\0\0\0\x18ftypisom" + HTML, "MP4"),
        ("a.txt", PDF, "looks like"),
        ("a.txt", b"GIF89a=1;alert(1)", "looks like"),
        ("a.txt", EXE, "UTF-8"),
        ("a.txt", b"caf\xe9", "UTF-8"),
        ("a.txt", "hello".encode("utf-16"), "UTF-8"),
        ("a.txt", b"\xed\xa0\x80", "UTF-8"),
        ("a.txt", b"x" * 300_000 + b"\xc3", "UTF-8"),
        ("a.md", b"x" * 300_000 + b"\0", "NUL"),
        ("cv.pdf", pdf(b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"), "a script"),
        ("cv.pdf", pdf(b"/AA << /O << /S/J#61vaScript/JS 7 0 R>> >>"), "a script"),
        ("cv.pdf", pdf(b"/OpenAction << /S /Launch /F (cmd.exe) >>"), "starts a program"),
        ("cv.pdf", pdf(b"/Names << /EmbeddedFiles 7 0 R >>"), "files inside"),
        ("cv.pdf", pdf(b"", b"<< /S /JavaScript /JS (1) >>"), "a script"),
        ("cv.pdf", pdf(b"", b"<< /Type /EmbeddedFile >>"), "files inside"),
        ("cv.pdf", pdf(b"", bytes(65 * 2**20)), "more objects than"),
        ("cv.pdf", b"%PDF-1.7" + b"/ObjStm stream\n" * 99_000 + b"%%EOF", "more objects than"),
        ("cv.pdf", b"%PDF-1.7" + b"x" * (2**20 - 14) + b"/S /JavaScript %%EOF", "a script"),
        ("cv.docx", packed([("a.txt", b"plain")]), "plain ZIP archive"),
        ("cv.docx", packed([("[Content_Types].xml", TYPES)]), "plain ZIP archive"),
        ("cv.docx", PDF, "does not begin as a ZIP"),
        ("cv.docx", PDF + docx(), "does not begin as a ZIP"),
        ("cv.docx", OLE, "password-protected"),
        ("cv.docx", docx() + b"tail", "behind its end"),
        ("cv.docx", docx()[:-30], "is cut off"),
        ("cv.docx", docx(*many(999)), "more than 1,000 files"),
        ("cv.docx", docx(*many(60_000)), "more than 1,000 files"),
        ("cv.docx", docx(("word/a", b"1"), ("word/A", b"2")), "same name"),
        ("cv.docx", docx(("../../etc/passwd", b"1")), "outside its folder"),
        ("cv.docx", docx(("..\\up", b"1")), "outside its folder"),
        ("cv.docx", docx(("/etc/passwd", b"1")), "outside its folder"),
        ("cv.docx", docx(("C:\\x", b"1")), "outside its folder"),
        ("cv.docx", docx((symlink(), b"/etc/passwd")), "outside its folder"),
        ("cv.docx", docx(("word/bomb", bytes(51 * 2**20))), "more than 50 MiB"),
        ("cv.docx", docx(("word/bomb", bytes(10 * 2**20))), f"{RATIO} times"),
        ("cv.docx", lying(docx()), "another before a file"),
        ("cv.docx", docx(("word/vbaProject.bin", b"x")), "macros"),
        ("cv.docx", docx(compress_type=zipfile.ZIP_LZMA), "do not know"),
        ("cv.docx", docx(("word/eicar.com", VIRUS_TEST)), "virus scanners"),
        ("a.zip", packed([]), "no files in it"),
        ("a.zip", PDF, "does not begin as a ZIP"),
        ("a.zip", b"PK\x03\x04" + b"\0" * 100, "cut off"),
        ("a.zip", packed([("../x", b"1")]), "outside its folder"),
        ("a.zip", packed([("eicar.com", VIRUS_TEST)]), "virus scanners"),
        ("a.zip", packed([("bomb", bytes(50 * 2**20))]), f"{RATIO} times"),
        ("a.tar.gz", gzip.compress(b"no tar" * 200), "no TAR"),
        ("a.tar.gz", gzip.compress(bytes(300 * 2**20)), "no TAR"),
        ("a.tar.gz", gzip.compress(b""), "no TAR"),
        ("a.tar.gz", tarred("../../etc/passwd"), "outside its folder"),
        ("a.tar.gz", tarred("/etc/passwd"), "outside its folder"),
        ("a.tar.gz", tarred(content=VIRUS_TEST), "virus scanners"),
        ("a.tar.gz", tarred()[:12] + b"\xff" * 40, "damaged"),
        ("a.tar.gz", packed([("a", b"b")]), "looks like"),
        ("a.gz", gzip.compress(b"x"), "is a .gz file"),
        ("a.ipynb", b"{}", "no notebook"),
        ("a.ipynb", b'{"cells": {}, "nbformat": 4}', "no notebook"),
        ("a.ipynb", b'{"cells": [], "nbformat": true}', "no notebook"),
        ("a.ipynb", BOOK[:-1], "not a whole notebook"),
        ("a.ipynb", b"[1]", "content says otherwise"),
        ("a.ipynb", b'{"a":' * 100_000, "not a whole notebook"),
        ("a.ipynb", b'{"cells":[' + b"[]," * 600_000 + b'0],"nbformat":4}', "more parts"),
        ("eicar.txt", VIRUS_TEST, "virus scanners"),
        ("eicar.pdf", PDF + VIRUS_TEST, "virus scanners"),
        ("a.png", PNG + b"x" * 300_000 + VIRUS_TEST, "virus scanners"),
    ],
    ids=without_bytes,
)  # fmt: skip
def test_what_is_not_is_refused_by_name_and_in_words(
    name: str, content: bytes, reason: str
) -> None:
    began = time.process_time()

    words = refused(name, content)

    assert reason in words
    assert words.endswith("Accepted are PDF, PNG, JPEG, GIF, WebP, TXT, MD, DOCX, ZIP, TAR.GZ, "
                          "ipynb and MP4.")  # fmt: skip
    assert time.process_time() - began < 1


def test_an_empty_file_is_refused_as_empty() -> None:
    with pytest.raises(FileEmpty) as refusal:
        sniffed("cv.pdf", b"")

    assert str(refusal.value) == "The file “cv.pdf” is empty."


def test_zip64_numbers_are_never_believed() -> None:
    whole = packed([("a", b"b")])
    end = whole.rfind(b"PK\x05\x06")
    record = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, 2**40, 0)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, end, 1)

    assert "ZIP64" in refused("a.zip", whole[:end] + record + locator + whole[end:])


def test_the_stream_is_left_where_it_was() -> None:
    for name, content in [("a.zip", docx()), ("a.pdf", EXE), ("a.txt", b"words")]:
        stream = io.BytesIO(content)
        stream.seek(3)
        with suppress(FileTypeRefused):
            sniff(content[:HEAD], name, stream)
        assert (stream.tell(), stream.closed) == (3, False)


def test_every_cut_and_every_flipped_byte_is_answered() -> None:
    """Whatever is broken, the answer is a type or a refusal, never another error."""
    for name, whole in [("a.docx", docx()), ("a.zip", packed([("a", b"b")])), ("a.tgz", tarred()),
                        ("a.mp4", MP4), ("a.ipynb", BOOK)]:  # fmt: skip
        for at in range(0, len(whole), 1 + len(whole) // 150):
            flipped = bytearray(whole)
            flipped[at] ^= 0xFF
            for content in (whole[: at + 1], bytes(flipped)):
                with suppress(FileTypeRefused):
                    assert "/" in sniffed(name, content)


def test_a_large_honest_notebook_is_taken() -> None:
    picture = base64.b64encode(zlib.compress(b"x") * 10**6).decode()
    outputs = [{"data": {"image/png": picture}, "text": "a, [b], {c}" * 1000}]
    book = {"cells": [{"source": ["x = 1\n"] * 1000, "outputs": outputs}], "nbformat": 4}

    assert sniffed("a.ipynb", json.dumps(book).encode()) == "application/x-ipynb+json"
