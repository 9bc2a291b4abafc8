"""What a mailed link shows when it is over: never a dead end, and nothing about anybody."""

from dataclasses import dataclass

from fastapi import Request, Response

from service.domain.submissions.queries import LinkEnded
from service.domain.submissions.tables import LinkPurpose
from service.web.render import message

GONE = 410


@dataclass(frozen=True)
class Words:
    title: str
    text: str
    back: str = "/status"
    back_words: str = "Mail me a fresh link to my submission"


OVER = {
    LinkPurpose.STATUS: Words(
        "This link is over",
        "A newer link has taken its place, or its time has passed. What you sent is not touched.",
    ),
    LinkPurpose.CONFIRM: Words(
        "This link is over",
        "Its time has passed, or what it was about was settled otherwise. Your submission shows "
        "what holds now, and what still waits for you.",
    ),
    LinkPurpose.WITHDRAW: Words(
        "This link is over",
        "A link to withdraw is good for one day and once. Open your submission and ask for a "
        "new one there.",
    ),
    LinkPurpose.DRAFT: Words(
        "What you began is no longer here",
        "It was sent meanwhile, or untouched for so long that it was removed. If you sent it, "
        "a mail tells you so.",
    ),
}
DONE = {
    LinkPurpose.CONFIRM: Words(
        "This was confirmed already",
        "It is part of your submission. You need not do anything.",
    ),
    LinkPurpose.WITHDRAW: Words(
        "Your submission is withdrawn already",
        "You need not do anything. You are welcome to send us something again.",
        "/",
        "Open jobs",
    ),
}
RESET_OVER = Words(
    "This link is over",
    "A link to a new password is good for an hour and once.",
    "/reset-password",
    "Mail me a new link",
)


def show_ended(request: Request, ended: LinkEnded) -> Response:
    """Who holds a signed link was sent it by us, so it may be said what became of it."""
    return tell_ended(request, DONE[ended.purpose] if ended.is_done else OVER[ended.purpose])


def tell_ended(request: Request, words: Words) -> Response:
    return message(
        request,
        words.title,
        words.text,
        status=GONE,
        back=words.back,
        back_words=words.back_words,
    )
