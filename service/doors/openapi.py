"""Pieces of the OpenAPI document: the shape of refusals, and bodies that routes read themselves."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

SCHEMAS = "#/components/schemas/"
REFUSED: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A refusal; its `code` says which.",
        "content": {"application/problem+json": {"schema": {"$ref": f"{SCHEMAS}Problem"}}},
    }
}


class FaultOut(BaseModel):
    """One thing wrong with what was sent."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """Every refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FaultOut]


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Where the document has it; `schemas_of` puts it there."""
    return {"$ref": SCHEMAS + model.__name__}


def schemas_of(*models: type[BaseModel]) -> dict[str, Any]:
    """JSON schemas by name, of the models and of all that they hold."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(one, "validation") for one in models]
    _, found = models_json_schema(wanted, ref_template=SCHEMAS + "{model}")
    schemas: dict[str, Any] = found["$defs"]
    return schemas
