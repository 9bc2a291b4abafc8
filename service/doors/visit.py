"""One request at the door: who comes, to which database; nothing is opened yet."""

import hashlib
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from functools import partial
from typing import Annotated, NoReturn
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from service.core import idempotency
from service.core.clock import utc_now
from service.core.db import Collided
from service.core.errors import Forbidden, Unknown
from service.core.secrets import digest, keyed_hash
from service.core.versions import etag_of
from service.domain.accounts.actions import touch_sign_in, touch_token
from service.domain.accounts.actor import STRANGER, Actor
from service.domain.accounts.queries import find_actor_by_sign_in, find_actor_by_token
from service.domain.accounts.tables import ApiToken, Scope
from service.doors.networks import address_of, count_knock, network_of
from service.doors.tools import Tools, tools_of

Db = Session  # for the doors to name what a visit opens, without knowing SQL
VEIL = "{the token of this link}"  # in kept answers: no copy of the database opens anything
SEEN_EVERY = timedelta(minutes=5)  # how exactly use is noted, so that reads rarely write


class CredentialKind(Enum):
    """How somebody says who they are."""

    NOBODY = "nobody"
    TOKEN = "token"  # noqa: S105  # the word, not a secret
    COOKIE = "cookie"


class Again(Exception):  # no refusal: nobody is told of it
    """Nothing was kept of what the handler did, and it is to do it again."""


@dataclass
class Visit:
    """A handler opens it where it needs it, in its own thread, after the body has been read.

    Leaving the block commits; only then does the handler return, so an answer never precedes its
    commit. `answer` and `redirect` make the response inside the block, so that a request with an
    Idempotency-Key keeps it in the same transaction as its effect.
    """

    request: Request
    tools: Tools
    kind: CredentialKind
    credential: str = ""
    may_repeat: bool = False  # whether whoever called the handler can call it once more
    _open: tuple[Session, Actor] | None = field(default=None)

    @contextmanager
    def reading(self, scope: Scope = Scope.READ) -> Generator[tuple[Session, Actor]]:
        with self._repeatable(), self.tools.database.read() as session:
            yield session, self._actor(session, scope)

    @contextmanager
    def writing(self, scope: Scope = Scope.WRITE) -> Generator[tuple[Session, Actor]]:
        with self._repeatable():
            held, session, me = idempotency.patiently(lambda: self._begin(scope))
            with held:
                self._open = session, me
                yield session, me

    @contextmanager
    def _repeatable(self) -> Generator[None]:
        """Raises Again when it met another transaction and the handler can be called once more."""
        try:
            yield
        except Collided as collided:
            if self.may_repeat:
                raise Again from collided
            raise

    def _begin(self, scope: Scope) -> tuple[ExitStack, Session, Actor]:
        """Raises Replayed, or StillRunning; then it holds nothing."""
        with ExitStack() as beginning:
            beginning.enter_context(self._alone())
            session = beginning.enter_context(self.tools.database.write())
            me = self._actor(session, scope)
            self._replay(session, me)
            return beginning.pop_all(), session, me

    def answer(
        self,
        out: BaseModel | None = None,
        *,
        status: int = 200,
        etag: int | None = None,
        headers: dict[str, str] | None = None,
        secret: bool = False,
    ) -> Response:
        """The response for `out`, kept for a repeat of the same Idempotency-Key unless `secret`."""
        body = None if out is None else out.model_dump_json()
        headers = dict(headers or {})
        if etag is not None:
            headers["ETag"] = etag_of(etag)
        self._keep(status, headers, None if secret else body or "")
        media_type = None if body is None else "application/json"
        return Response(body, status, headers, media_type=media_type)

    def redirect(self, url: str) -> Response:
        """See other (303), after a form was taken."""
        headers = {"Location": url}
        self._keep(303, headers, "")
        return Response(None, 303, headers)

    def show(self, page: Response, *, secret: bool = False) -> Response:
        """A page that says what was done, for a form that can be sent but once."""
        headers = {"Content-Type": page.headers["content-type"]}
        self._keep(page.status_code, headers, None if secret else bytes(page.body).decode())
        return page

    @property
    def address(self) -> str:
        """The network address that the request came from."""
        return address_of(self.request)

    @property
    def network(self) -> str:
        """What one sender has at least: an IPv4 address, or the 64 bits that IPv6 hands out."""
        return network_of(self.address)

    def note(self) -> None:
        """Note that the credential was used; for after the answer. Raises Unknown, Unavailable.

        By itself: who held this row while wanting others would cross those who end an account,
        and hold the user's row while they want this one.
        """
        with self.tools.database.write(patient=False) as session:
            self._find(session, note=True)

    def _actor(self, session: Session, scope: Scope) -> Actor:
        if self.kind is CredentialKind.NOBODY:
            return STRANGER
        found = self._find(session)
        self.request.state.actor_id = found.id
        if not found.may_use(scope):
            raise Forbidden
        return found

    def _find(self, session: Session, *, note: bool = False) -> Actor:
        """Whose credential it is; unseen for a while, it waits to be noted. Raises Unknown."""
        if self.kind is CredentialKind.TOKEN:
            by_token = find_actor_by_token(session, digest(self.credential))
            if not by_token:
                raise Unknown
            (actor, seen), touch = by_token, partial(_touch_token, session, by_token[0])
        else:
            by_sign_in = find_actor_by_sign_in(session, digest(self.credential))
            if not by_sign_in:
                raise Unknown
            actor, sign_in = by_sign_in
            seen, touch = sign_in.last_seen_at, partial(touch_sign_in, session, actor, sign_in)
        if seen is None or seen < utc_now() - SEEN_EVERY:
            if note:
                touch()
            else:
                self.request.state.unnoted = self
        return actor

    # Idempotency: one key, one effect.

    @property
    def _key(self) -> str | None:
        return getattr(self.request.state, "idempotency_key", None)

    def renew_key(self) -> None:
        """Of a form whose key was used with other content: the next one, the same for the same."""
        state = self.request.state
        state.idempotency_key = digest(f"{state.idempotency_key} {state.fingerprint}")

    def own_id(self, what: str) -> UUID | None:
        """The same each time that this form is pressed; nobody else can come to it."""
        if self._key is None:
            return None
        text = f"{what} {self._caller()} {self._route()} {self._key}"
        return UUID(keyed_hash(self.tools.key, text)[:32], version=5)

    @contextmanager
    def _alone(self) -> Generator[None]:
        if self._key is None:
            yield
            return
        with idempotency.running((self._caller(), self._route(), self._key)):
            yield

    def _replay(self, session: Session, actor: Actor) -> None:
        if self._key is None:
            return
        content = getattr(self.request.state, "fingerprint", "")
        try:
            idempotency.claim(session, self._caller(actor), self._route(), self._key, content)
        except idempotency.Replayed as again:
            raise idempotency.Replayed(self._told_anew(again.answer)) from None

    def _keep(self, status: int, headers: dict[str, str], body: str | None) -> None:
        if self._key is None or self._open is None:
            return
        session, actor = self._open
        answer = idempotency.Answer(*self._without_token(status, headers, body))
        content = getattr(self.request.state, "fingerprint", "")
        idempotency.keep(session, self._caller(actor), self._route(), self._key, content, answer)

    def _caller(self, actor: Actor | None = None) -> str:
        """Whose key it is: the user's, else the network address's, hashed."""
        if actor and actor.id:
            return str(actor.id)
        who = self.credential or self.address
        return keyed_hash(self.tools.key, who)[:64]

    def _route(self) -> str:
        """Hashed: a path may hold the secret of a mailed link."""
        path = f"{self.request.method} {self.request.url.path}"
        return keyed_hash(self.tools.key, path)[:64]

    @property
    def _token(self) -> str:
        """The secret of a mailed link, where the path holds one: a repeat brings it again."""
        return str(self.request.path_params.get("token", ""))

    def _without_token(
        self, status: int, headers: dict[str, str], body: str | None
    ) -> tuple[int, dict[str, str], str | None]:
        if not self._token:
            return status, headers, body
        kept = {name: value.replace(self._token, VEIL) for name, value in headers.items()}
        return status, kept, None if body is None else body.replace(self._token, VEIL)

    def _told_anew(self, kept: idempotency.Answer) -> idempotency.Answer:
        if not self._token:
            return kept
        headers = {name: value.replace(VEIL, self._token) for name, value in kept.headers.items()}
        body = None if kept.body is None else kept.body.replace(VEIL, self._token)
        return idempotency.Answer(kept.status, headers, body)


