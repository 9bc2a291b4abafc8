"""Run by itself, as a process of its own: reads what the file at its standard input says.

Usage: python -I extractor.py MEDIA_TYPE CPU_SECONDS SECONDS MEGABYTES CHARACTERS < file. Its answer
is JSON: `state`, `text`, and `pages` of a PDF. A file that crashes it, or is too much
for it, costs nothing but this process; and what reads files is loaded nowhere else.
"""

import io
import json
import os
import re
import resource
import signal
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

MOST_PAGES = 2_000
PASSWORD = 4  # FPDF_ERR_PASSWORD

# PDFium writes U+0002 or U+FFFE where a word is broken at the end of a line.
_BROKEN = re.compile("[\u00ad\u0002\ufffe]\r?\n?")
# What no person types, and no database takes.
ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BLANKS = re.compile(r"[^\S\n]+")


class Encrypted(Exception):
    """It asks for a password."""


def limit(cpu_seconds: int, seconds: int, megabytes: int) -> None:
    """From here on: so much of the processor, of the clock and of memory, and no file written."""
    most = {
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_AS: megabytes * 1024 * 1024,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in most.items():
        resource.setrlimit(kind, (value, value))
    signal.alarm(seconds)  # also when nobody is left to end it
    os.nice(10)  # whoever waits for an answer goes first


def pdf(data: bytes) -> tuple[Iterable[str], int | None]:
    import pypdfium2  # noqa: PLC0415  # what is not asked for is not loaded

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise (Encrypted if error.err_code == PASSWORD else ValueError) from error
    pages = len(document)
    return (_page(document, at) for at in range(min(pages, MOST_PAGES))), pages


def _page(document: Any, at: int) -> str:
    page = document[at]
    try:
        return f"{page.get_textpage().get_text_range()}\n"
    finally:
        page.close()


def word(data: bytes) -> tuple[Iterable[str], int | None]:
    import docx.api  # noqa: PLC0415

    document: Any = docx.api
    return _paragraphs(document.Document(io.BytesIO(data)).element.body), None


def _paragraphs(body: Any) -> Iterator[str]:
    """Also those in tables and text boxes, in the order of the document."""
    said: dict[str, Callable[[Any], str]] = {
        "t": lambda one: one.text or "",
        "p": lambda _: "\n",
        "tab": lambda _: " ",
        "br": lambda _: "\n",
        "cr": lambda _: "\n",
        "noBreakHyphen": lambda _: "-",
    }
    for one in body.iter("{*}t", "{*}p", "{*}tab", "{*}br", "{*}cr", "{*}noBreakHyphen"):
        yield said[one.tag.rpartition("}")[2]](one)


def notebook(data: bytes) -> tuple[Iterable[str], int | None]:
    cells = json.loads(data.decode("utf-8-sig"))["cells"]
    sources = [cell.get("source", "") for cell in cells if isinstance(cell, dict)]
    return (f"{''.join(source)}\n\n" for source in sources), None


def text(data: bytes) -> tuple[Iterable[str], int | None]:
    return [data.decode("utf-8-sig")], None


READERS: dict[str, Callable[[bytes], tuple[Iterable[str], int | None]]] = {
    "application/pdf": pdf,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": word,
    "application/x-ipynb+json": notebook,
    "text/markdown": text,
    "text/plain": text,
}


def clean(found: Iterable[str], characters: int) -> str:
    """The beginning of it, in NFC, as text that any database and page takes."""
    parts, size = [], 0
    for part in found:
        parts.append(_BLANKS.sub(" ", ODD.sub(" ", _BROKEN.sub("", part[:characters]))))
        size += len(parts[-1])
        if size >= characters:
            break
    return unicodedata.normalize("NFC", "".join(parts))[:characters].strip()


def answer(media_type: str, data: bytes, characters: int) -> dict[str, object]:
    try:
        found, pages = READERS[media_type](data)
        said = clean(found, characters)
    except Encrypted:
        return {"state": "encrypted"}
    return {"state": "read" if said else "none", "text": said, "pages": pages}


def main() -> None:
    media_type, *numbers = sys.argv[1:]
    cpu_seconds, seconds, megabytes, characters = map(int, numbers)
    limit(cpu_seconds, seconds, megabytes)
    json.dump(answer(media_type, sys.stdin.buffer.read(), characters), sys.stdout)


if __name__ == "__main__":
    main()
