"""How much one may send, with and without saying so first."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from service.doors.bodies import FORM_OVERHEAD, PLAIN_FORM

JSON_MOST = 2048  # as the fixture `tight_tools` sets them
FORM_MOST = 4096 + FORM_OVERHEAD


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("application/json", JSON_MOST),
        ("text/plain", JSON_MOST),
        ("application/x-www-form-urlencoded", JSON_MOST * PLAIN_FORM),
        ("multipart/form-data; boundary=a", FORM_MOST),
    ],
)
@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("says", [True, False])
def test_a_body_may_be_so_large(
    visitor: TestClient, kind: str, most: int, more: int, says: bool
) -> None:
    body = b"a" * (most + more)
    content = body if says else pieces(body)

    answer = visitor.post("/odd/read", content=content, headers={"Content-Type": kind})

    if more:
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert answer.headers["x-content-type-options"] == "nosniff"
    else:
        assert (answer.status_code, answer.text) == (200, str(most))


@pytest.mark.parametrize("length", ["-1", "+1", "0x1", "1e3", "٣", "1" * 30])
def test_an_odd_length_is_refused(visitor: TestClient, length: str) -> None:
    headers = [(b"Content-Length", length.encode())]

    answer = visitor.post("/odd/unread/a", content=b"", headers=headers)

    assert answer.status_code in (400, 413)


def pieces(body: bytes) -> Iterator[bytes]:
    for at in range(0, len(body), 65_536):
        yield body[at : at + 65_536]
