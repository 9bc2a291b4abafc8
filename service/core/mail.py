"""Letters, and the two ways they leave: by SMTP, or into a folder of readable files."""

import os
import re
import smtplib
import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import localtime
from pathlib import Path
from typing import Literal, Protocol
from uuid import uuid4

from email_validator import EmailNotValidError, validate_email

from service.core.clock import utc_now
from service.core.durable import sync

Security = Literal["none", "starttls", "tls"]
LONGEST_LINE = 998  # RFC 5322 §2.1.1, octets

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HEADER_NAME = re.compile(r"(X-[A-Za-z0-9-]+|List-[A-Za-z-]+|In-Reply-To|References)")


class MailFailed(Exception):
    """Not sent, and worth another try later. The words never name the recipient."""


class MailRefused(Exception):
    """Not sent, and no later try can help (SMTP 5xx). The words never name the recipient."""


@dataclass(frozen=True)
class Letter:
    """One letter to one person. `message_id` (`<…@…>`) stays the same over all tries.

    `sender` may be `Name <address>`. Raises ValueError when a header would hold a control
    character, so that no text can begin a header of its own.
    """

    to: str
    subject: str
    text: str
    message_id: str
    sender: str
    html: str | None = None
    reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = [self.to, self.subject, self.message_id, self.sender, self.reply_to or ""]
        if any(_CONTROL.search(value) for value in [*values, *self.headers.values()]):
            raise ValueError("A header of a letter may not hold control characters.")
        if not all(_HEADER_NAME.fullmatch(name) for name in self.headers):
            raise ValueError("This header is not for a letter's writer to set.")
        if not re.fullmatch(r"<[!-;=?-~]+@[!-;=?-~]+>", self.message_id):
            raise ValueError("A message id is written <left@right>.")


class Mailer(Protocol):
    def send(self, letter: Letter) -> None:
        """Raises MailFailed (try again) or MailRefused (do not)."""


@dataclass(frozen=True)
class FolderMailer:
    """For a machine without a mail server: each letter becomes a readable `.eml` file."""

    folder: Path

    def send(self, letter: Letter) -> None:
        message = compose(letter, readable=True)
        made = re.sub(r"[^A-Za-z0-9._-]", "", letter.message_id.partition("@")[0])[:80]
        name = f"{utc_now():%Y%m%dT%H%M%S.%f}-{made}.eml"
        aside = self.folder / f".{uuid4().hex}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            aside.touch(mode=0o600, exist_ok=False)
            with aside.open("wb") as file:
                file.write(message.as_bytes(policy=SMTPUTF8.clone(linesep="\n")))
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self.folder / name)
            sync(self.folder)
            sync(self.folder.parent)  # it may have been made just now
        except OSError as error:
            raise MailFailed(f"the folder for mail cannot be written: {error.strerror}") from error


@dataclass(frozen=True)
class SmtpMailer:
    """By SMTP, each letter on a connection of its own.

    TLS is verified against the system's certificates, or those in `ca_file`; `starttls` insists
    on it. `timeout` is seconds for each step of the talk.
    """

    host: str
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 20
    ca_file: Path | None = None

    def send(self, letter: Letter) -> None:
        message = compose(letter)
        with _verdict(letter.to), self._connected() as server:
            server.send_message(message)

    def check(self) -> None:
        """Connect and sign in, send nothing. Raises MailFailed with the reason."""
        with _verdict(""), self._connected() as server:
            server.noop()

    @contextmanager
    def _connected(self) -> Generator[smtplib.SMTP]:
        context = ssl.create_default_context(cafile=self.ca_file)
        server: smtplib.SMTP
        if self.security == "tls":
            server = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            server.ehlo()
            if self.security == "starttls":
                self._start_tls(server, context)
            if self.user:
                server.login(self.user, self.password)
            yield server
            with suppress(smtplib.SMTPException, OSError):
                server.quit()  # the letter is taken, whatever happens to the good-bye
        finally:
            server.close()

    def _start_tls(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        if not server.has_extn("starttls"):
            raise MailFailed("the mail server does not offer STARTTLS; nothing was sent in clear")
        server.starttls(context=context)
        server.ehlo()


def compose(letter: Letter, *, readable: bool = False) -> EmailMessage:
    """The letter as a message; `readable` leaves its text unencoded where lines allow it."""
    message = EmailMessage(policy=SMTP)
    message["From"] = letter.sender
    message["To"] = _sendable(letter.to)
    message["Subject"] = letter.subject
    message["Date"] = localtime(utc_now())
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    if letter.reply_to:
        message["Reply-To"] = letter.reply_to
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text, cte=_encoding(letter.text, readable))
    if letter.html is not None:
        encoding = _encoding(letter.html, readable)
        message.add_alternative(letter.html, subtype="html", cte=encoding)
    return message


def _encoding(text: str, readable: bool) -> str:
    fits = all(len(line.encode()) <= LONGEST_LINE for line in text.splitlines())
    return "8bit" if readable and fits else "quoted-printable"


def _sendable(address: str) -> Address:
    """With the domain in ASCII, so that only a non-ASCII local part asks for SMTPUTF8."""
    try:
        valid = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise MailRefused("this is no address that mail can be sent to") from error
    return Address(username=valid.local_part, domain=valid.ascii_domain)


@contextmanager
def _verdict(recipient: str) -> Generator[None]:
    """What went wrong with the server, as one of our two answers."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise MailFailed(f"the mail server refused our sign-in ({error.smtp_code})") from error
    except smtplib.SMTPConnectError as error:
        raise MailFailed(f"the mail server turned us away ({error.smtp_code})") from error
    except smtplib.SMTPSenderRefused as error:  # about us, not about the recipient
        raise MailFailed(f"the mail server refused our sender ({error.smtp_code})") from error
    except smtplib.SMTPRecipientsRefused as error:
        [(code, words)] = error.recipients.values()
        raise _answered(code, words, recipient) from error
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code, error.smtp_error, recipient) from error
    except smtplib.SMTPNotSupportedError as error:
        if recipient.isascii():  # then it is the sign-in it cannot do
            raise MailFailed("the mail server does not offer what the settings ask for") from error
        raise MailRefused("the mail server cannot reach addresses beyond ASCII") from error
    except (smtplib.SMTPException, OSError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise MailFailed(f"the mail server cannot be reached: {reason}") from error


def _answered(code: int, words: bytes | str, recipient: str) -> MailFailed | MailRefused:
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    said = " ".join(said.replace(recipient, "…").split())[:200]
    permanent = 500 <= code < 600 and code != 530  # noqa: PLR2004 - 530: sign in first, our settings
    kind = MailRefused if permanent else MailFailed
    return kind(f"the mail server answered {code} {said}")
