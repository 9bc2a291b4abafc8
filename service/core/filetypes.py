"""What a file is, by its content, and whether that is taken.

Name and content must agree: a file that calls itself something else is refused, never renamed.
Text is strict UTF-8, with or without a byte order mark; UTF-16 is refused with words that say so.
Every look at a file takes a bounded amount of memory and time.
"""

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import puremagic

from service.core.archive_rules import VIRUS_TEST, NotAnArchive
from service.core.archives import check_docx, check_zip
from service.core.documents import NotReadable, what_it_does
from service.core.errors import Invalid
from service.core.filenames import clean_name, ending
from service.core.tarballs import check_tar_gz

HEAD = 4096  # bytes of a file's beginning that `sniff` wants to see
ACCEPTED = "PDF, PNG, JPEG, GIF, WebP, TXT, MD, DOCX, ZIP, TAR.GZ, ipynb and MP4"
NOTEBOOK_VALUES = 500_000  # bounds the memory that reading it takes

_PIECE = 256 * 1024
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_PDF = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,16}%PDF-[12]\.[0-9]")
_BINARY = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,16}(?:%PDF-|GIF8[79]a|PK\x03\x04)")
_AFTER_FTYP = {b"moov", b"mdat", b"free", b"skip", b"moof", b"sidx", b"styp", b"uuid", b"wide",
               b"pdin", b"meta"}  # fmt: skip
_VIDEO = {b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41",
          b"mp42", b"mp71", b"avc1", b"M4V ", b"M4VH", b"M4VP", b"dash", b"MSNV"}  # fmt: skip


class FileEmpty(Invalid):
    code = "file_empty"
    message = "The file “{name}” is empty."


class FileTypeRefused(Invalid):
    code = "file_type_refused"
    message = "The file “{name}” is refused: it {reason}. Accepted are {accepted}."


class _Wrong(Exception):
    """Why the content is not what the name says: the words go on after "it"."""


def sniff(head: bytes, name: str, stream: BinaryIO) -> str:
    """The media type of the file that begins with `head` and is called `name`.

    `stream` is the whole file and seekable; it is left where it was. Raises FileEmpty,
    FileTypeRefused.
    """
    shown, at = clean_name(name), stream.tell()
    if not head:
        raise FileEmpty(name=shown)
    try:
        return _checked(head[:HEAD], shown, stream)
    except (_Wrong, NotAnArchive, NotReadable) as wrong:
        raise FileTypeRefused(name=shown, reason=str(wrong), accepted=ACCEPTED) from wrong
    finally:
        stream.seek(at)


@dataclass(frozen=True)
class _Kind:
    media_type: str
    check: Callable[[bytes, BinaryIO], None]


def _checked(head: bytes, name: str, stream: BinaryIO) -> str:
    kind = _KINDS.get(ending(name))
    if kind is None:
        called = f"is a {ending(name)} file" if ending(name) else "has no ending like .pdf"
        raise _Wrong(called)
    if head.startswith(VIRUS_TEST):
        raise _Wrong("is the test file of virus scanners")
    if not kind.media_type.startswith("text/") and _holds(stream, VIRUS_TEST):
        raise _Wrong("holds the test file of virus scanners")
    kind.check(head, stream)
    return kind.media_type


def _pdf(head: bytes, stream: BinaryIO) -> None:
    _agree(_PDF.match(head), head, "a PDF document")
    if not _holds(stream, b"%%EOF"):
        raise _Wrong("is a PDF document that is cut off")
    if does := what_it_does(stream):
        raise _Wrong(does)


def _png(head: bytes, _stream: BinaryIO) -> None:
    whole = head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR"
    _agree(whole, head, "a PNG picture")


def _jpeg(head: bytes, _stream: BinaryIO) -> None:
    _agree(head.startswith(b"\xff\xd8\xff"), head, "a JPEG picture")


def _gif(head: bytes, _stream: BinaryIO) -> None:
    _agree(head.startswith((b"GIF87a", b"GIF89a")), head, "a GIF picture")


