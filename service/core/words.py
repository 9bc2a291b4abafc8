"""What text a person may send: lines, longer text, addresses, months; and how it is found again.

Lengths are counted in code points after NFC, everywhere the same. Refused, rather than repaired,
is what no person types and what breaks pages, mail or databases: control and bidi control
characters, half surrogates, noncharacters, piled-up combining marks.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from pydantic import (
    AfterValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, Url, ValidationError, core_schema

from service.core.clock import utc_now

MARKS_ON_ONE_LETTER = 8
ADDRESS_LENGTH = 254  # RFC 5321 §4.5.3.1.3, without the angle brackets
URL_LENGTH = 2000
FIRST_YEAR = 1950

# White space, Unicode's Default_Ignorable_Code_Point, and the blank Braille pattern: what a reader
# sees nothing of. For use inside [] of a pattern.
INVISIBLE = (
    r"\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BLANK = re.compile(f"[{INVISIBLE}]*")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LINE_BREAK = re.compile(r"[\t\n\u2028\u2029]")
NO_CHARACTER = re.compile(
    r"[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(17))
    + "]"
)
_MONTH = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2]))?")
_SPACE = re.compile(r"[\s\\]")


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing, however many characters there are."""
    return _BLANK.fullmatch(text) is not None


def fold(text: str) -> str:
    """The text as it is searched: the same for İ and i, ß and SS, ﬁ and fi, on every database."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("i\u0307", "i")
    return unicodedata.normalize("NFKC", folded)


@dataclass(frozen=True)
class Text:
    """For `Annotated[str, Text(4000)]`: many lines, CRLF and CR stored as LF.

    `blank` says whether text without anything to see is fine; it is then stored as "".
    """

    max: int
    blank: bool = False

    def clean(self, value: str) -> str:
        """The text to store. Raises PydanticCustomError (a ValueError) with code and sentence."""
        if len(value) > 4 * self.max:  # before any work; NFC shrinks text by far less
            raise self._too_long()
        text = unicodedata.normalize("NFC", re.sub(r"\r\n?", "\n", value))
        if len(text) > self.max:
            raise self._too_long()
        refuse_odd_characters(text)
        if is_blank(text):
            if self.blank:
                return ""
            raise PydanticCustomError("text_blank", "Write something here.")
        return text

    def _too_long(self) -> PydanticCustomError:
        return PydanticCustomError(
            "text_too_long", "Use at most {max} characters.", {"max": self.max}
        )

    def __get_pydantic_core_schema__(
        self, source: type[str], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            self.clean, core_schema.str_schema(strict=True)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shape = handler(schema)
        shape["maxLength"] = self.max
        if not self.blank:
            shape["minLength"] = 1
        return shape


@dataclass(frozen=True)
class Line(Text):
    """For `Annotated[str, Line(200)]`: one line, without TAB or any line break."""

    def clean(self, value: str) -> str:
        if "\r" in value or _LINE_BREAK.search(value):
            raise PydanticCustomError("text_not_one_line", "Use one line, without tabs.")
        return super().clean(value)


def refuse_odd_characters(text: str) -> None:
    """Raise PydanticCustomError for what no person types. LF and TAB are left to the caller."""
    if text.isascii():
        odd = _CONTROL.search(text)
    else:
        odd = _CONTROL.search(text) or _BIDI.search(text) or NO_CHARACTER.search(text)
        _refuse_piles(text)
    if odd:
        raise PydanticCustomError(
            "text_character",
            "Remove the character {name}: it cannot be shown.",
            {"name": f"U+{ord(odd[0]):04X}"},
        )


def _refuse_piles(text: str) -> None:
    pile = 0
    for character in text:
        pile = pile + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if pile > MARKS_ON_ONE_LETTER:
            raise PydanticCustomError(
                "text_marks",
                "Use at most {most} accents on one letter.",
                {"most": MARKS_ON_ONE_LETTER},
            )


def email_key(address: str) -> str:
    """What two spellings of one mailbox share, for finding the same person; ASCII domain.

    Dots and +tags stay, and look-alike letters of other scripts stay different. Raises
    PydanticCustomError when it is no address.
    """
    valid = _validated(address)
    local = unicodedata.normalize("NFC", valid.local_part.lower())
    return f"{local}@{valid.ascii_domain.lower()}"


def _address(value: str) -> str:
    return _validated(value).normalized


def _validated(value: str) -> ValidatedEmail:
    if len(value) > ADDRESS_LENGTH:
        raise PydanticCustomError(
            "email_too_long", "Use at most {max} characters.", {"max": ADDRESS_LENGTH}
        )
    try:
        refuse_odd_characters(value)
        valid = validate_email(
            value,
            strict=True,
            allow_smtputf8=True,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            check_deliverability=False,
        )
    except (EmailNotValidError, PydanticCustomError, UnicodeError):
        # Their sentences repeat what was sent.
        raise PydanticCustomError(
            "email_invalid", "Enter one e-mail address, like name@example.com."
        ) from None
    return valid


def _web_address(value: str) -> str:
    if len(value) > URL_LENGTH:
        raise PydanticCustomError(
            "url_too_long", "Use at most {max} characters.", {"max": URL_LENGTH}
        )
    text = unicodedata.normalize("NFC", value)
    refuse_odd_characters(text)
    if _SPACE.search(text) or not _is_web_address(text):
        raise PydanticCustomError(
            "url_invalid",
            "Enter a full web address that starts with https:// or http://, without a user name.",
        )
    return text


def _is_web_address(text: str) -> bool:
    """Two parsers must find a host in it, so that nobody else sees another one there."""
    try:
        parts, url = urlsplit(text), Url(text)
        port = parts.port
    except (ValueError, ValidationError):
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and bool(url.host)
        and "@" not in parts.netloc
        and not parts.netloc.endswith(":")
        and port != 0
    )


def _month(value: str) -> str:
    found = _MONTH.fullmatch(value)
    if not found:
        raise PydanticCustomError("month_invalid", "Enter a month as 2021-03, or a year as 2021.")
    last = utc_now().year + 1
    if not FIRST_YEAR <= int(found[1]) <= last:
        raise PydanticCustomError(
            "month_range", "Use a year from {first} to {last}.", {"first": FIRST_YEAR, "last": last}
        )
    return value


# Stored as it can be sent to: NFC, the domain in lower case.
EmailAddress = Annotated[
    str,
    Strict(),
    AfterValidator(_address),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": ADDRESS_LENGTH}),
]
# Stored as it was sent, in NFC: pydantic's own type would rewrite it.
HttpUrl = Annotated[
    str,
    Strict(),
    AfterValidator(_web_address),
    WithJsonSchema({"type": "string", "format": "uri", "maxLength": URL_LENGTH}),
]
MonthDate = Annotated[
    str,
    Strict(),
    AfterValidator(_month),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{_MONTH.pattern}$", "examples": ["2021-03", "2021"]}
    ),
]
