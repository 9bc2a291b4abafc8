"""The pages stop a rejection as the API does, and tell no more."""

from starlette.testclient import TestClient

from service.domain.submissions.tables import Submission
from tests.api.test_champions import STRONG, champions, discuss, move, weaken
from tests.reviewing import assign, judge
from tests.worlds import Sent, World

FORM = {"reason": "depth", "subject": "No", "text": "No."}


def chosen(world: World, *sent: Sent) -> list[str]:
    return [f"{one.id}:{world.reload(Submission, one.id).version}" for one in sent]


def test_a_page_tells_nothing_of_a_sealed_champion(pages: TestClient, world: World) -> None:
    sent = world.submission
    for person in (world.reviewer, world.reviewer2):
        assign(pages, world.recruiter, person, sent)
    judge(pages, world.reviewer, sent, **STRONG)

    def told() -> list[tuple[int, bool]]:
        [one] = chosen(world, sent)
        moving = {"to": "rejected", "reason": "depth", "version": one.partition(":")[2]}
        answers = [
            pages.post(f"/desk/submissions/{sent.id}/moves", data=moving),
            pages.post("/desk/reject", data={**FORM, "chosen": one}),
        ]
        return [(a.status_code, "Somebody has judged this" in a.text) for a in answers]

    championed = told()
    weaken(world)
    assert championed == told() == [(409, True)] * 2


def test_of_many_the_page_names_those_that_stop_it(pages: TestClient, world: World) -> None:
    assign(pages, world.recruiter, world.reviewer, world.submission)
    judge(pages, world.reviewer, world.submission, **STRONG)
    ids = chosen(world, world.submission, world.submission2)
    form = {**FORM, "chosen": ids}
    stopped = pages.post("/desk/reject", data=form)
    [champion] = champions(pages, world)
    discuss(pages, world.recruiter, world.submission, champion["scorecard_id"])
    wordless = pages.post("/desk/reject", data=form)
    done = pages.post("/desk/reject", data={**form, "note": "The role has changed."})

    assert stopped.status_code == 409
    assert "Not to be rejected yet" in stopped.text
    assert "A reviewer champions this" in stopped.text
    assert f'value="{ids[0]}" aria-label="Reject Ada">' in stopped.text
    assert f'value="{ids[1]}" aria-label="Reject Grace" checked>' in stopped.text
    assert (wordless.status_code, done.status_code) == (422, 303)


def test_a_champion_is_heard_on_the_page_of_the_submission(pages: TestClient, world: World) -> None:
    sent = world.submission
    assign(pages, world.recruiter, world.reviewer, sent)
    judge(pages, world.reviewer, sent, **STRONG)
    [champion] = champions(pages, world)
    url = f"/desk/submissions/{sent.id}/scorecards/{champion['scorecard_id']}/discussions"
    shown = pages.get(f"/desk/submissions/{sent.id}").text
    refused = pages.post(url, data={"argument": "Nobody else did it.", "answer": " "})
    heard = pages.post(url, data={"argument": "Nobody else did it.", "answer": "A team will."})
    after = pages.get(f"/desk/submissions/{sent.id}").text

    assert f'action="{url}"' in shown
    assert refused.status_code == 422
    assert "Nobody else did it." in refused.text
    assert heard.status_code == 303
    assert "A team will." in after
    assert move(pages, world.recruiter, sent, note="Changed.").status_code == 201
