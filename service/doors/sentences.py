"""What is wrong with a field, in our own sentences: pydantic's are written for programmers."""

import re
from collections.abc import Mapping
from typing import Any, get_args

from pydantic_core.core_schema import ErrorType

OTHERWISE = "This cannot be used."
# By pydantic's types of error; braces take from the error's context.
SENTENCES = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such field.",
    "none_required": "Leave this out.",
    "model_type": "Send an object with fields.",
    "model_attributes_type": "Send an object with fields.",
    "dict_type": "Send an object with fields.",
    "list_type": "Send a list.",
    "tuple_type": "Send a list.",
    "too_short": "Give at least {min_length}.",
    "too_long": "Give at most {max_length}.",
    "string_type": "Send text.",
    "string_unicode": "Send text in UTF-8.",
    "string_too_short": "This is too short: it needs {min_length} or more.",
    "string_too_long": "Use at most {max_length} characters.",
    "bool_type": "Send true or false.",
    "bool_parsing": "Send true or false.",
    "int_type": "Enter a whole number.",
    "int_parsing": "Enter a whole number.",
    "int_parsing_size": "Enter a smaller number.",
    "int_from_float": "Enter a whole number.",
    "float_type": "Enter a number.",
    "float_parsing": "Enter a number.",
    "finite_number": "Enter a number that is not endless.",
    "greater_than": "Enter more than {gt}.",
    "greater_than_equal": "Enter {ge} or more.",
    "less_than": "Enter less than {lt}.",
    "less_than_equal": "Enter {le} or less.",
    "uuid_type": "Send an id as it was given out.",
    "uuid_parsing": "Send an id as it was given out.",
    "date_type": "Enter a day as 2026-03-01.",
    "date_parsing": "Enter a day as 2026-03-01.",
    "date_from_datetime_parsing": "Enter a day as 2026-03-01.",
    "date_from_datetime_inexact": "Enter a day as 2026-03-01.",
    "datetime_type": "Enter a time as 2026-03-01T09:00:00Z.",
    "datetime_parsing": "Enter a time as 2026-03-01T09:00:00Z.",
    "datetime_object_invalid": "Enter a time as 2026-03-01T09:00:00Z.",
    "datetime_from_date_parsing": "Enter a time as 2026-03-01T09:00:00Z.",
}
# Where the choices are told: `'a', 'b' or 'c'`, or `<Enum.A: 'a'> or <Enum.B: 'b'>`.
CHOICES = frozenset({"enum", "literal_error"})

_PYDANTICS = frozenset(get_args(ErrorType))
_CHOICE = re.compile(r"'([^']*)'")


def sentence(fault: Mapping[str, Any]) -> str:
    """What a fault found by pydantic says. A type that is not pydantic's own is one of ours."""
    kind, context = fault["type"], fault.get("ctx", {})
    if kind in CHOICES:
        return _choose(_CHOICE.findall(context["expected"]))
    if kind not in _PYDANTICS:
        return str(fault["msg"])
    return SENTENCES.get(kind, OTHERWISE).format(**context)


def _choose(choices: list[str]) -> str:
    if len(choices) > 1:
        return f"Choose one of {', '.join(choices[:-1])} or {choices[-1]}."
    return f"Only {choices[0]} can stand here." if choices else OTHERWISE
