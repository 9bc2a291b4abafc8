"""An S3 store on loopback: a bucket in a real HTTP server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import Request, urlopen

from moto.server import ThreadedMotoServer


@dataclass(frozen=True)
class S3Place:
    url: str
    options: dict[str, str]


@contextmanager
def open_s3(bucket: str = f"files-{os.getpid()}") -> Iterator[S3Place]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    options = {
        "endpoint": f"http://127.0.0.1:{port}",
        "region": "us-east-1",
        "access_key_id": "key",
        "secret_access_key": "secret",
    }
    with urlopen(Request(f"{options['endpoint']}/{bucket}", method="PUT")) as answer:
        assert answer.status == 200
    yield S3Place(f"s3://{bucket}/exhibit", options)
    server.stop()
