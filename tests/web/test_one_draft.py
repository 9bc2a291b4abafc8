"""A refused form begins one draft, however often it is pressed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

from fastapi.testclient import TestClient
from sqlmodel import select

from service.app import create_app
from service.domain.submissions.tables import Draft, StagedFile
from service.doors.tools import Tools
from service.settings import Rates
from tests.web.test_drafts_elsewhere import count, draft_on
from tests.worlds import World

APPLY = "/jobs/engineer/apply"
WRONG = {
    "name": "Ole",
    "email": "nonsense",
    "consent": "yes",
    "evidence-0-claim": "Mine.",
    "idempotency_key": "of this page",
}
NOTES, PLAN = (("evidence-0-files", (name, name.encode())) for name in ("notes.txt", "plan.txt"))
PRESSED = 4


def staged(world: World) -> list[str]:
    with world.database.read() as session:
        return sorted(session.exec(select(StagedFile.name)).all())


def test_pressed_at_once_it_begins_one_draft_and_counts_as_one(tools: Tools, world: World) -> None:
    rates = Rates(submissions="2/day", submissions_everywhere="1000/day")
    limited = replace(tools, settings=tools.settings.model_copy(update={"rates": rates}))
    ready = Barrier(PRESSED)
    with TestClient(create_app(limited), "http://localhost", follow_redirects=False) as client:

        def press(_number: int) -> tuple[int, str]:
            ready.wait()
            answer = client.post(APPLY, data=WRONG, files=[NOTES])
            return answer.status_code, draft_on(answer.text)["draft"].partition(".")[0]

        with ThreadPoolExecutor(PRESSED) as crowd:
            told = set(crowd.map(press, range(PRESSED)))
        drafts, files = count(world, Draft), staged(world)
        other = WRONG | {"idempotency_key": "of another page"}
        more = [client.post(APPLY, data=other).status_code for _ in range(2)]
        many = client.post(APPLY, data=WRONG | {"idempotency_key": "of a third page"})

    assert [status for status, _draft in told] == [422]
    assert (drafts, files) == (1, ["notes.txt"])
    assert (more, many.status_code) == ([422, 422], 429)


def test_who_goes_back_and_changes_something_overwrites_nothing(
    client: TestClient, world: World
) -> None:
    first = client.post(APPLY, data=WRONG, files=[NOTES])
    other = client.post(APPLY, data=WRONG | {"name": "Ole B."}, files=[PLAN])
    opened = client.get(APPLY, params={"draft": draft_on(first.text)["draft"]})

    assert (count(world, Draft), staged(world)) == (2, ["notes.txt", "plan.txt"])
    assert "Ole B." in other.text
    assert "notes.txt" not in other.text
    assert "Ole B." not in opened.text


def test_gone_back_to_and_pressed_at_once_it_begins_one_more_draft(
    client: TestClient, world: World
) -> None:
    client.post(APPLY, data=WRONG, files=[NOTES])
    ready = Barrier(PRESSED)

    def press(_number: int) -> str:
        ready.wait()
        answer = client.post(APPLY, data=WRONG | {"name": "Ole B."}, files=[PLAN])
        return draft_on(answer.text)["draft"].partition(".")[0]

    with ThreadPoolExecutor(PRESSED) as crowd:
        drafts = set(crowd.map(press, range(PRESSED)))

    assert (len(drafts), count(world, Draft)) == (1, 2)
    assert staged(world) == ["notes.txt", "plan.txt"]


def test_one_key_begins_no_more_drafts_than_a_stranger_may(tools: Tools, world: World) -> None:
    rates = Rates(submissions="2/day", submissions_everywhere="1000/day")
    limited = replace(tools, settings=tools.settings.model_copy(update={"rates": rates}))
    with TestClient(create_app(limited), "http://localhost") as client:
        first = client.post(APPLY, data=WRONG)
        changed = WRONG | draft_on(first.text) | {"idempotency_key": "of the next page"}
        client.post(APPLY, data=changed | {"name": "Changed since"})
        told = [client.post(APPLY, data=WRONG | {"name": f"Ole {n}"}) for n in range(4)]
        back = client.post(APPLY, data=WRONG)

    assert first.status_code == 422
    assert [answer.status_code for answer in told] == [422, 429, 429, 429]
    assert (back.status_code, count(world, Draft)) == (429, 2)


def test_an_old_form_pressed_after_its_draft_was_sent_leads_to_the_newest_receipt(
    client: TestClient, world: World
) -> None:
    receipts = []
    for number in range(2):
        refused = client.post(APPLY, data=WRONG)
        mended = WRONG | draft_on(refused.text)
        mended |= {"email": "ole@example.org", "idempotency_key": f"of the next page {number}"}
        sent = client.post(APPLY, data=mended)
        again = client.get(APPLY, params={"draft": draft_on(refused.text)["draft"]})
        receipts.append([one.headers["location"].partition(".")[0] for one in (sent, again)])

    assert all(sent == again for sent, again in receipts)
    assert receipts[0] != receipts[1]
