"""What happens to candidates."""

from typing import ClassVar
from uuid import UUID

from service.core.outbox import Event


class ConsentGiven(Event):
    name: ClassVar[str] = "consent.given"

    candidate_id: UUID
    consent_id: UUID
