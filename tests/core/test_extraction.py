"""What files say is found; what is wrong with one costs nothing but its text."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.core import extraction
from service.core.extraction import CHARACTERS, Extracted, extract
from tests.core import documents
from tests.core.documents import WORD

PDF, TEXT, NOTEBOOK = "application/pdf", "text/plain", "application/x-ipynb+json"
UNREADABLE = Extracted("unreadable")
SPENDER = """
import os, sys
sys.path.append("{folder}")
from extractor import limit
limit({limits})
{work}
"""


@pytest.mark.parametrize(
    ("kind", "data", "found"),
    [
        (PDF, documents.pdf("C++ and", "node.js"), Extracted("read", "C++ and\nnode.js", 2)),
        (PDF, documents.pdf(""), Extracted("none", "", 1)),
        (PDF, documents.locked_pdf(), Extracted("encrypted")),
        (PDF, b"%PDF-1.4 %%EOF", UNREADABLE),
        (WORD, documents.word("One", "Two"), Extracted("read", "One\nTwo")),
        (WORD, documents.word_with_table("in a table"), Extracted("read", "in a table")),
        (WORD, documents.word(), Extracted("none")),
        (WORD, b"PK\x03\x04", UNREADABLE),
        (TEXT, "\ufeffE\u0301t\u00e9 \x00 \x07 x\u00ad\ny".encode(), Extracted("read", "Été xy")),
        (TEXT, b"\xff", UNREADABLE),
        ("text/markdown", b"# Title", Extracted("read", "# Title")),
        (
            NOTEBOOK,
            documents.notebook(["a = 1\n", "b"], "# T"),
            Extracted("read", "a = 1\nb\n\n# T"),
        ),
        (NOTEBOOK, documents.notebook(7), UNREADABLE),
        (NOTEBOOK, b"[" * 100_000, UNREADABLE),
        ("image/png", b"\x89PNG", UNREADABLE),
    ],
)
def test_a_file_says_what_a_reader_sees(kind: str, data: bytes, found: Extracted) -> None:
    assert extract([data], kind) == found


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (PDF, documents.looping_pdf()),
        (PDF, documents.deep_pdf()),
        (PDF, documents.pdf("x", count=b"1000000000")),
        (PDF, documents.packed_pdf(100_000_000)),
        (WORD, documents.laughing_word()),
        (WORD, documents.nested_word(20_000)),
        (WORD, documents.vast_word(200_000_000)),
    ],
    ids=["loop", "deep", "pages", "packed", "laughs", "nested", "vast"],
)
def test_a_hostile_file_ends_in_time_and_the_next_one_is_read(kind: str, data: bytes) -> None:
    began = time.monotonic()
    found = extract([data], kind, cpu_seconds=5, seconds=20)

    assert time.monotonic() - began < 25
    assert len(found.text) <= CHARACTERS
    assert extract([b"next"], TEXT) == Extracted("read", "next")


def test_a_long_text_is_read_to_a_limit() -> None:
    found = extract([b"a " * CHARACTERS], TEXT)

    assert (found.state, len(found.text)) == ("read", CHARACTERS - 1)


@pytest.mark.parametrize(
    ("limits", "work", "signal"),
    [
        ("1, 20, 512", "while True: pass", {-9, -24}),  # SIGKILL, SIGXCPU
        ("20, 1, 512", "import select; select.select([], [], [])", {-14}),  # SIGALRM
        ("20, 20, 512", "bytearray(10**9)", {1}),
        ("20, 20, 512", "open(sys.argv[1], 'w').write('x' * 10**6)", {1, -25}),  # SIGXFSZ
    ],
    ids=["processor", "clock", "memory", "disk"],
)
def test_the_process_takes_no_more_than_it_may(
    tmp_path: Path, limits: str, work: str, signal: set[int]
) -> None:
    folder = Path(extraction.__file__).parent
    program = SPENDER.format(folder=folder, limits=limits, work=work)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "file"],
        check=False,
        capture_output=True,
    )

    assert done.returncode in signal
    assert time.monotonic() - began < 15


def test_a_process_that_does_not_end_is_ended_with_all_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child"
    program = tmp_path / "extractor.py"
    program.write_text(
        "import os, select\n"
        "pid = os.fork()\n"
        f"if pid: open({str(child)!r}, 'w').write(str(pid))\n"
        "select.select([], [], [])\n"
    )
    monkeypatch.setattr(extraction, "EXTRACTOR", program)

    assert extract([b"x"], TEXT, seconds=3) == UNREADABLE

    assert _ends(int(child.read_text()), within=30)


def _ends(process: int, *, within: float) -> bool:
    """A killed process needs its turn to end."""
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], within)[0])
    finally:
        os.close(watched)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "{}",
        '{"state": "read", "text": 1}',
        "[" * 10_000,
        "x" * 9,
        '{"state": "read", "text": "\\u0000"}',
    ],
)
def test_a_process_that_answers_nonsense_read_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    program = tmp_path / "extractor.py"
    program.write_text(f"print({said!r})")
    monkeypatch.setattr(extraction, "EXTRACTOR", program)

    assert extract([b"x"], TEXT) == UNREADABLE


def test_the_process_inherits_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "extractor.py"
    program.write_text(
        "import json, os\n"
        "open_now = [int(n) for n in os.listdir('/proc/self/fd')]\n"
        "said = {'files': sorted(open_now)[:-1], 'variables': sorted(os.environ)}\n"
        "print(json.dumps({'state': 'read', 'text': json.dumps(said)}))\n"
    )
    monkeypatch.setattr(extraction, "EXTRACTOR", program)
    read, write = os.pipe()
    os.set_inheritable(write, True)
    try:
        found = extract([b"x"], TEXT)
    finally:
        os.close(read)
        os.close(write)

    assert found.text == '{"files": [0, 1, 2], "variables": ["LC_CTYPE"]}'


def test_the_service_does_not_load_what_reads_files() -> None:
    loaded = "import sys, service.app, service.worker.loop; print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", loaded], check=True, capture_output=True, text=True
    )

    assert not {"pypdfium2", "docx", "lxml"} & set(eval(done.stdout))
