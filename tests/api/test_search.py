"""A search finds what a person expects, the same on both databases, and nothing is an error."""

import pytest
from sqlmodel import update
from starlette.testclient import TestClient

from service.domain.reviews.tables import Scorecard
from service.domain.submissions.tables import Evidence, Revision
from service.doors.tools import Tools
from service.worker.loop import run_once
from tests.exporting import rows_of, take
from tests.listing import URL, give_access, judge, names, send
from tests.sending import send_with_files
from tests.worlds import Person, World

SENT = {
    "Bjarne": "I write C++, also C++17, with CMake.",
    "Dennis": "I write C for kernels; B came before.",
    "Anders": "Mostly C# and .NET, some ASP.NET too.",
    "Don": "F# in the small, OCaml in the large.",
    "Ryan": "A node.js server on libuv. Node. JS came with it?",
    "Brendan": "Node and js, apart; a b c.",
    "Jordan": "React Native apps for the tram.",
    "Sophie": "A react-native bridge, nothing native elsewhere.",
    "Kelsey": "Kubernetes and kubectl: 100% uptime over TCP/IP, a/b tests.",
    "İpek": "ISPARTA'da ısıtma, İzmir'de ölçüm.",
    "Jürgen": "Große Straße, naïve café, Łódź.",
    "Yukihiro": "東京大学でRubyを開発しました。カガ",
    "Wei": "我在北京大学学习机器学习。",
    "Somchai": "เขียนภาษาไทยได้",
    "Amina": "كَتَبَ أحمد برنامجا",
    "Ravi": "हिन्दी में लिखा",
    "Minsu": "한국어로 썼습니다",
    "Rocket": "We ship 🚀 daily: snake_case, @handle, 50_000 lines.",
    "Leslie": 'On "distributed systems", <b>bold</b> and R&D; \\TeX.',
    "Conan": "O’Brien's Objective-C; don't panic.",
    "Robert": "'; DROP TABLE submission; -- NEAR(a b) col:val x* ^y -z",
}
FOUND = [
    # what skills are written with
    ("C", "Brendan Conan Dennis"),
    ("c", "Brendan Conan Dennis"),
    ('"C"', "Brendan Conan Dennis"),
    ("C++", "Bjarne"),
    ("c++17", "Bjarne"),
    ('"c++"', "Bjarne"),
    ("C#", "Anders"),
    (".NET", "Anders"),
    ("NET", "Anders"),
    ("asp.net", "Anders"),
    ("F#", "Don"),
    ("F", ""),
    ("node.js", "Ryan"),
    ("node js", "Brendan Ryan"),
    ('"node js"', "Ryan"),
    ("node", "Brendan Ryan"),
    ("react-native", "Jordan Sophie"),
    ('"react native"', "Jordan Sophie"),
    ("native react", "Jordan Sophie"),
    ('"native react"', ""),
    ("objective-c", "Conan"),
    ("a/b", "Kelsey"),
    ("tcp/ip", "Kelsey"),
    ("100%", "Kelsey"),
    ("100", "Kelsey"),
    ("snake_case", "Rocket"),
    ("case", "Rocket"),
    ("@handle", "Rocket"),
    ("handle", "Rocket"),
    ("50_000", "Rocket"),
    ("R&D", "Leslie"),
    ("\\TeX", "Leslie"),
    # beginnings of words, and whole words
    ("kube", "Kelsey"),
    ('"kube"', ""),
    ('"kubectl"', "Kelsey"),
    ("ku", ""),
    ("bjar", "Bjarne"),
    ("ubernetes", ""),
    ("kubernetes kubectl", "Kelsey"),
    ("kubernetes ruby", ""),
    # phrases
    ('"distributed systems"', "Leslie"),
    ('"systems distributed"', ""),
    ("“distributed systems”", "Leslie"),
    ('"distributed sys"', ""),
    ('"distributed systems', "Leslie"),
    ('write "for kernels"', "Dennis"),
    ('"write c"', "Dennis"),
    ('"conan o brien"', ""),  # the name, then the statement
    # letters of every kind
    ("isparta", "İpek"),
    ("ıSPARTA", "İpek"),
    ("ISITMA", "İpek"),
    ("İZMİR", "İpek"),
    ("ipek", "İpek"),
    ("olcum", "İpek"),
    ("GROSSE", "Jürgen"),
    ("große strasse", "Jürgen"),
    ("naive CAFÉ", "Jürgen"),
    ("lodz", "Jürgen"),
    ("jurgen", "Jürgen"),
    ("ｒｕｂｙ", "Yukihiro"),
    ("東京", "Yukihiro"),
    ("京東", ""),
    ("大学", "Wei Yukihiro"),
    ("ruby開発", ""),
    ("机器学习", "Wei"),
    ("ภาษา", "Somchai"),
    ("كتب احمد", "Amina"),
    ("हिन्दी", "Ravi"),
    ("한국어", "Minsu"),
    ("🚀", "Rocket"),
    ("o'brien", "Conan"),
    ("DON’T", "Conan"),
    # what other languages of search would make something of
    ("c++ &", "Bjarne"),
    ("NEAR(", "Robert"),
    ("NEAR(a b)", "Robert"),
    ("x*", "Robert"),
    ("-z", "Robert"),
    ("^y", "Robert"),
    ("col:val", "Robert"),
    ("DROP TABLE submission;", "Robert"),
    ("kubernetes OR ruby", ""),
    ("kubernetes | ruby", ""),
    ("kubernetes !ruby", ""),
    ("<b>bold</b>", "Leslie"),
    ("{name} $.x [a-z]", ""),
    ("x" * 500, ""),
    # nothing that could be found
    ("%", ""),
    ("_", ""),
    ("\\", ""),
    ('"', ""),
    ('""', ""),
    ("'", ""),
    ("(", ""),
    ("* ~ $ ?", ""),
    ("\u3164x", ""),
]


