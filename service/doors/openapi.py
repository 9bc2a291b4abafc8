"""Pieces of the OpenAPI document: bodies that routes read themselves, and how they refuse."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

REFUSED: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A refusal; its `code` says which.",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
}


class FaultOut(BaseModel):
    """One thing wrong with what was sent; `pointer` says where (RFC 6901)."""

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


class DescribedApi(FastAPI):
    """Says in its document that every refusal is a problem."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        document["components"]["schemas"]["Problem"] = plain_schema(Problem)
        return document


def plain_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON schema with everything in its place: nothing refers to elsewhere."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    resolved: dict[str, Any] = _resolved(schema, definitions)
    return resolved


def _resolved(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_resolved(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    merged = {**definitions[name], **schema} if name else schema
    return {key: _resolved(part, definitions) for key, part in merged.items() if key != "$ref"}
