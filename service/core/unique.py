"""What was refused because another row has the same value, told alike on both databases."""

from sqlalchemy.exc import IntegrityError

from service.core.db import Row


def is_taken(error: IntegrityError, table: type[Row], column: str) -> bool:
    """Whether this unique column is what was broken, and not something else."""
    told = getattr(error.orig, "diag", None)  # psycopg's; SQLite has but its sentence
    if told is not None:
        return bool(told.constraint_name == f"uq_{table.__tablename__}_{column}")
    return str(error.orig) == f"UNIQUE constraint failed: {table.__tablename__}.{column}"
