"""Behind a proxy: the client's address and scheme as the machine in front of us saw them."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send


class ProxyHeaders:
    """Takes the last hop only: everything before it is what the client itself claims."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if client := _last(headers, "x-forwarded-for"):
                scope["client"] = (client, 0)
            if (scheme := _last(headers, "x-forwarded-proto")) in {"http", "https"}:
                scope["scheme"] = scheme
        await self.app(scope, receive, send)


def _last(headers: Headers, name: str) -> str:
    return ",".join(headers.getlist(name)).rpartition(",")[2].strip()[:64]
