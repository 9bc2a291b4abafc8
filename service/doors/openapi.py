"""Pieces of the OpenAPI document for bodies that routes read themselves."""

from typing import Any

from pydantic import BaseModel


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
