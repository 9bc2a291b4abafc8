"""A form that brings too much loses nothing else of it."""

from fastapi.testclient import TestClient
from sqlmodel import select

from service.domain.submissions.tables import StagedFile, Submission
from tests.worlds import World

MIB = 1024 * 1024
TYPED = {
    "name": "Ida Moreau",
    "email": "ida@example.org",
    "consent": "yes",
    "evidence-0-claim": "I made our parser ten times faster.",
    "do": "send",
}
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def test_a_file_that_is_too_large_costs_no_word_and_no_other_file(
    client: TestClient, world: World
) -> None:
    files = [
        ("evidence-0-files", ("notes.txt", b"What I measured.")),
        ("evidence-0-files", ("film.mp4", b"x" * (25 * MIB + 1))),
    ]
    answer = client.post("/jobs/engineer/apply", data=TYPED, files=files)

    assert answer.status_code == 413
    for kept in ("Ida Moreau", "I made our parser ten times faster.", "notes.txt"):
        assert kept in answer.text
    assert "The file “film.mp4” is larger than the limit of 25 MiB." in answer.text
    assert 'id="evidence-0-files-mistake"' in answer.text
    with world.database.read() as session:
        assert session.exec(select(StagedFile.name)).all() == ["notes.txt"]
        assert len(session.exec(select(Submission)).all()) == 2


def test_too_many_files_cost_no_word(client: TestClient, world: World) -> None:
    files = [("evidence-0-files", (f"{number}.txt", b"x")) for number in range(21)]
    answer = client.post("/jobs/engineer/apply", data=TYPED, files=files)

    assert answer.status_code == 413
    assert "Send at most 20 files at once." in answer.text
    assert "I made our parser ten times faster." in answer.text


def test_over_the_api_a_file_that_is_too_large_is_refused_as_it_comes(
    client: TestClient, world: World
) -> None:
    files = [("files", ("film.mp4", b"x" * (25 * MIB + 1)))]
    answer = client.post(f"/api/v1/jobs/{world.job_slug}/submissions", data=TYPED, files=files)

    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


def test_a_body_that_is_too_large_is_told_on_a_page_to_people(
    client: TestClient, world: World
) -> None:
    content = b"x" * (9 * MIB)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    page = client.post("/jobs/engineer/apply", content=content, headers={**kind, **BROWSER})
    plain = client.post("/jobs/engineer/apply", content=content, headers=kind)

    assert (page.status_code, plain.status_code) == (413, 413)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Go back in your browser" in page.text
    assert plain.headers["content-type"] == "application/problem+json"
