"""What is measured: each call, its floor, and how they compare."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from typing import Any, Literal
from uuid import UUID

from bench.documents import SENT_BYTES, pdf
from bench.load import Request
from bench.measuring import Side
from bench.running import COOKIE, Target
from bench.words import COMMON, RARE

API = "/api/v1"
JSON = "application/json"
ONES = 100
DEEP = 200
BOUNDARY = "exhibit-bench-boundary"
LEVELS = {"humility": 3, "accomplishment": 2, "depth": 4, "scale": 1, "learning": 3}


@dataclass(frozen=True)
class Ratio:
    """Throughput of one side over another's."""

    call: str
    over: str
    under: str
    target: float
    better: Literal["higher", "lower"] = "higher"
    shown: str = "call"  # the side whose times are shown


@dataclass(frozen=True)
class Measured:
    """The sides of one call, made when its turn comes, and what is said of them."""

    name: str
    sides: Callable[[], Mapping[str, Side]]
    ratios: Sequence[Ratio] = field(default_factory=tuple)


def repeated(target: Target, *requests: Request) -> Side:
    """The same ones, in turn, as often as one likes."""
    return Side(target.place, lambda count: list(islice(cycle(requests), count)))


def empty(target: Target) -> Side:
    return repeated(target, target.request("GET", "/floor/empty"))


def read(target: Target, *paths: str) -> Side:
    token = target.staff.recruiter
    return repeated(target, *(target.request("GET", API + path, by=token) for path in paths))


def floor_of(target: Target, name: str, *paths: str) -> Side:
    """The same SQL as the call's."""
    token = f"Bearer {target.staff.recruiter}"
    headers = {"Authorization": token}
    asked = [{"method": "GET", "path": API + path, "headers": headers} for path in paths]
    target.record(name, asked)
    numbers = range(len(paths))
    return repeated(target, *(target.request("GET", f"/floor/replays/{name}/{n}") for n in numbers))


def reads(target: Target) -> Iterator[Measured]:
    """List, one, search, page."""
    ones = [f"/submissions/{id}" for id in target.staff.newest[:ONES]]

    def sides(name: str, *paths: str) -> Callable[[], Mapping[str, Side]]:
        return lambda: {
            "floor": floor_of(target, name, *paths),
            "call": read(target, *paths),
            "empty": empty(target),
        }

    yield Measured(
        "list",
        sides("list", "/submissions?limit=50"),
        (
            Ratio("list of 50, to its floor", "call", "floor", 0.40),
            Ratio("list of 50, to an empty route", "call", "empty", 0.10),
        ),
    )
    yield Measured(
        "one", sides("one", *ones), (Ratio("one submission, to its floor", "call", "floor", 0.40),)
    )
    for how, word in (("a rare word", RARE[1]), ("a common word", COMMON[0])):
        yield Measured(
            "search",
            partial(_searched, target, word),
            (Ratio(f"search for {how}, to an empty route", "call", "empty", 0.06),),
        )
    cookie = f"exhibit={COOKIE}"
    page = target.request("GET", "/desk/submissions", Cookie=cookie)
    yield Measured(
        "page",
        lambda: {"call": repeated(target, page), "empty": empty(target)},
        (Ratio("staff list page, to an empty route", "call", "empty", 0.03),),
    )


def _searched(target: Target, word: str) -> Mapping[str, Side]:
    return {"call": read(target, f"/submissions?q={word}"), "empty": empty(target)}


def deepest(target: Target) -> Measured:
    """The last full page against the first."""

    def sides() -> Mapping[str, Side]:
        path = "/submissions?limit=50"
        return {"call": read(target, _last(target)), "first": read(target, path)}

    ratio = Ratio("deepest page, to the first", "first", "call", 1.1, "lower")
    return Measured("deepest", sides, (ratio,))


def _last(target: Target) -> str:
    """Where one comes by walking: the page that begins some 50 rows before the end."""
    total, seen, cursor = target.filled.size, 0, ""
    while seen < total - 50:
        limit = min(DEEP, total - 50 - seen)
        page = target.get(f"{API}/submissions?limit={limit}{cursor}")
        seen += len(page["items"])
        cursor = f"&cursor={page['next_cursor']}"
    return f"/submissions?limit=50{cursor}"


def growth(large: Target, small: Target) -> Iterator[Measured]:
    """The same call on a tenth of the submissions."""
    of = f"{large.filled.size} submissions, to {small.filled.size}"
    for name, path in (
        ("list of 50", "/submissions?limit=50"),
        ("one submission", ""),
        ("search for a rare word", f"/submissions?q={RARE[1]}"),
        ("search for a common word", f"/submissions?q={COMMON[0]}"),
    ):

        def sides(path: str = path) -> Mapping[str, Side]:
            return {
                "small": read(small, *([path] if path else _ones(small))),
                "call": read(large, *([path] if path else _ones(large))),
            }

        yield Measured("growth", sides, (Ratio(f"{name}, {of}", "small", "call", 1.2, "lower"),))


def _ones(target: Target) -> list[str]:
    return [f"/submissions/{id}" for id in target.staff.newest[:ONES]]


