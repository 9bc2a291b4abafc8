"""Letters on their way: each is sent outside any transaction, then noted as sent."""

import re
from email.headerregistry import Address
from urllib.parse import urlsplit
from uuid import UUID

from sqlmodel import Session

from service.core.mail import FolderMailer, Letter, Mailer, MailRefused, SmtpMailer
from service.core.outbox import Task
from service.core.secrets import sign
from service.domain.accounts.actor import SYSTEM
from service.domain.messages.actions import mark_failed, mark_sent
from service.domain.messages.tables import Message, MessageState
from service.doors.tools import Tools
from service.settings import Settings
from service.worker.work import Effect, Hopeless

# The page a link leads to, and what its token is signed for.
PURPOSES = {
    "status": "link status",
    "confirm": "link confirm",
    "withdraw": "link withdraw",
    "drafts": "link draft",
    "reset-password": "password_reset",
}
LINK = re.compile(rf"/({'|'.join(PURPOSES)})/\[([0-9a-f-]{{36}})\]")
# Only what the worker wrote itself is filled in: in other letters a link is a person's words.
FILLED = {"thanks", "confirm", "withdraw", "status_link", "draft_link", "password_reset"}


def open_mailer(settings: Settings) -> Mailer:
    """By SMTP when a server is set, else into the folder `mail`."""
    mail = settings.mail
    if not mail.host:
        return FolderMailer(settings.data_dir / "mail")
    return SmtpMailer(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        user=mail.user,
        password=mail.password.get_secret_value(),
        timeout=mail.timeout,
    )


def stored_link(settings: Settings, page: str, id: UUID) -> str:
    """A link as it stands in a stored letter: readable, and without its secret part."""
    return f"{settings.site}/{page}/[{id}]"


def send_message(tools: Tools, task: Task) -> Effect | None:
    """Send the letter, unless that was done. Raises Hopeless, MailFailed."""
    with tools.database.read() as session:
        message = session.get(Message, UUID(str(task.payload["message_id"])))
    if message is None or message.state is MessageState.SENT:
        return None  # erased with the person, or sent by a worker that was slower than its lease
    try:
        open_mailer(tools.settings).send(write_letter(tools, message))
    except (MailRefused, ValueError) as error:
        words = str(error) if isinstance(error, MailRefused) else "this cannot be put into a letter"
        raise Hopeless(words) from error
    return lambda session: mark_sent(session, SYSTEM, session.get_one(Message, message.id))


def note_failure(session: Session, task: Task, error: str) -> None:
    message = session.get(Message, UUID(str(task.payload["message_id"])))
    if message is not None:
        mark_failed(session, SYSTEM, message, error)


def write_letter(tools: Tools, message: Message) -> Letter:
    """The letter as it leaves; its Message-ID is the same on every try."""
    settings = tools.settings
    site = urlsplit(settings.site).hostname or "localhost"
    host = re.sub(r"[^A-Za-z0-9.-]", "-", site)
    return Letter(
        to=message.recipient,
        subject=message.subject,
        text=fill_links(tools.key, message.text) if message.kind in FILLED else message.text,
        message_id=message.message_id.replace("@exhibit>", f"@{host}>"),
        sender=str(Address(settings.company.name, addr_spec=settings.mail.sender)),
    )


def fill_links(key: str, text: str) -> str:
    """Put the secret part into each link. It is derived from the key, and stored nowhere."""
    return LINK.sub(lambda link: f"/{link[1]}/{sign(key, PURPOSES[link[1]], link[2])}", text)
