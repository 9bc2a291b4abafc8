"""What happens at the desk."""

from typing import ClassVar
from uuid import UUID

from service.core.outbox import Event


class ExportMade(Event):
    """Somebody takes data away; the filter and the columns are in the detail."""

    name: ClassVar[str] = "export.made"

    user_id: UUID
    table: str
    format: str
    job_id: UUID | None
