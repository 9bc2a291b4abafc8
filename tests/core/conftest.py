"""What the tests of the tools share: an S3 server on loopback."""

from collections.abc import Iterator

import pytest

from tests.s3 import S3Place, open_s3


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Place]:
    with open_s3() as place:
        yield place
