"""A real mail server on loopback, for what the worker sends."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from queue import Queue

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Talk

from service.settings import Mail, Settings

PATIENCE = 30  # seconds, until a test that waits for a letter fails


@dataclass
class Postbox:
    """Keeps what arrives. `answers` are given in turn, then all is well; `on_letter` is told."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    on_letter: Callable[[], None] | None = None
    letters: Queue[EmailMessage] = field(default_factory=Queue)

    async def handle_DATA(  # noqa: N802 - its name in aiosmtpd
        self, _server: SMTP, _talk: Talk, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self.letters.put(message_from_bytes(envelope.content, policy=policy.default))
        if self.on_letter:
            self.on_letter()
        return self.answers.pop(0) if self.answers else "250 OK"

    def next(self) -> EmailMessage:
        return self.letters.get(timeout=PATIENCE)

    def settings(self, settings: Settings) -> Settings:
        """The same, with letters sent here."""
        mail = Mail(host="127.0.0.1", port=self.port, security="none", timeout=5)
        return settings.model_copy(update={"mail": mail})


def text_of(letter: EmailMessage) -> str:
    """What it says, with the line ends of the wire taken away."""
    return str(letter.get_content()).replace("\r\n", "\n")


@contextmanager
def open_postbox() -> Iterator[Postbox]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    postbox = Postbox(port)
    controller = Controller(postbox, hostname="127.0.0.1", port=port, server_hostname="mx")
    controller.start()
    try:
        yield postbox
    finally:
        controller.stop()
