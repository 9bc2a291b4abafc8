"""Who is acting: a user, a candidate without an account, or the service itself."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam

from service.core.errors import Forbidden
from service.core.outbox import ActorKind
from service.domain.accounts.tables import Role, Scope, User


@dataclass(frozen=True)
class Actor:
    """`id` is the user's or the candidate's; a stranger and the system have none.

    `token_id` is the API token that a user came with; a browser has none.
    """

    kind: ActorKind
    id: UUID | None = None
    name: str = ""
    roles: frozenset[Role] = field(default_factory=frozenset)
    scopes: frozenset[Scope] = field(default_factory=lambda: frozenset(Scope))
    token_id: UUID | None = None

    @classmethod
    def of(
        cls, user: User, scopes: Collection[Scope] = tuple(Scope), *, token_id: UUID | None = None
    ) -> "Actor":
        roles = frozenset(Role(role) for role in user.roles)
        may = frozenset(map(Scope, scopes))
        return cls(ActorKind.USER, user.id, user.name, roles, may, token_id)

    @property
    def user_id(self) -> UUID:
        """For what only a person with an account can do. Raises Forbidden."""
        if self.kind is not ActorKind.USER or self.id is None:
            raise Forbidden
        return self.id

    @property
    def is_staff(self) -> bool:
        return self.kind is ActorKind.USER

    @property
    def is_system(self) -> bool:
        return self.kind is ActorKind.SYSTEM

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    def may_use(self, scope: Scope) -> bool:
        return scope in self.scopes


def anybody(kind: ActorKind, roles: frozenset[Role]) -> Actor:
    """Stands for whoever has these roles in a statement that is built once, for all of them.

    Who it is, is said as `me` when the statement is executed.
    """
    me: Any = bindparam("me", type_=Uuid())
    return Actor(kind, me, roles=roles)


STRANGER = Actor(ActorKind.CANDIDATE, name="candidate")
SYSTEM = Actor(ActorKind.SYSTEM, name="Exhibit")


def require(allowed: bool) -> None:
    """Raises Forbidden."""
    if not allowed:
        raise Forbidden
