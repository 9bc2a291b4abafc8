"""The load: so many connections that each send one request after another, from another process."""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Self, cast

import httptools
import uvloop

CONNECTIONS = 8
BUSIEST = 0.75  # of its own processor; beyond that it is the load that is measured

Request = tuple[bytes, ...]  # its pieces, so that a large body is held but once


class Failed(Exception):
    """An answer that was not expected: what is measured then is something else."""


@dataclass(frozen=True)
class Result:
    """Seconds each answer took, and all of them together; what the load itself took of them."""

    seconds: float
    latencies: Sequence[float]
    busy: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


@dataclass
class _Tally:
    requests: Iterator[Request]
    open: int
    done: asyncio.Future[None]
    latencies: list[float] = field(default_factory=list)
    fault: str = ""

    def end(self, fault: str = "") -> None:
        self.fault = self.fault or fault
        self.open -= 1
        if (self.open == 0 or fault) and not self.done.done():
            self.done.set_result(None)


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last one is whole."""

    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self._began = 0.0
        self._body = b""
        self._is_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        if not self._is_over:
            self._end("the server hung up")

    def on_body(self, body: bytes) -> None:
        self._body = body

    def on_message_complete(self) -> None:
        self._tally.latencies.append(time.perf_counter() - self._began)
        status = self._parser.get_status_code()
        if 200 <= status < 300:  # noqa: PLR2004
            self._next()
        else:
            self._end(f"{status} {self._body[:300]!r}")

    def _next(self) -> None:
        request = next(self._tally.requests, None)
        if request is None:
            self._end()
            return
        self._parser = httptools.HttpResponseParser(self)
        self._began = time.perf_counter()
        self._transport.writelines(request)

    def _end(self, fault: str = "") -> None:
        self._is_over = True
        self._tally.end(fault)
        self._transport.close()


class Load:
    """A process of its own, for as long as it is open."""

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, mp_context=context)
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown()

    def run(
        self, place: tuple[str, int], requests: Sequence[Request], connections: int = CONNECTIONS
    ) -> Result:
        """Raises Failed."""
        result, fault = self._pool.submit(_run, place, requests, connections).result()
        if fault:
            raise Failed(f"{fault} to {requests[0][0][:200]!r}")
        return result


def _run(
    place: tuple[str, int], requests: Sequence[Request], connections: int
) -> tuple[Result, str]:
    return uvloop.run(_send(place, requests, min(connections, len(requests))))


async def _send(
    place: tuple[str, int], requests: Sequence[Request], connections: int
) -> tuple[Result, str]:
    loop = asyncio.get_running_loop()
    tally = _Tally(iter(requests), connections, loop.create_future())
    began, used = time.perf_counter(), time.process_time()
    for _ in range(connections):
        await loop.create_connection(partial(_Connection, tally), *place)
    await tally.done
    seconds = time.perf_counter() - began
    return Result(seconds, tally.latencies, (time.process_time() - used) / seconds), tally.fault