def _touch_token(session: Session, actor: Actor) -> None:
    touch_token(session, actor, session.get_one(ApiToken, actor.token_id))


async def _key_of(request: Request) -> None:
    """Note the Idempotency-Key and what it came with; forms note theirs when they are read."""
    key = request.headers.get("idempotency-key")
    if key is None or request.method != "POST":
        return
    request.state.idempotency_key = idempotency.checked_key(key)
    if not hasattr(request.state, "fingerprint"):
        query = request.url.query.encode()
        body = await request.body() if hasattr(request, "_body") else b""
        request.state.fingerprint = hashlib.sha256(query + b"\0" + body).hexdigest()


async def by_token(request: Request) -> Visit:
    """Staff at the API: `Authorization: Bearer …`, checked when the visit is opened."""
    await _key_of(request)
    token = bearer_token(request)
    if token is None:
        raise Unknown
    return Visit(request, tools_of(request), CredentialKind.TOKEN, token)


async def by_anyone(request: Request) -> Visit:
    """A public call: strangers act as candidates, staff as themselves if they say who they are."""
    await count_knock(request)
    await _key_of(request)
    token = bearer_token(request)
    if token is not None:
        return Visit(request, tools_of(request), CredentialKind.TOKEN, token)
    return Visit(request, tools_of(request), CredentialKind.NOBODY)


def bearer_token(request: Request) -> str | None:
    """The token in the Authorization header; None when there is no such header at all."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        _refuse()
    return token.strip()


def _refuse() -> NoReturn:
    raise Unknown


StaffVisit = Annotated[Visit, Depends(by_token)]
PublicVisit = Annotated[Visit, Depends(by_anyone)]
