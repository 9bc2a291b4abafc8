"""What one revision has and another has not, or has otherwise: by what may be cited of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.submissions.tables import Revision


@dataclass(frozen=True)
class Difference:
    """From an older revision to a newer: evidence numbers, `statement`, `answer:<key>`."""

    added: Sequence[str]
    changed: Sequence[str]
    gone: Sequence[str]


def compare(older: Revision, newer: Revision) -> Difference:
    """Both with evidence and files."""
    before, now = contents_of(older), contents_of(newer)
    return Difference(
        added=[cite for cite in now if cite not in before],
        changed=[cite for cite in now if cite in before and now[cite] != before[cite]],
        gone=[cite for cite in before if cite not in now],
    )


def contents_of(revision: Revision) -> dict[str, object]:
    """All that may be cited, so that it can be compared with another revision's."""
    apart = {"id", "revision_id", "created_at"}
    found: dict[str, object] = {
        str(piece.number): (
            piece.model_dump(exclude=apart),
            [(f.name, f.sha256) for f in revision.files if f.evidence_number == piece.number],
        )
        for piece in revision.evidence
    }
    for answer in revision.answers:
        key = answer["key"]
        files = [(f.name, f.sha256) for f in revision.files if f.question_key == key]
        found[f"answer:{key}"] = (answer, files)
    return found | ({"statement": revision.statement} if revision.statement else {})
