"""Many who send slowly, many who read: nobody waits for the slow ones, and memory is bounded."""

import asyncio
import time
from asyncio import Event, Semaphore, StreamReader, StreamWriter
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from tests.depth import FULL
from tests.patience import PATIENCE
from tests.roof.proc import memory
from tests.roof.serving import Servers
from tests.worlds import World

SLOW, FAST, READS = (500, 200, 5) if FULL else (60, 20, 5)
FINISHING = 4  # at once, so that nobody waits in the writers' line for as long as is refused
GROWTH = 100_000  # KiB
PIECE = b"words " * 100
PAUSE = 1.0
PARTS = "".join(
    f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
    for name, value in (("name", "Eve"), ("consent", "on"), ("claim", "It works."))
)
FILE = '--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
END = b"\r\n--b--\r\n"


async def ask(reader: StreamReader, writer: StreamWriter, request: bytes) -> int:
    """The status of an answer that is read whole."""
    writer.write(request)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    return int(head.split(b" ", 2)[1])


async def read_often(address: str, request: bytes) -> list[tuple[int, float]]:
    """Status and seconds of each answer."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    answers = []
    for _ in range(READS):
        began = time.monotonic()
        status = await ask(reader, writer, request)
        answers.append((status, time.monotonic() - began))
    writer.close()
    return answers


async def read_all_at_once(addresses: Sequence[str], request: bytes) -> list[tuple[int, float]]:
    readers = (read_often(addresses[one % len(addresses)], request) for one in range(FAST))
    return [answer for answers in await asyncio.gather(*readers) for answer in answers]


def chunk(piece: bytes) -> bytes:
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


class Slow:
    """All who send slowly, until they are told to come to an end."""

    def __init__(self, addresses: Sequence[str], job: str) -> None:
        self.addresses, self.url = addresses, f"/api/v1/jobs/{job}/submissions"
        self.begun, self.over, self.ending = 0, Event(), Semaphore(FINISHING)

    async def send(self, number: int) -> int:
        """The status in the end."""
        parts = urlsplit(self.addresses[number % len(self.addresses)])
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        email = (
            f'--b\r\nContent-Disposition: form-data; name="email"\r\n\r\n{number}@example.org\r\n'
        )
        writer.write(
            f"POST {self.url} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode()
        )
        writer.write(chunk((PARTS + email + FILE).encode()))
        self.begun += 1
        while not self.over.is_set():
            writer.write(chunk(PIECE))
            await writer.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.over.wait(), PAUSE)
        async with self.ending:
            status = await ask(reader, writer, chunk(END) + b"0\r\n\r\n")
        writer.close()
        return status


async def load(servers: Servers, world: World) -> tuple[float, float, set[int], list[int], int]:
    """p99 alone and beside the slow, statuses of readers and of the slow, and how memory grew."""
    addresses = [one.address for one in servers.running]
    token = world.admin.auth["Authorization"]
    request = (
        "GET /api/v1/submissions HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {token}\r\n\r\n".encode()
    )
    await read_all_at_once(addresses, request)  # fills caches
    alone = await read_all_at_once(addresses, request)
    before = [memory(one.process.pid) for one in servers.running]
    slow = Slow(addresses, world.job_slug)
    sending = [asyncio.ensure_future(slow.send(number)) for number in range(SLOW)]
    async with asyncio.timeout(PATIENCE):
        while slow.begun < SLOW:
            await asyncio.wait(sending, timeout=PAUSE)
    beside = await read_all_at_once(addresses, request)
    after = [memory(one.process.pid) for one in servers.running]
    slow.over.set()
    ends = await asyncio.gather(*sending)
    growth = max(now - then for now, then in zip(after, before, strict=True))
    statuses = {status for status, _seconds in (*alone, *beside)}
    return p99(alone), p99(beside), statuses, ends, growth


def p99(answers: Sequence[tuple[int, float]]) -> float:
    return sorted(seconds for _status, seconds in answers)[-1 - len(answers) // 100]


def test_who_reads_does_not_wait_for_who_sends_slowly(servers: Servers, served: World) -> None:
    alone, beside, statuses, ends, growth = asyncio.run(load(servers, served))

    assert statuses == {200}
    assert set(ends) <= {201, 503}  # a busy machine may make some wait in line for too long
    assert ends.count(201) > SLOW / 2
    assert growth < GROWTH
    assert beside <= 3 * alone or not FULL  # a figure is for a machine that does nothing else
