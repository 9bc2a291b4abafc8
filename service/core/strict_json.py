"""JSON as it is meant: one value, one reading, bounded in depth and in numbers."""

import codecs
import json
import math
import re
from typing import Never

from service.core.errors import Malformed

DEPTH = 32
DIGITS = 60  # more than any number that means something here
INT64 = 2**63

# A string, closed or not, is passed over in one step: linear in time, whatever is in it.
_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


class MalformedJson(Malformed):
    """Says where and why, and never repeats what was sent."""

    code = "malformed_json"
    message = "The body is not proper JSON: {reason}."


def strict_json(body: bytes, *, depth: int = DEPTH) -> object:
    """The value of a UTF-8 body.

    Refused with MalformedJson: a byte order mark, UTF-16, names given twice, NaN and Infinity,
    integers beyond 64 bits, numbers no float can hold, nesting deeper than `depth`.
    """
    if body.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        _refuse("send UTF-8 without a byte order mark")
    _bound_depth(body, depth)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        _refuse(f"byte {error.start} is not UTF-8")
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        _refuse(f"it breaks off at line {error.lineno}, column {error.colno}")
    return value


def _bound_depth(body: bytes, most: int) -> None:
    depth = 0
    for token in _BRACKET.finditer(body):
        match token[0][:1]:
            case b"[" | b"{":
                depth += 1
                if depth > most:
                    _refuse(f"more than {most} levels at byte {token.start()}")
            case b"]" | b"}":
                depth -= 1


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("an object has the same name twice")
    try:
        "".join(found).encode()
    except UnicodeEncodeError:
        _refuse("a name holds half of a surrogate pair")
    return found


def _integer(text: str) -> int:
    number = int(text) if len(text) <= DIGITS else INT64
    if not -INT64 <= number < INT64:
        _refuse("an integer does not fit into 64 bits")
    return number


def _number(text: str) -> float:
    number = float(text) if len(text) <= DIGITS else math.inf
    digits, _, exponent = text.lower().partition("e")
    lost = number == 0 and digits.strip("-0.") != ""
    if not math.isfinite(number) or lost or len(exponent) > len("+308"):
        _refuse("a number is too large, too small or too long")
    return number


def _constant(_text: str) -> Never:
    _refuse("NaN and Infinity are no numbers")


def _refuse(reason: str) -> Never:
    raise MalformedJson(reason=reason) from None
