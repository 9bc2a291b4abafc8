"""Every field of a submission at its limit, one beyond it, and with what no person types."""

import csv
import io
import json
import unicodedata
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.hostile.calls import SUBMISSION_BODY
from tests.hostile.invariants import CANARY, Watch

# Where, the most characters, and whether it is one line.
FIELDS: list[tuple[tuple[str | int, ...], int, bool]] = [
    (("name",), 200, True),
    (("location",), 200, True),
    (("statement",), 20_000, False),
    (("evidence", 0, "title"), 300, True),
    (("evidence", 0, "claim"), 10_000, False),
    (("evidence", 0, "contribution"), 10_000, False),
    (("evidence", 0, "cannot_show"), 5_000, False),
    (("evidence", 0, "vouchers", 0, "name"), 200, True),
    (("evidence", 0, "vouchers", 0, "contact"), 300, True),
    (("answers", "wrong"), 20_000, False),
]
REFUSED = {
    "NUL": "A\x00B",
    "escape": "\x1b[31mA",
    "delete": "A\x7f",
    "C1 control": "A\x85B",
    "half a pair": "A\ud800",
    "other half": "\udfffA",
    "bidi embedding": "A\u202eB",
    "bidi isolate": "A\u2066B",
    "noncharacter": "A\uffff",
    "zalgo": "A" + "\u0301" * 200,
}
ONE_LINE = {"LF": "A\nBcc: b@example.org", "CR": "A\rB", "TAB": "A\tB", "separator": "A\u2028B"}
BLANKS = ["", " ", "\u200b", "\u2800", "\u3164", "\xa0", "\ufeff\u2060", "\u115f\u034f"]
TAKEN = [
    "config = load(); if a < b && c > d: <T> SELECT * FROM x -- '; DROP TABLE job",
    '=HYPERLINK("http://evil.example","x")',
    "{{7*7}} {% include 'x' %} ${7*7} %s %n {0}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "👩‍👩‍👧‍👦 🇨🇭 👍🏽",
    "𠮷野家 \ue000",
    "Аdmin",
    "Ame\u0301lie A\u030angstro\u0308m",
    "ﬁne İstanbul ıspanak Straße ẞ",
    "שלום عليكم",
    "a,b;c\t".strip() + '"quoted" \\N \\',
    "'-1+1",
    "../../etc/passwd",
    "\u1112\u1161\u11ab\u1100\u1173\u11af",
]
ADDRESSES_REFUSED = [
    *("a", "@", "a@", "@b.org", "a@localhost", "a@[127.0.0.1]", '"a b"@example.org', "a@b@c.org"),
    *(
        "a@example.org\n",
        "a@example.org,b@example.org",
        "Ada <a@example.org>",
        "a@exa\u200bmple.org",
    ),
    *(
        "a\u202e@example.org",
        "a\x00@example.org",
        "a" * 250 + "@example.org",
        "a@-x.org",
        "a b@x.org",
    ),
]
ADDRESSES_TAKEN = [
    *("A.B+tag@Gmail.com", "ab@gmail.com", "а@example.com", "a@exаmple.com", "ü@example.org"),
]
LINKS_REFUSED = [
    *("javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "ftp://x.org", "//evil.org"),
    *("https://good.org\\@evil.org", "https://user:pw@evil.org", "https://", "https:evil.org"),
    *(
        "https://x.org:0",
        "https://x.org:99999",
        "https://x .org",
        "https://x.org/\r\nSet-Cookie: a=b",
    ),
    *("https://x.org/\u202e", "https://" + "a" * 2_000 + ".org", "gopher://x", "https://[::1"),
]
MONTHS_REFUSED = [
    *("2026-13", "2026-00", "26-01", "1949", "9999", "2026-1", "2026-01-01", "253402300800"),
    *("2026-٠1", " 2026", "2026\n", "0000-01", "-2026"),
]


def changed(at: tuple[str | int, ...], value: object) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(json.dumps(SUBMISSION_BODY))
    place: Any = body
    for step in at[:-1]:
        place = place[step]
    place[at[-1]] = value
    return body


def send(watch: Watch, body: dict[str, Any]) -> Any:
    return watch.client.post(
        f"/api/v1/jobs/{watch.world.job_slug}/submissions",
        content=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )


@pytest.mark.parametrize(("at", "most", "is_line"), FIELDS, ids=str)
def test_a_field_holds_just_so_much(
    watch: Watch, at: tuple[str | int, ...], most: int, is_line: bool
) -> None:
    beyond = {
        "one more": CANARY + "x" * (most + 1 - len(CANARY)),
        "one more of four bytes": "𠮷" * (most + 1),
        "far more": CANARY * 20_000,
    }
    odd = beyond | REFUSED | (ONE_LINE if is_line else {})
    for name, text in odd.items():
        with watch.nothing_stored(name):
            watch.expect(name, send(watch, changed(at, text)), 422)
    for name, text in {"exactly": "x" * most, "in four bytes": "𠮷" * most}.items():
        body = changed(at, text) | {"email": f"{name.replace(' ', '')}@example.org"}
        assert send(watch, body).status_code == 201, name
    watch.finish()


def refusals() -> list[tuple[tuple[str | int, ...], list[Any]]]:
    numbers: list[Any] = [1, 1.5, True, ["a"], {"a": 1}]
    return [
        (("name",), [*BLANKS, *numbers, None]),
        (("evidence", 0, "vouchers", 0, "name"), [*BLANKS, *numbers]),
        (("email",), [*BLANKS, *ADDRESSES_REFUSED, *numbers]),
        (("links", 0), [*LINKS_REFUSED, *numbers]),
        (("evidence", 0, "link"), [*LINKS_REFUSED, *numbers]),
        (("evidence", 0, "started"), [*MONTHS_REFUSED, *numbers]),
        (("evidence", 0, "kind"), ["", "OTHER", "none", 1, None, "other\x00"][:4]),
        (("consent",), [False, None, 1, "true", "on", []]),
        (("links",), [["https://x.org/"] * 11, "https://x.org", {"a": 1}]),
        (("evidence",), [[], [{"title": "x"}] * 21, {"title": "x"}, [{}], [None], "x"]),
        (("answers",), [[], "x", {"nope": "x"}, {"": "x"}, {str(n): "x" for n in range(101)}]),
        (("answers", "wrong"), [1, 1e308, True, ["a"], {"a": "b"}, "x" * 20_001]),
    ]


@pytest.mark.parametrize(("at", "values"), refusals(), ids=lambda x: str(x)[:40])
def test_what_is_no_such_thing_is_refused(
    watch: Watch, at: tuple[str | int, ...], values: list[Any]
) -> None:
    for value in values:
        with watch.nothing_stored(str(value)[:60]):
            watch.expect((at, str(value)[:60]), send(watch, changed(at, value)), 422)
    watch.finish()


def test_honest_text_comes_back_equal_everywhere(client: TestClient, watch: Watch) -> None:
    """In the record, the list, a search and both exports; nobody else's line is touched."""
    auth = watch.world.admin.auth
    for number, text in enumerate(TAKEN):
        body = changed(("name",), text) | {"email": f"n{number}@example.org", "statement": text}
        id = send(watch, body).json()["id"]
        kept = unicodedata.normalize("NFC", text)
        record = client.get(f"/api/v1/submissions/{id}", headers=auth).json()
        assert (record["candidate"]["name"], record["statement"]) == (kept, kept)
        word = next(iter(text.split()))
        found = client.get("/api/v1/submissions", params={"q": word}, headers=auth).json()
        assert kept in [item["name"] for item in found["items"]], word
    listed = client.get("/api/v1/submissions?limit=200", headers=auth).json()["items"]
    names = {unicodedata.normalize("NFC", text) for text in TAKEN} | {"Ada", "Grace"}
    assert {item["name"] for item in listed} == names
    lines = client.get("/api/v1/exports/submissions.jsonl", headers=auth).text.splitlines()
    assert {json.loads(line)["name"] for line in lines} == names
    table = client.get("/api/v1/exports/submissions.csv", headers=auth).text
    cells = [row["name"] for row in csv.DictReader(io.StringIO(table, newline=""))]
    assert {cell.removeprefix("'") for cell in cells} == names
    assert not [cell for cell in cells if cell.lstrip()[:1] in {"=", "+", "-", "@", "＝"}]
    watch.finish()


def test_people_whose_addresses_look_alike_stay_apart(client: TestClient, watch: Watch) -> None:
    for address in ADDRESSES_TAKEN:
        assert send(watch, changed(("email",), address)).status_code == 201, address
    found = client.get("/api/v1/submissions?limit=200", headers=watch.world.admin.auth).json()
    karens = [item for item in found["items"] if item["name"] == SUBMISSION_BODY["name"]]
    assert len(karens) == len(ADDRESSES_TAKEN)
    assert {item["waiting"] for item in karens} == {0}


FORM_FIELDS = [
    ({"evidence-" + "9" * 5_000 + "-title": "x"}, 422),
    ({"evidence-٣-title": "x"}, 422),
    ({"evidence-0-vouchers-99-name": "x"}, 422),
    ({"answer-" + "k" * 5_000: "x"}, 422),
    ({"name": "A\x00B"}, 422),
    ({"": "x"}, 422),
    ({"_method": "DELETE"}, 422),
    ({"submission": "x"}, 400),
    ({"__proto__": "x"}, 422),
]


@pytest.mark.parametrize(("fields", "status"), FORM_FIELDS, ids=range(len(FORM_FIELDS)))
def test_odd_fields_of_a_form_are_refused(
    client: TestClient, watch: Watch, fields: dict[str, str], status: int
) -> None:
    form = {"name": "K", "email": "k@example.org", "consent": "yes", "claim": "x"} | fields
    if "submission" in fields:
        form = fields
    with watch.nothing_stored():
        answer = client.post(f"/api/v1/jobs/{watch.world.job_slug}/submissions", data=form)
    watch.expect(str(fields)[:60], answer, status)
    page = client.post(f"/jobs/{watch.world.job_slug}/apply", data=form)
    assert page.status_code < 500
    watch.finish()


@pytest.mark.parametrize(
    "raw", [b"name=%ED%A0%80", b"name=%FF", b"name=\xff&a=b", b"%FF=x", b"name=%00"]
)
def test_form_text_that_is_not_utf_8_is_refused(
    client: TestClient, watch: Watch, raw: bytes
) -> None:
    body = raw + b"&email=k%40example.org&consent=yes&claim=x"
    with watch.nothing_stored():
        answer = client.post(
            f"/api/v1/jobs/{watch.world.job_slug}/submissions",
            content=body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
    watch.expect(raw, answer, 400, 422)
    watch.finish()
