"""What was just done, told once on the page that a form leads to.

A word of ours in the address says what, signed for that page and for a minute: nobody is told
what was not done. Nothing of the address itself is ever shown.
"""

from datetime import timedelta
from urllib.parse import urlencode

from fastapi import Request

from service.core.secrets import LinkInvalid, sign, unsign
from service.doors.tools import tools_of
from service.doors.visit import Visit

WORD = "done"
GOOD_FOR = timedelta(minutes=1)
TELLS = {
    "added": "Your addition is part of your submission now. The team sees it.",
    "assigned": "The reviewer was asked.",
    "changed": "Your changes are saved.",
    "closed": "The job is closed. It takes no more submissions.",
    "confirmed": "It is confirmed, and part of your submission now.",
    "confirmed_by_hand": "The addition is confirmed: it is the newest revision now.",
    "created": "The job is made. It is a draft: candidates see it once you open it.",
    "discussed": "The talk is recorded.",
    "draft_saved": "Your draft is saved.",
    "given_back": "You gave the review back.",
    "given_on": "The review was given to somebody else.",
    "locked": "Your scorecard is locked.",
    "moved": "The submission was moved.",
    "opened": "The job is open. Candidates can send their evidence.",
    "outcome_saved": "The outcome is saved.",
    "password_changed": "Your password is changed. All other browsers are signed out.",
    "password_set": "Your new password is set. Sign in with it.",
    "rejected": "They are rejected, and letters to them are on their way.",
    "reopened": "The submission is open again.",
    "revoked": "The token is revoked.",
    "unsealed": "The scores are open to you. The history says that you looked.",
}
COUNTED = {
    "rejected": (
        "1 rejected, 1 letter is on its way.",
        "{n} rejected, {n} letters are on their way.",
    )
}


def after(visit: Visit, path: str, word: str, count: int = 0) -> str:
    """The path, with what was done."""
    signed = sign(visit.tools.key, _purpose(path.partition("?")[0]), [word, count])
    return f"{path}{'&' if '?' in path else '?'}{urlencode({WORD: signed})}"


def tell(request: Request) -> str:
    """The sentence for the address; none when we did not lead there just now."""
    signed = request.query_params.get(WORD, "")
    if not signed:
        return ""
    try:
        told = unsign(tools_of(request).key, _purpose(request.url.path), signed, GOOD_FOR)
    except LinkInvalid:
        return ""
    match told:
        case [str(word), int(count)]:
            return _sentence(word, count)
    return ""


def _sentence(word: str, count: int) -> str:
    if word in COUNTED and count:
        one, several = COUNTED[word]
        return one if count == 1 else several.format(n=count)
    return TELLS[word]


def _purpose(path: str) -> str:
    return f"done {path}"
