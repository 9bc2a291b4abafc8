"""Events of the past, linked into a chain as the worker would have done it."""

import json
from datetime import datetime
from random import Random

from bench.ids import Id, Row, new_id, stamp
from service.core.fingerprints import detail_digest, link_hash
from service.core.outbox import ActorKind

Rows = dict[str, list[Row]]


class Chain:
    """Goes on from where the house left it."""

    def __init__(self, seq: int, chain_hash: str) -> None:
        self.seq, self.hash = seq, chain_hash

    def add(
        self,
        rows: Rows,
        random: Random,
        at: datetime,
        name: str,
        actor: tuple[ActorKind, Id | None],
        subject: Id,
        payload: dict[str, object],
    ) -> None:
        """One fact without values of its own: nobody is named in it."""
        id, salt = new_id(random, at), f"{random.getrandbits(128):032x}"
        kind, actor_id = actor
        detail = detail_digest(salt, {})
        self.seq += 1
        self.hash = link_hash(
            self.hash,
            {
                "id": id.dashed,
                "name": name,
                "created_at": at.isoformat(),
                "actor_kind": str(kind),
                "actor_id": actor_id.dashed if actor_id else "",
                "subject_id": subject.dashed,
                "payload": payload,
                "request_id": "",
                "detail_digest": detail,
            },
        )
        row: Row = {"id": id.hex, "created_at": stamp(at), "name": name, "actor_kind": str(kind)}
        row |= {"actor_id": actor_id.hex if actor_id else None, "subject_id": subject.hex}
        row |= {"payload": json.dumps(payload), "request_id": "", "detail_digest": detail}
        rows["event"].append(row | {"seq": self.seq, "chain_hash": self.hash})
        rows["event_detail"].append(
            {"id": id.hex, "created_at": stamp(at), "salt": salt, "detail": "{}"}
        )
