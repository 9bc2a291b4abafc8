"""Bodies, searches and exports that chance made up: both databases take or refuse them alike."""

import csv
import io
import json
import unicodedata
from urllib.parse import urlencode

from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.core.db import new_id
from tests.exporting import STREAMS, URL
from tests.hostile.calls import API, PDF
from tests.hostile.invariants import Watch, files_in

# The sites stay from one example to the next; what was stored before is part of the example.
drawn = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
CHARACTERS = st.characters(exclude_categories=["Cs"])
WORDS = ("ada", "compilers", "AND", "OR", "NOT", "NEAR", "C++", "C#", ".NET", "it's", "café", "𠮷")
MARKS = "\"'`*()-+:^~{}[]|&!<>@#%_\\/.,;= "

BOUNDARY = "a-boundary"
LINES = (
    b"--a-boundary",
    b"--a-boundary--",
    b"--another",
    b'Content-Disposition: form-data; name="name"',
    b'Content-Disposition: form-data; name="email"',
    b'Content-Disposition: form-data; name="consent"',
    b'Content-Disposition: form-data; name="claim"',
    b'Content-Disposition: form-data; name="files"; filename="cv.pdf"',
    b"Content-Disposition: form-data; name=\"files\"; filename*=UTF-8''%zz",
    b'Content-Disposition: form-data; name="submission"',
    b"Content-Type: application/json",
    b"Content-Transfer-Encoding: base64",
    b"",
    b"Eve",
    b"eve@example.org",
    b"on",
    b'{"name": "Eve"',
    PDF,
)
PARTS = {"name": b"Eve", "email": b"eve@example.org", "consent": b"on", "claim": b"It works."}


def body_of(parts: dict[str, bytes], file: bytes) -> bytes:
    lines: list[bytes] = []
    for name, value in parts.items():
        head = f'Content-Disposition: form-data; name="{name}"'
        lines += [b"--a-boundary", head.encode(), b"", value]
    head = 'Content-Disposition: form-data; name="files"; filename="cv.txt"'
    lines += [b"--a-boundary", head.encode(), b"Content-Type: text/plain", b"", file]
    return b"\r\n".join([*lines, b"--a-boundary--", b""])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A right body in which some bytes are others, more, or gone; or lines in any order."""
    if draw(st.booleans()):
        end = draw(st.sampled_from([b"\r\n", b"\n", b"\r\n\r\n"]))
        return end.join(draw(st.lists(st.sampled_from(LINES), max_size=30)))
    body = body_of(PARTS, b"Some text.")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        gone = draw(st.integers(0, 12))
        body = body[:at] + draw(st.binary(max_size=6)) + body[at + gone :]
    return body


def sent(watch: Watch, body: bytes) -> Response:
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    url = f"{API}/jobs/{watch.world.job_slug}/submissions"
    return watch.client.post(url, content=body, headers={"Content-Type": kind})


@drawn
@given(damaged())
def test_a_damaged_form_is_taken_whole_or_leaves_nothing(twins: list[Watch], body: bytes) -> None:
    answers = []
    for watch in twins:
        incoming = watch.data / "blobs" / "incoming"
        answer = sent(watch, body)
        answers.append((answer.status_code, answer.json().get("code")))
        if answer.status_code != 201:
            watch.expect(body, answer, 400, 413, 415, 422)
            with watch.nothing_stored(body):
                sent(watch, body)
        assert files_in(incoming) == set()
        watch.finish()

    assert answers[0] == answers[1]


@drawn
@given(
    st.text(CHARACTERS.filter(lambda one: one.isprintable()), min_size=1, max_size=200),
    st.binary(max_size=3_000).map(lambda some: some.hex().encode()),
)
def test_what_a_form_holds_is_stored_as_it_was_sent(
    twins: list[Watch], text: str, file: bytes
) -> None:
    for watch in twins:
        another = {"email": f"{new_id()}@example.org".encode(), "claim": f"I {text}".encode()}
        answer = sent(watch, body_of(PARTS | another, file))
        if answer.status_code == 422:  # what no person types
            continue
        assert answer.status_code == 201, answer.text
        url, auth = f"{API}/submissions/{answer.json()['id']}", watch.world.admin.auth
        evidence = watch.client.get(url, headers=auth).json()["evidence"][0]
        kept = watch.client.get(f"{url}/files/{evidence['files'][0]['id']}", headers=auth)
        assert evidence["claim"] == unicodedata.normalize("NFC", f"I {text}")
        assert kept.content == file


QUERIES = st.lists(
    st.sampled_from(WORDS) | st.text(st.sampled_from(MARKS), max_size=6) | st.text(max_size=20),
    max_size=8,
).map("".join) | st.lists(st.sampled_from([*WORDS, *MARKS]), max_size=12).map(" ".join)


@drawn
@given(QUERIES)
def test_a_search_is_never_an_error_and_finds_the_same_everywhere(
    twins: list[Watch], words: str
) -> None:
    asked = urlencode({"q": words}, errors="surrogatepass")
    answers = []
    for watch in twins:
        auth = watch.world.admin.auth
        listed = watch.client.get(f"{API}/submissions?{asked}&sort=name", headers=auth)
        taken = watch.client.get(f"{URL}/submissions.jsonl?{asked}&sort=name", headers=auth)
        assert listed.status_code == taken.status_code, words
        if listed.status_code != 200:
            watch.expect(words, listed, 400, 422)
            watch.finish()
            answers.append([listed.json()["code"]])
            continue
        found = [item["name"] for item in listed.json()["items"]]
        assert [json.loads(line)["name"] for line in taken.text.splitlines()] == found, words
        answers.append(found)

    assert answers[0] == answers[1], words


PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "columns": st.lists(
            st.sampled_from(["id", "name", "email", "job", "number", "score", "id ", "", "ID"])
            | st.text(CHARACTERS, max_size=8),
            max_size=5,
        ).map(",".join),
        "for": st.sampled_from(["excel", "", "word"]),
        "raw": st.sampled_from(["true", "false", "1", ""]),
        "job": st.sampled_from(["engineer", "nobody", ""]),
        "decision": st.sampled_from(["none", "hired", "fired"]),
        "min_score": st.sampled_from(["0", "-1", "1e999", "nan", "3.5", "x"]),
        "sort": st.sampled_from(["name", "-score", "x"]),
        "q": QUERIES,
        "since": st.just("2026-01-01T00:00:00Z"),
    },
)


@drawn
@given(st.sampled_from(sorted(STREAMS)), PARAMETERS)
def test_an_export_is_refused_whole_or_reads_back_in_both_formats(
    twins: list[Watch], table: str, parameters: dict[str, str]
) -> None:
    answers = []
    for watch in twins:
        auth, asked = watch.world.admin.auth, urlencode(parameters, errors="surrogatepass")
        rows = watch.client.get(f"{URL}/{table}.csv?{asked}", headers=auth)
        lines = watch.client.get(f"{URL}/{table}.jsonl?{asked}", headers=auth)
        answers.append((rows.status_code, lines.status_code))
        if rows.status_code != 200:
            watch.expect(parameters, rows, 400, 422)
            watch.finish()
            continue
        text = rows.content.decode("utf-8-sig" if parameters.get("for") == "excel" else "utf-8")
        head, *cells = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        if parameters.get("columns"):
            assert head == [name.strip() for name in parameters["columns"].split(",")]
        assert {len(row) for row in cells} <= {len(head)}
        if lines.status_code == 200:
            assert len(cells) == len([json.loads(line) for line in lines.text.splitlines()])

    assert answers[0] == answers[1]
