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
from service.domain.submissions.queries import link_token
from service.domain.submissions.tables import Draft, LinkPurpose, MailedLink
from service.doors.tools import Tools
from service.settings import Settings
from service.worker.work import Effect, Hopeless

RESET_PAGE = "reset-password"
PAGES = {
    LinkPurpose.STATUS: "status",
    LinkPurpose.CONFIRM: "confirm",
    LinkPurpose.WITHDRAW: "withdraw",
    LinkPurpose.DRAFT: "drafts",
}
LINK = re.compile(
    rf"/({'|'.join([*PAGES.values(), RESET_PAGE])})"
    r"/\[([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\]"
)
# The one kind of link that each letter of the worker's own may hold; other letters hold none.
LINK_OF = {
    "thanks": "status",
    "status_link": "status",
    "confirm": "confirm",
    "withdraw": "withdraw",
    "draft_link": "drafts",
    "password_reset": RESET_PAGE,
    "welcome": RESET_PAGE,
}


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
            return None  # erased with the person, or sent by one that was slower than its lease
        text = fill_links(session, tools.key, message)
    try:
        open_mailer(tools.settings).send(write_letter(tools.settings, message, text))
    except (MailRefused, ValueError) as error:
        words = str(error) if isinstance(error, MailRefused) else "this cannot be put into a letter"
        raise Hopeless(words) from error
    return lambda session: mark_sent(session, SYSTEM, session.get_one(Message, message.id))


def note_failure(session: Session, task: Task, error: str) -> None:
    message = session.get(Message, UUID(str(task.payload["message_id"])))
    if message is not None:
        mark_failed(session, SYSTEM, message, error)


def write_letter(settings: Settings, message: Message, text: str) -> Letter:
    """The letter as it leaves; its Message-ID is the same on every try."""
    site = urlsplit(settings.site).hostname or "localhost"
    host = re.sub(r"[^A-Za-z0-9.-]", "-", site)
    return Letter(
        to=message.recipient,
        subject=message.subject,
        text=text,
        message_id=message.message_id.replace("@exhibit>", f"@{host}>"),
        sender=str(Address(settings.company.name, addr_spec=settings.mail.sender)),
    )


def fill_links(session: Session, key: str, message: Message) -> str:
    """The text with the secret part put into its link: derived from the key, stored nowhere.

    Titles and names in a letter are people's words: a link that they hold stays as it is, unless
    it is of this letter's kind and of its own receiver.
    """
    return LINK.sub(lambda found: _filled(session, key, message, found), message.text)


def _filled(session: Session, key: str, message: Message, found: re.Match[str]) -> str:
    page, id = found[1], UUID(found[2])
    if LINK_OF.get(message.kind) != page:
        return found[0]
    if page == RESET_PAGE:
        return f"/{page}/{sign(key, 'password_reset', str(id))}"
    link = session.get(MailedLink, id)
    if link is None or PAGES[link.purpose] != page or not _is_of(session, link, message):
        return found[0]
    return f"/{page}/{link_token(key, link)}"


def _is_of(session: Session, link: MailedLink, message: Message) -> bool:
    if link.draft_id:
        draft = session.get(Draft, link.draft_id)
        return draft is not None and draft.email.lower() == message.recipient.lower()
    return link.submission_id == message.submission_id
