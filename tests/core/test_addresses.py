"""Addresses and months a person may send."""

import time

import pytest
from pydantic import TypeAdapter, ValidationError

from service.core.clock import utc_now
from service.core.words import EmailAddress, HttpUrl, MonthDate, email_key

EMAIL: TypeAdapter[str] = TypeAdapter(EmailAddress)
URL: TypeAdapter[str] = TypeAdapter(HttpUrl)
MONTH: TypeAdapter[str] = TypeAdapter(MonthDate)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("ada@example.com", "ada@example.com"),
        ("A.B+tag@Gmail.com", "A.B+tag@gmail.com"),
        ("o'neil@example.co.uk", "o'neil@example.co.uk"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        ("ada@B\u00fccher.de", "ada@b\u00fccher.de"),
        ("\u0430@example.com", "\u0430@example.com"),
        ("a@ex\u0430mple.com", "a@ex\u0430mple.com"),
    ],
)
def test_an_address_is_stored_as_it_can_be_sent_to(sent: str, stored: str) -> None:
    assert EMAIL.validate_python(sent) == stored


@pytest.mark.parametrize(
    "sent",
    ["", "ada", "a@", "@b.de", '"a b"@example.com', "a@[127.0.0.1]", "a@127.0.0.1", "a@localhost",
     "a@example.com\n", "a@example.com\r\nBcc: b@example.com", "a@x.com,b@x.com", "a@x.com b@x.com",
     "Ada <a@x.com>", "a\u200b@x.com", "a\u202e@x.com", "a\x00@x.com", "a..b@x.com", "a@x",
     "a@-x.com", f"{'a' * 65}@x.com", f"a@{'b.' * 130}com", "\ud800@x.com", 7, None],
)  # fmt: skip
def test_what_is_no_single_address_is_refused(sent: object) -> None:
    with pytest.raises(ValidationError) as refused:
        EMAIL.validate_python(sent)

    assert "x.com" not in refused.value.errors()[0]["msg"]


def test_an_address_may_be_254_long() -> None:
    longest = "a" * 64 + "@" + ".".join(["b" * 63, "c" * 63, "d" * 57]) + ".com"

    assert len(EMAIL.validate_python(longest)) == 254
    with pytest.raises(ValidationError):
        EMAIL.validate_python(longest.replace("d.com", "dd.com"))


def test_one_mailbox_has_one_key_and_look_alikes_have_others() -> None:
    assert email_key("Ada@EXAMPLE.com") == email_key("ada@example.com") == "ada@example.com"
    assert email_key("a@Bücher.de") == email_key("a@xn--bcher-kva.de") == "a@xn--bcher-kva.de"
    assert email_key("JOSE\u0301@example.com") == email_key("josé@example.com")
    apart = ["A.B+tag@Gmail.com", "ab@gmail.com", "a@example.com", "а@example.com",
             "a@exаmple.com", "ﬁ@x.com", "fi@x.com"]  # fmt: skip
    assert len({email_key(address) for address in apart}) == len(apart)


@pytest.mark.parametrize(
    "sent",
    ["https://example.com", "http://Example.com:8080/A/../b?q=1&x=%20#f", "https://example.com/ü",
     "https://bücher.de/", "https://[2001:db8::1]/", "https://x.com/@handle", "HTTPS://x.com",
     "https://x.com/" + "a" * 1986],
)  # fmt: skip
def test_a_web_address_is_stored_as_it_was_sent(sent: str) -> None:
    assert URL.validate_python(sent) == sent


@pytest.mark.parametrize(
    "sent",
    ["", "example.com", "//example.com", "https://", "https:///path", "https:example.com",
     "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://x.com", "gopher://x",
     "https://user@x.com", "https://user:pw@x.com", "https://good.com\\@127.0.0.1", "https://@x.com",
     "https://x.com/a b", "https://x.com/\n", " https://x.com", "https://x.com\t", "https://x\x00.com",
     "https://x.com/\u202e", "https://x.com:99999/", "https://x.com:0/", "https://x.com:a/",
     "https://x.com:/", "https://[::1", "https://x.com/\ud800", "https://x.com/" + "a" * 1987, 7],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(sent: object) -> None:
    with pytest.raises(ValidationError):
        URL.validate_python(sent)


@pytest.mark.parametrize("sent", ["1950", "1950-01", "2021-12", str(utc_now().year + 1)])
def test_a_month_or_a_year_is_taken(sent: str) -> None:
    assert MONTH.validate_python(sent) == sent


@pytest.mark.parametrize(
    "sent",
    ["", "1949", "1949-12", str(utc_now().year + 2), "2021-13", "2021-00", "2021-1", "21-01",
     "2021-03-01", "2021-03\n", "٢٠٢١", "2021/03", "March 2021", 2021, None],
)  # fmt: skip
def test_what_is_no_month_is_refused(sent: object) -> None:
    with pytest.raises(ValidationError):
        MONTH.validate_python(sent)


def test_the_worst_addresses_are_judged_fast() -> None:
    began = time.monotonic()
    for worst in ("a." * 50_000 + "@x.com", "@" * 10**5, "https://" + "[" * 10**5, "-" * 10**5):
        for adapter in (EMAIL, URL, MONTH):
            with pytest.raises(ValidationError):
                adapter.validate_python(worst)

    assert time.monotonic() - began < 0.5
