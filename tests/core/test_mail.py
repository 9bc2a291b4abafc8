"""Letters through a real SMTP server on loopback, and into a folder."""

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from service.core.mail import FolderMailer, Letter, MailFailed, MailRefused, SmtpMailer, compose
from tests.syncs import watched

ID = "<0190.thanks@exhibit.example>"


def letter(**changed: Any) -> Letter:
    fields: dict[str, Any] = {
        "to": "ada@example.com", "subject": "Thank you, Ada 🎉", "text": "Hello Ådä,\n\n.\nbye\n",
        "message_id": ID, "sender": "Exhibit Häuser <jobs@example.org>",
    }  # fmt: skip
    return Letter(**fields | changed)


class Postbox:
    """Keeps what arrives; answers with `says` where one is set."""

    def __init__(self, **says: str) -> None:
        self.says = says
        self.arrived: list[Envelope] = []

    async def handle_MAIL(  # noqa: N802 - its name in aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.says.get("mail", "250 OK")

    async def handle_RCPT(  # noqa: N802 - its name in aiosmtpd
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.says.get("rcpt", "250 OK")

    async def handle_DATA(  # noqa: N802 - its name in aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.arrived.append(envelope)
        return self.says.get("data", "250 OK")

    def message(self) -> EmailMessage:
        [envelope] = self.arrived
        assert isinstance(envelope.content, bytes)
        return message_from_bytes(envelope.content, policy=policy.default)


@contextmanager
def server(postbox: Postbox, **options: Any) -> Iterator[SmtpMailer]:
    """A running mail server, and a mailer that talks to it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        postbox, hostname="127.0.0.1", port=port, server_hostname="mx", **options
    )
    controller.start()
    try:
        yield SmtpMailer("127.0.0.1", port, "none", timeout=5)
    finally:
        controller.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and its key in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "loopback.pem"
    path.write_bytes(made.public_bytes(pem) + private)
    return path


@pytest.fixture(scope="session")
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_letter_arrives_as_it_was_written() -> None:
    postbox = Postbox()
    with server(postbox) as mailer:
        mailer.send(letter(html="<p>Hello Ådä</p>", reply_to="r@example.org", headers={"X-A": "b"}))

    got = postbox.message()
    plain, html = got.get_body(("plain",)), got.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == "Hello Ådä,\n\n.\nbye\n"
    assert html.get_content().strip() == "<p>Hello Ådä</p>"
    assert dict(got.items()) | {"Date": "", "Content-Type": ""} == {
        "From": "Exhibit Häuser <jobs@example.org>", "To": "ada@example.com", "Date": "",
        "Subject": "Thank you, Ada 🎉", "Message-ID": ID, "Auto-Submitted": "auto-generated",
        "Reply-To": "r@example.org", "X-A": "b", "MIME-Version": "1.0", "Content-Type": "",
    }  # fmt: skip
    assert abs(got["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=1)
    assert postbox.arrived[0].mail_from == "jobs@example.org"
    assert postbox.arrived[0].rcpt_tos == ["ada@example.com"]


def test_a_long_link_arrives_whole() -> None:
    link = "https://exhibit.example/status/" + "t" * 1500
    postbox = Postbox()
    with server(postbox) as mailer:
        mailer.send(letter(text=f"See {link}\n"))

    assert postbox.message().get_content().replace("\r\n", "\n") == f"See {link}\n"


@pytest.mark.parametrize("name", ["to", "subject", "sender", "reply_to", "message_id"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\x85", "\u2028"])
def test_no_text_begins_a_header_of_its_own(name: str, end: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        letter(**{name: f"x{end}Bcc: eve@example.com"})


@pytest.mark.parametrize(
    "headers", [{"X-A": "b\r\nBcc: e@e.e"}, {"Bcc": "e@e.e"}, {"X-A\nBcc": "e"}]
)
def test_no_extra_header_is_smuggled(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="header"):
        letter(headers=headers)


@pytest.mark.parametrize("message_id", ["", "a@b", "<a b@c>", "<a>", "<a@b><c@d>"])
def test_a_message_id_is_well_formed(message_id: str) -> None:
    with pytest.raises(ValueError, match="message id"):
        letter(message_id=message_id)


@pytest.mark.parametrize(
    ("says", "kind", "words"),
    [
        ({"rcpt": "550 5.1.1 <ada@example.com> unknown"}, MailRefused, "550 5.1.1 <…> unknown"),
        ({"rcpt": "553 no"}, MailRefused, "553"),
        ({"rcpt": "450 greylisted"}, MailFailed, "450"),
        ({"mail": "550 not your sender"}, MailFailed, "our sender"),
        ({"mail": "451 later"}, MailFailed, "our sender"),
        ({"data": "554 spam"}, MailRefused, "554 spam"),
        ({"data": "452 full"}, MailFailed, "452"),
        ({"data": "530 sign in"}, MailFailed, "530"),
    ],
)
def test_an_answer_is_final_or_worth_another_try(
    says: dict[str, str], kind: type[Exception], words: str
) -> None:
    with server(Postbox(**says)) as mailer, pytest.raises(kind) as failed:
        mailer.send(letter())

    assert words in str(failed.value)
    assert "ada@" not in str(failed.value)


def test_an_address_beyond_ascii_needs_a_server_that_can() -> None:
    able, unable = Postbox(), Postbox()
    with server(able, enable_SMTPUTF8=True) as mailer:
        mailer.send(letter(to="ådä@bücher.example"))
    with (
        server(unable, enable_SMTPUTF8=False) as mailer,
        pytest.raises(MailRefused, match="beyond ASCII"),
    ):
        mailer.send(letter(to="ådä@example.com"))

    assert able.arrived[0].rcpt_tos == ["ådä@xn--bcher-kva.example"]
    assert unable.arrived == []


def test_a_domain_beyond_ascii_needs_nothing_special() -> None:
    postbox = Postbox()
    with server(postbox, enable_SMTPUTF8=False) as mailer:
        mailer.send(letter(to="ada@bücher.example"))

    assert postbox.arrived[0].rcpt_tos == ["ada@xn--bcher-kva.example"]


def test_what_is_no_address_is_refused_for_good() -> None:
    with pytest.raises(MailRefused):
        compose(letter(to="a@b.com, c@d.com"))


def test_a_server_out_of_reach_is_worth_another_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(MailFailed, match="cannot be reached"):
            SmtpMailer("127.0.0.1", port, "none", timeout=0.2).send(letter())
    with pytest.raises(MailFailed, match="cannot be reached"):
        SmtpMailer("127.0.0.1", port, "none", timeout=0.2).send(letter())


class Silent(Postbox):
    """Takes the letter, and never says so."""

    async def handle_DATA(  # noqa: N802 - its name in aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.arrived.append(envelope)
        await asyncio.Event().wait()
        return ""


def test_a_letter_of_which_nobody_knows_goes_again_under_the_same_id() -> None:
    arrived = []
    for postbox in (Silent(), Postbox()):
        with server(postbox) as mailer, suppress(MailFailed):
            replace(mailer, timeout=0.5).send(letter())
            assert type(postbox) is Postbox
        arrived.append(postbox.message()["Message-ID"])

    assert arrived == [letter().message_id] * 2


def accounts(
    _server: SMTP, _session: Session, _envelope: Envelope, kind: str, data: Any
) -> AuthResult:
    assert kind in ("PLAIN", "LOGIN")
    return AuthResult(success=(data.login, data.password) == (b"jobs", b"right"), handled=False)


def test_starttls_with_a_verified_certificate_and_a_sign_in(
    tls: ssl.SSLContext, certificate: Path
) -> None:
    postbox = Postbox()
    options = {"tls_context": tls, "require_starttls": True, "authenticator": accounts}
    with server(postbox, **options) as plain:
        fields: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": plain.port,
            "timeout": 5,
            "ca_file": certificate,
        }
        SmtpMailer(**fields, user="jobs", password="right").check()
        SmtpMailer(**fields, user="jobs", password="right").send(letter())
        with pytest.raises(MailFailed, match="sign-in"):
            SmtpMailer(**fields, user="jobs", password="wrong").send(letter())
        with pytest.raises(MailFailed, match=r"(?i)certificate"):
            SmtpMailer("127.0.0.1", plain.port, "starttls", timeout=5).send(letter())

    assert len(postbox.arrived) == 1
    assert "right" not in repr(SmtpMailer("h", 1, password="right"))


def test_starttls_taken_out_on_the_way_sends_nothing_in_clear() -> None:
    postbox = Postbox()
    with (
        server(postbox) as plain,
        pytest.raises(MailFailed, match="does not offer STARTTLS"),
    ):
        SmtpMailer("127.0.0.1", plain.port, "starttls", "jobs", "secret", timeout=5).send(letter())

    assert postbox.arrived == []


def test_tls_from_the_first_byte(tls: ssl.SSLContext, certificate: Path) -> None:
    postbox = Postbox()
    with server(postbox, ssl_context=tls) as plain:
        mailer = SmtpMailer("127.0.0.1", plain.port, "tls", timeout=5, ca_file=certificate)
        mailer.send(letter())
        with pytest.raises(MailFailed, match=r"(?i)certificate"):
            SmtpMailer("127.0.0.1", plain.port, "tls", timeout=5).send(letter())

    assert len(postbox.arrived) == 1


def test_a_folder_takes_letters_that_a_person_can_read(tmp_path: Path) -> None:
    mailer = FolderMailer(tmp_path / "mail")
    mailer.send(letter(text="Hello Ådä, see https://exhibit.example/" + "x" * 200, html="<p>Å</p>"))
    mailer.send(letter(message_id="<../../etc/passwd@x>", to="ådä@example.com"))

    first, second = sorted((tmp_path / "mail").iterdir())
    assert first.name.endswith("Z-0190.thanks.eml") or first.name.endswith("-0190.thanks.eml")
    assert second.name.endswith("-....etcpasswd.eml")
    text = first.read_text()
    assert "Subject: Thank you, Ada 🎉\n" in text
    assert "Hello Ådä, see https://exhibit.example/" + "x" * 200 in text
    assert first.stat().st_mode & 0o777 == 0o600
    parsed = message_from_bytes(first.read_bytes(), policy=policy.default)
    assert (parsed["to"], parsed["message-id"]) == ("ada@example.com", ID)


def test_a_letter_in_a_folder_survives_a_power_cut(tmp_path: Path) -> None:
    with watched() as seen:
        FolderMailer(tmp_path / "mail").send(letter())

    [name] = (path.name for path in (tmp_path / "mail").iterdir())
    assert re.fullmatch(r"fsync \.[0-9a-f]{32}", seen[0])  # its name aside
    assert seen[1:] == [f"replace {name}", "fsync mail", f"fsync {tmp_path.name}"]


def test_a_folder_that_cannot_be_written_is_worth_another_try(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file stands here")

    with pytest.raises(MailFailed):
        FolderMailer(tmp_path / "mail").send(letter())