@pytest.fixture
def filled(world: World) -> World:
    with world.database.write() as session:
        for day, (name, statement) in enumerate(SENT.items()):
            send(session, world, name, days=day, statement=statement)
    return world


def test_people_find_what_they_look_for(client: TestClient, filled: World) -> None:
    wrong = {
        query: found
        for query, expected in FOUND
        if (found := names(client, filled.recruiter, q=query, sort="name")) != expected.split()
    }

    assert wrong == {}


@pytest.mark.parametrize("query", ["", " ", "\u00a0\u200b"])
def test_an_empty_search_leaves_everything(client: TestClient, world: World, query: str) -> None:
    assert sorted(names(client, world.recruiter, q=query)) == ["Ada", "Grace"]


def excerpts(client: TestClient, by: Person, query: str) -> list[tuple[str, str, str]]:
    """Place, name and words with brackets as marks, of the one line that is found."""
    found = client.get(URL, params={"q": query}, headers=by.auth)
    assert found.status_code == 200, found.text
    (item,) = found.json()["items"]
    return [
        (
            one["place"],
            one["name"],
            "".join(
                f"[{piece['text']}]" if piece["marked"] else piece["text"]
                for piece in one["pieces"]
            ),
        )
        for one in item["excerpts"]
    ]


def test_a_line_says_where_it_was_found(client: TestClient, world: World, tools: Tools) -> None:
    send_with_files(
        client,
        world,
        {"spec.txt": b"A page.\n\nDistributed Argus, later."},
        name="Barbara",
        statement="I like abstraction & <b>types</b>.",
        evidence=[{"title": "CLU", "claim": "Iterators."}],
        answers={"wrong": "About inheritance."},
    )
    run_once(tools)
    by = world.recruiter

    assert excerpts(client, by, "barbara@exam") == [("person", "", "[barbara@example].org")]
    assert excerpts(client, by, "type abst") == [
        ("statement", "", "I like [abstraction] & <b>[types]</b>.")
    ]
    assert excerpts(client, by, "clu inherit") == [
        ("evidence", "CLU", "[CLU]"),
        ("answer", "When?", "About [inheritance]."),
    ]
    assert excerpts(client, by, "spec.txt") == [("file_name", "spec.txt", "[spec.txt]")]
    assert excerpts(client, by, '"distributed argus" iter') == [
        ("evidence", "CLU", "[Iterators]."),
        ("file", "spec.txt", "A page. [Distributed Argus], later."),
    ]


def test_without_a_search_there_are_no_excerpts(client: TestClient, world: World) -> None:
    found = client.get(URL, headers=world.recruiter.auth).json()["items"]

    assert [one["excerpts"] for one in found] == [[], []]


def test_exports_hold_what_the_list_holds(client: TestClient, filled: World) -> None:
    by = filled.recruiter
    for query in ("C", "c++", "react-native", '"node js"', "%", ""):
        rows = rows_of(take(client, by, "submissions.csv", q=query, sort="name"))

        assert [row["name"] for row in rows] == names(client, by, q=query, sort="name")


def test_a_search_finds_only_what_one_may_see(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        give_access(session, world, world.reviewer)

    assert sorted(names(client, world.recruiter, q="compilers")) == ["Ada", "Grace"]
    assert names(client, world.reviewer, q="compilers") == ["Ada"]
    assert names(client, world.reviewer, q="grace") == []
    assert names(client, world.other_recruiter, q="compilers") == []
    assert names(client, world.outsider, q="ada") == []


def test_what_is_judged_is_not_searched(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        judge(session, world, world.submission.id, 3.75, by=world.reviewer.id)
        session.exec(update(Scorecard).values(comment="brilliant", counter_argument="brilliant"))

    for query in ("brilliant", "3.75", "yes", "reviewer"):
        assert names(client, world.recruiter, q=query) == []


def test_odd_rows_break_no_search(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        session.exec(update(Revision).values(answers=[{"value": 7}], links=["x"], statement="7"))
        session.exec(update(Evidence).values(vouchers=[{"name": "compilers"}]))

    assert sorted(names(client, world.recruiter, q="compilers")) == ["Ada", "Grace"]
