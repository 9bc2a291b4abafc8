"""What was just done, told once on the page that a form leads to.

A word of ours in the address says what; nothing of the address itself is ever shown.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

WORD, COUNT = "done", "count"
LONGEST_COUNT = 3  # digits
TELLS = {
    "added": "Your addition is part of your submission now. The team sees it.",
    "assigned": "The reviewer was asked.",
    "changed": "Your changes are saved.",
    "closed": "The job is closed. It takes no more submissions.",
    "confirmed": "It is confirmed, and part of your submission now.",
    "confirmed_by_hand": "The addition is confirmed: it is the newest revision now.",
    "created": "The job is made. It is a draft: candidates see it once you open it.",
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


def after(path: str, word: str, count: int = 0) -> str:
    """The path, with what was done."""
    asked: dict[str, object] = {WORD: word} | ({COUNT: count} if count else {})
    return f"{path}{'&' if '?' in path else '?'}{urlencode(asked)}"


def tell(query: Mapping[str, str]) -> str:
    """The sentence for an address; none when it says nothing that we know."""
    word, text = query.get(WORD, ""), query.get(COUNT, "")
    count = int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_COUNT else 0
    if word in COUNTED and count:
        one, several = COUNTED[word]
        return one if count == 1 else several.format(n=count)
    return TELLS.get(word, "")
