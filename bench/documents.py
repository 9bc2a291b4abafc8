"""PDF documents: small ones for the file store, and one of 200 KB for each submission sent."""

import zlib
from collections.abc import Sequence
from io import BytesIO
from random import Random

from bench.sent import File
from bench.words import SEED
from service.core.blobs import Blobs

KB = 1_000
SENT_BYTES = 200 * KB
STORED = 200  # contents; many submissions share one
LARGEST = 1_000_000


def pdf(number: int, size: int) -> bytes:
    """One page, and a picture of noise that does not pack; no two numbers give the same bytes."""
    noise = Random(SEED + number).randbytes(size)
    packed = zlib.compress(noise, 0)[: size - 600]
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>",
        b"<< /Title (Exhibit %d) >>" % number,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed),
    ]
    out = BytesIO()
    out.write(b"%PDF-1.7\n")
    places = []
    for index, part in enumerate(parts, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (index, part))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R /Info 4 0 R >>\n" % (len(parts) + 1))
    out.write(b"startxref\n%d\n%%%%EOF\n" % table)
    return out.getvalue()


def store_documents(blobs: Blobs) -> Sequence[File]:
    """In the file store, where rows may point to them."""
    files = []
    for number in range(STORED):
        data = pdf(number, 5 * KB + number * 300)
        kept = blobs.put(BytesIO(data), limit=LARGEST)
        files.append(File(f"design-{number}.pdf", kept.sha256, kept.size))
    return files
