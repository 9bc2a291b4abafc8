"""What one invented candidate sends: person, revision, evidence, a file, and the answer's mail."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any, cast

from bench.facts import Chain, Rows
from bench.house import HiringJob
from bench.ids import Id, Row, id_of, new_id, stamp
from bench.words import COMMON, RARE, Words
from service.core.outbox import ActorKind
from service.demo.job import QUESTIONS
from service.domain.submissions.actions.found_by import words_of
from service.domain.submissions.tables import EvidenceKind

CONSENT = "Exhibit may keep what I send and use it to decide about this job."
SITE = "https://bench.example"
KINDS = tuple(EvidenceKind)
ANSWERED = {question.key: question for question in QUESTIONS[:3]}
LINK_LASTS = timedelta(days=180)


@dataclass(frozen=True)
class File:
    """Bytes that are in the file store."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Sent:
    """One submission on its way into rows."""

    number: int
    random: Random
    at: datetime
    job: HiringJob
    words: Words
    file: File

    @property
    def email(self) -> str:
        return f"person-{self.number}@mail.example"


def add_sent(rows: Rows, chain: Chain, sent: Sent) -> Id:
    """All rows of what was sent; gives the submission's id, which is its first revision's too."""
    id, candidate = new_id(sent.random, sent.at), new_id(sent.random, sent.at)
    name = sent.random.choice(sent.words.names)
    _add_person(rows, sent, candidate, name)
    _add_revision(rows, sent, id, name)
    _add_mail(rows, sent, id, name)
    job = id_of(sent.job.id).dashed
    payload: dict[str, object] = {"submission_id": id.dashed, "job_id": job}
    stranger = (ActorKind.CANDIDATE, None)
    received = payload | {"revision_id": id.dashed}
    chain.add(rows, sent.random, sent.at, "submission.received", stranger, id, received)
    rows["submission"].append(
        {
            "id": id.hex,
            "created_at": stamp(sent.at),
            "updated_at": stamp(sent.at),
            "version": 1,
            "job_id": sent.job.id,
            "stage_id": sent.job.stages["new"],
            "candidate_id": candidate.hex,
            "revision": 1,
        }
    )
    return id


def _add_person(rows: Rows, sent: Sent, candidate: Id, name: str) -> None:
    at = stamp(sent.at)
    person: Row = {"id": candidate.hex, "created_at": at, "updated_at": at, "version": 1}
    rows["candidate"].append(person | {"name": name, "email": sent.email, "email_key": sent.email})
    agreed: Row = {"id": new_id(sent.random, sent.at).hex, "created_at": at, "given_at": at}
    agreed |= {"candidate_id": candidate.hex, "text_version": "bench", "text": CONSENT}
    rows["consent"].append(agreed)


def _add_revision(rows: Rows, sent: Sent, id: Id, name: str) -> None:
    random, words, at = sent.random, sent.words, stamp(sent.at)
    links = [f"https://code.example/{sent.number}"]
    answers = [
        {
            "key": key,
            "question": question.text,
            "kind": question.kind.value,
            "value": words.text(random, 1),
        }
        for key, question in ANSWERED.items()
    ]
    shown: dict[str, Any] = {"name": name, "email": sent.email, "location": _place(sent)}
    shown |= {"links": links, "statement": words.text(random, random.randint(2, 4))}
    evidence = [_evidence(sent, id, number) for number in (1, 2, 3)]
    file = _file(sent, id)
    rows["revision"].append(
        shown
        | {"id": id.hex, "created_at": at, "settled_at": at, "submission_id": id.hex, "number": 1}
        | {"state": "confirmed", "source": "api"}
        | {"links": json.dumps(links), "answers": json.dumps(answers)}
    )
    rows["evidence"] += evidence
    rows["submission_file"].append(file)
    found_by = words_of(
        cast("Any", SimpleNamespace(**shown, id=id.hex, answers=answers)),
        [cast("Any", SimpleNamespace(**(piece | {"vouchers": []}))) for piece in evidence],
        [cast("Any", SimpleNamespace(**file))],
        {},
    )
    searched: Row = {"id": id.hex, "created_at": at, "form": found_by.form}
    rows["revision_words"].append(searched | {"person": found_by.person, "words": found_by.words})


def _place(sent: Sent) -> str:
    return sent.random.choice(sent.words.places)


def _evidence(sent: Sent, id: Id, number: int) -> Row:
    random, words = sent.random, sent.words
    rare = f" It rests on {random.choice(RARE)}." if number == 1 else ""
    return {
        "id": new_id(random, sent.at).hex,
        "created_at": stamp(sent.at),
        "revision_id": id.hex,
        "number": number,
        "kind": random.choice(KINDS).value,
        "title": random.choice(words.sentences),
        "claim": words.claim(random) + rare,
        "contribution": f"Mine: the part in {random.choice(COMMON)}. " + words.text(random, 1),
        "link": f"https://code.example/{sent.number}/{number}" if number < 3 else None,  # noqa: PLR2004
        "started": f"20{random.randint(14, 23)}-{random.randint(1, 12):02}",
        "cannot_show": "" if number < 3 else random.choice(words.sentences),  # noqa: PLR2004
        "vouchers": "[]",
    }


def _file(sent: Sent, id: Id) -> Row:
    return {
        "id": new_id(sent.random, sent.at).hex,
        "created_at": stamp(sent.at),
        "revision_id": id.hex,
        "evidence_number": 1,
        "position": 0,
        "name": sent.file.name,
        "media_type": "application/pdf",
        "size": sent.file.size,
        "sha256": sent.file.sha256,
    }


def _add_mail(rows: Rows, sent: Sent, id: Id, name: str) -> None:
    at = stamp(sent.at)
    link = new_id(sent.random, sent.at)
    made: Row = {"id": link.hex, "created_at": at, "purpose": "status", "submission_id": id.hex}
    rows["mailed_link"].append(made | {"expires_at": stamp(sent.at + LINK_LASTS)})
    letter = new_id(sent.random, sent.at)
    text = f"Hello {name},\n\nthank you for sending us your work.\n\n{SITE}/status/{link.hex * 4}\n"
    row: Row = {"id": letter.hex, "created_at": at, "sent_at": at, "kind": "thanks"}
    row |= {"submission_id": id.hex, "recipient": sent.email, "text": text, "state": "sent"}
    subject, message_id = "We have your submission", f"<{letter.hex}@bench.example>"
    rows["message"].append(row | {"subject": subject, "message_id": message_id})


def fresh_rows(tables: Sequence[str]) -> Rows:
    return {table: [] for table in tables}
