"""What the tests of the tools share: an S3 server on loopback."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer


@dataclass(frozen=True)
class S3Place:
    url: str
    options: dict[str, str]


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Place]:
    """A bucket in a real HTTP server that speaks S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    options = {
        "endpoint": f"http://127.0.0.1:{port}",
        "region": "us-east-1",
        "access_key_id": "key",
        "secret_access_key": "secret",
    }
    bucket = f"files-{os.getpid()}"
    with urlopen(Request(f"{options['endpoint']}/{bucket}", method="PUT")) as answer:
        assert answer.status == 200
    yield S3Place(f"s3://{bucket}/exhibit", options)
    server.stop()