def _webp(head: bytes, _stream: BinaryIO) -> None:
    chunk = head[12:16] in (b"VP8 ", b"VP8L", b"VP8X")
    _agree(head[:4] == b"RIFF" and head[8:12] == b"WEBP" and chunk, head, "a WebP picture")


def _mp4(head: bytes, _stream: BinaryIO) -> None:
    length = int.from_bytes(head[:4], "big")
    brands = {head[at : at + 4] for at in (8, *range(16, min(length, 512), 4))}
    known = head[4:8] == b"ftyp" and head[length + 4 : length + 8] in _AFTER_FTYP
    _agree(known and head[8:12] != b"qt  " and brands & _VIDEO, head, "an MP4 video")


def _zip(_head: bytes, stream: BinaryIO) -> None:
    check_zip(stream)


def _docx(head: bytes, stream: BinaryIO) -> None:
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise _Wrong("is an old or password-protected Word document; save it as a plain .docx")
    check_docx(stream)


def _tar_gz(head: bytes, stream: BinaryIO) -> None:
    _agree(head.startswith(b"\x1f\x8b\x08"), head, "a TAR.GZ archive")
    check_tar_gz(stream)


def _text(head: bytes, stream: BinaryIO) -> None:
    _agree(not _BINARY.match(head), head, "text")
    decoder = getincrementaldecoder("utf-8")("strict")
    try:
        for piece in _pieces(stream):
            if "\0" in decoder.decode(piece):
                raise _Wrong("is not text: it holds NUL characters")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _Wrong("is not text in UTF-8; save it as UTF-8") from error


def _notebook(head: bytes, stream: BinaryIO) -> None:
    _agree(head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"), head, "a notebook")
    stream.seek(0)
    body = stream.read()
    bones = _STRING.sub(b"", body)
    if sum(map(bones.count, (b",", b"[", b"{"))) > NOTEBOOK_VALUES:
        raise _Wrong("is a notebook of more parts than can be read; clear its outputs")
    try:
        book = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _Wrong("is not a whole notebook") from error
    cells = isinstance(book, dict) and isinstance(book.get("cells"), list)
    if not cells or type(book.get("nbformat")) is not int:
        raise _Wrong("is JSON, but no notebook")


_KINDS = {
    ".pdf": _Kind("application/pdf", _pdf),
    ".png": _Kind("image/png", _png),
    ".jpg": _Kind("image/jpeg", _jpeg),
    ".jpeg": _Kind("image/jpeg", _jpeg),
    ".gif": _Kind("image/gif", _gif),
    ".webp": _Kind("image/webp", _webp),
    ".txt": _Kind("text/plain", _text),
    ".md": _Kind("text/markdown", _text),
    ".docx": _Kind(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", _docx
    ),
    ".zip": _Kind("application/zip", _zip),
    ".tar.gz": _Kind("application/gzip", _tar_gz),
    ".tgz": _Kind("application/gzip", _tar_gz),
    ".ipynb": _Kind("application/x-ipynb+json", _notebook),
    ".mp4": _Kind("video/mp4", _mp4),
}


def _agree(agreed: object, head: bytes, expected: str) -> None:
    if not agreed:
        raise _Wrong(f"is named as if it were {expected}, but {_likeness(head)}")


def _likeness(head: bytes) -> str:
    """What it looks like, for the sentence only: nothing is decided by it."""
    if head.startswith((b"MZ", b"\x7fELF", b"#!")):  # puremagic takes some for plug-ins
        return "looks like a program"
    try:
        return f"looks like the kind “{puremagic.magic_string(head)[0].name}”"
    except (puremagic.PureError, ValueError, IndexError):
        return "its content says otherwise"


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while piece := stream.read(_PIECE):
        yield piece


def _holds(stream: BinaryIO, words: bytes) -> bool:
    before = b""
    for piece in _pieces(stream):
        if words in before + piece:
            return True
        before = piece[1 - len(words) :]
    return False
