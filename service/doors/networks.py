"""Where a request came from, and how often from there."""

from ipaddress import ip_address, ip_network

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from service.doors.tools import tools_of
from service.settings import MIB

KNOCKS = 10  # forms that strangers may send for each submission that their network may
HEAVY = 10 * MIB  # a body counts once more for each of these


def address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def network_of(address: str) -> str:
    """An address as senders are counted by."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if known.version == 4:  # noqa: PLR2004
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ip_network((known, 64), strict=False))


async def count_knock(request: Request) -> None:
    """Count what anybody may send, before its body is read, also what will be refused.

    A large body counts as several, so that nobody fills the disk. Raises TooMany.
    """
    if request.method != "POST":
        return
    tools = tools_of(request)
    length = request.headers.get("content-length", "")
    size = int(length) if length else tools.settings.limits.submission_bytes
    await run_in_threadpool(
        tools.rates.hit,
        tools.settings.rates.submissions,
        "knock from",
        network_of(address_of(request)),
        cost=1 + size // HEAVY,
        times=KNOCKS,
    )