def submit(target: Target, once: int) -> Measured:
    """A submission with a PDF of 200 KB, as a form with one JSON part and the file."""
    numbers = iter(range(10**9))
    slug = target.get(f"{API}/jobs")["items"][0]["slug"]
    kind = f"multipart/form-data; boundary={BOUNDARY}"

    def ask(path: str) -> Callable[[int], Sequence[Request]]:
        def made(count: int) -> Sequence[Request]:
            bodies = [_form(next(numbers)) for _ in range(count)]
            return [target.request("POST", path, *body, Content_Type=kind) for body in bodies]

        return made

    return Measured(
        "submit",
        lambda: {
            "floor": Side(target.place, ask("/floor/submit"), once),
            "call": Side(target.place, ask(f"{API}/jobs/{slug}/submissions"), once),
        },
        (Ratio("submit with a PDF of 200 KB, to its floor", "call", "floor", 0.50),),
    )


def _form(number: int) -> tuple[bytes, ...]:
    words = "I measured before I changed anything, and measured again. " * 10
    content = {
        "name": "Ada Bench",
        "email": f"sender-{number}@mail.example",
        "consent": True,
        "statement": words,
        "evidence": [
            {"kind": "open_source", "title": "A queue", "claim": words, "files": ["design.pdf"]},
            {"kind": "talk", "title": "What it lost", "claim": words, "contribution": words},
            {"kind": "writing", "title": "Why", "claim": words, "link": "https://code.example/x"},
        ],
        "answers": {"wrong": words, "learned": words},
    }
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="submission"\r\n\r\n'
    file = (
        f'\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; '
        'filename="design.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
    )
    end = f"\r\n--{BOUNDARY}--\r\n"
    return part.encode() + json.dumps(content).encode() + file.encode(), _pdf(number), end.encode()


_NOISE = pdf(0, SENT_BYTES)


def _pdf(number: int) -> bytes:
    """Bytes of its own, as people's are: the title says the number."""
    return _NOISE.replace(b"(Exhibit 0)", b"(Exhibit %d)" % number)


def changes(target: Target, once: int, rounds: int) -> Iterator[Measured]:
    """Draft, lock and move: each submission once, some by the service and some by the floor."""
    waiting = target.staff.waiting[: 2 * once * (rounds + 1)]
    ours, floors = waiting[::2], waiting[1::2]
    card = {
        "revision": 1,
        "recommendation": "yes",
        "confidence": "high",
        "forecast": 70,
        "comment": "Clear work with a clear own part. " * 10,
        "ratings": [
            {"criterion": key, "level": level, "cites": ["1", "statement"], "comment": "As said."}
            for key, level in LEVELS.items()
        ],
    }
    any_version, none_yet = {"If-Match": "*"}, {"If-None-Match": "*"}
    reviewer, recruiter = target.staff.reviewer, target.staff.recruiter
    for name, method, path, by, condition, body in (
        ("draft", "PUT", "scorecards/mine", reviewer, none_yet, card),
        ("lock", "POST", "scorecards/mine/lock", reviewer, any_version, None),
        ("move", "POST", "moves", recruiter, any_version, {"to": "review"}),
    ):
        change = Change(target, name, method, path, by, condition, body)
        yield Measured(
            name,
            partial(_changed, change, floors, ours, once),
            (Ratio(f"{name}, to its floor", "call", "floor", 0.40),),
        )


def _changed(
    change: "Change", floors: Sequence[UUID], ours: Sequence[UUID], once: int
) -> Mapping[str, Side]:
    return {
        "floor": Side(change.target.place, change.replayed(floors), once),
        "call": Side(change.target.place, change.done(ours), once),
    }


@dataclass(frozen=True)
class Change:
    """One way to change a submission, and its rehearsals for the floor."""

    target: Target
    name: str
    method: str
    path: str
    by: str
    condition: dict[str, str]
    body: dict[str, Any] | None

    def done(self, ids: Sequence[UUID]) -> Callable[[int], Sequence[Request]]:
        return self._each([f"{API}/submissions/{id}/{self.path}" for id in ids])

    def replayed(self, ids: Sequence[UUID]) -> Callable[[int], Sequence[Request]]:
        headers = {"Authorization": f"Bearer {self.by}", **self.condition}
        headers |= {"Content-Type": JSON} if self.body else {}
        asked = [
            {
                "method": self.method,
                "path": f"{API}/submissions/{id}/{self.path}",
                "headers": headers,
                "body": self._text,
            }
            for id in ids
        ]
        self.target.record(self.name, asked, rehearsal=True)
        return self._each([f"/floor/replays/{self.name}/{number}" for number in range(len(ids))])

    @property
    def _text(self) -> str:
        return json.dumps(self.body) if self.body else ""

    def _each(self, paths: Sequence[str]) -> Callable[[int], Sequence[Request]]:
        kind = {"Content_Type": JSON} if self.body else {}
        left = iter(
            self.target.request(
                self.method, path, self._text.encode(), by=self.by, **self.condition, **kind
            )
            for path in paths
        )
        return lambda count: list(islice(left, count))
