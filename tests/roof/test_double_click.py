"""A form sent twice at once shows both times what the first did, also at another process."""

from concurrent.futures import ThreadPoolExecutor, wait

import httpx2
import sqlalchemy as sa

from service.domain.submissions.tables import Submission
from tests.roof.serving import Servers
from tests.worlds import World

FORM = {
    "name": "Ida",
    "email": "ida@example.org",
    "consent": "yes",
    "evidence-0-claim": "I made it.",
    "do": "send",
    "idempotency_key": "one",
}
CLICKS = 4
WHILE_HELD = 0.5  # seconds in which a second click that is not waited for would be refused


def click(servers: Servers, number: int) -> httpx2.Response:
    client = servers.clients[number % len(servers.clients)]
    return client.post("/jobs/engineer/apply", data=FORM)


def test_every_click_ends_with_the_receipt_of_the_first(servers: Servers, served: World) -> None:
    with ThreadPoolExecutor(CLICKS) as crowd:
        with served.database.write() as session:
            if not served.database.is_sqlite:
                session.connection().execute(sa.text("LOCK TABLE candidate IN EXCLUSIVE MODE"))
            clicks = [crowd.submit(click, servers, number) for number in range(CLICKS)]
            early = wait(clicks, WHILE_HELD).done
        answers = [each.result() for each in clicks]

    assert not early
    assert [answer.status_code for answer in answers] == [303] * CLICKS
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert servers.count(Submission) == 3
