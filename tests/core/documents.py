"""Documents of every kind, made by hand: some to be read, some to be met with."""

import io
import json
import zipfile
import zlib

import docx

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LAUGHS = '<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(11))
DOCUMENT = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def pdf(*pages: str, **parts: bytes) -> bytes:
    """A PDF of these pages; `count`, `content` and `trailer` put something else in their place."""
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(len(pages)))
    count = parts.get("count", str(len(pages)).encode())
    body = [
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        b"2 0 obj<</Type/Pages/Kids[%b]/Count %b>>endobj" % (kids.encode(), count),
        b"3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj",
    ]
    for n, words in enumerate(pages):
        content = parts.get("content", b"BT /F 12 Tf 20 200 Td (%b) Tj ET" % words.encode())
        body += [
            b"%d 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents %d 0 R"
            b"/Resources<</Font<</F 3 0 R>>>>>>endobj" % (10 + 2 * n, 11 + 2 * n),
            b"%d 0 obj<</Length %d%b>>stream\n%b\nendstream endobj"
            % (11 + 2 * n, len(content), parts.get("filter", b""), content),
        ]
    return b"\n".join([*body, parts.get("trailer", b"trailer<</Root 1 0 R>>"), b"%%EOF\n"])


def locked_pdf() -> bytes:
    """One that asks for a password: the standard handler, and no key fits."""
    hashed = b"<" + b"41" * 32 + b">"
    crypt = b"<</Filter/Standard/V 1/R 2/O %b/U %b/P -4>>" % (hashed, hashed)
    ids = b"[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"
    return pdf("secret", trailer=b"trailer<</Root 1 0 R/Encrypt %b/ID%b>>" % (crypt, ids))


def looping_pdf() -> bytes:
    """Its cross-reference table says that the one before it is itself."""
    whole = pdf("around and around")
    at = len(whole)
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R/Size 99/Prev %d>>\n" % at
    return whole + table + b"startxref\n%d\n%%%%EOF\n" % at


def deep_pdf() -> bytes:
    """Pages within pages, without end."""
    return pdf("x", count=b"1000000000").replace(b"Kids[10 0 R]", b"Kids[2 0 R 10 0 R]")


def packed_pdf(size: int) -> bytes:
    """A page of so many bytes that say nothing, packed."""
    content = zlib.compress(b"q Q " * (size // 4), 9)
    return pdf("x", content=content, filter=b"/Filter/FlateDecode")


def word(*paragraphs: str) -> bytes:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    return _saved(document)


def word_with_table(text: str) -> bytes:
    document = docx.Document()
    document.add_table(1, 1).cell(0, 0).text = text
    return _saved(document)


def word_of(xml: str) -> bytes:
    """A Word document whose main part is this."""
    whole = io.BytesIO(word("x"))
    made = io.BytesIO()
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = xml if entry.filename == "word/document.xml" else old.read(entry)
            new.writestr(entry.filename, data)
    return made.getvalue()


def laughing_word() -> bytes:
    return word_of(
        f'<?xml version="1.0"?><!DOCTYPE d [{LAUGHS}]><w:document xmlns:w="{DOCUMENT}">'
        "<w:body><w:p><w:r><w:t>&l11;</w:t></w:r></w:p></w:body></w:document>"
    )


def nested_word(depth: int) -> bytes:
    cell = "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"
    inside = cell[0] * depth + "<w:p/>" + cell[1] * depth
    return word_of(f'<w:document xmlns:w="{DOCUMENT}"><w:body>{inside}</w:body></w:document>')


def vast_word(size: int) -> bytes:
    text = "a" * size
    return word_of(
        f'<w:document xmlns:w="{DOCUMENT}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p>'
        "</w:body></w:document>"
    )


def notebook(*sources: object) -> bytes:
    cells = [{"cell_type": "code", "source": source} for source in sources]
    return json.dumps({"nbformat": 4, "cells": cells}).encode()


def _saved(document: docx.document.Document) -> bytes:
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()
