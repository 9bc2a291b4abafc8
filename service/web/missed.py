"""Files that were chosen and are not there: nobody sends without them unawares."""

from service.doors.forms import Form
from service.web.fields import KEPT, MISSED, WITHOUT
from service.web.typed import Typed

CHOOSE_AGAIN = "A file that you chose was not kept: choose it again, or say to send without it."
SWEPT = (
    "What was kept for you was deleted {days} days after you last changed it, and the files with "
    "it. Every word is still here: choose the files again, or say to send without them."
)


def missed_in(form: Form) -> list[tuple[str, str]]:
    """Place and name of each that a page said was not kept, and that is still wanted."""
    waived = form.get_all(WITHOUT)
    parts = [one.partition("/") for one in form.get_all(MISSED) if one not in waived]
    return [(place, name) for place, _slash, name in parts]


def kept_in(form: Form) -> list[tuple[str, str]]:
    """Place and name of each that a page said was kept, and that is still wanted."""
    parts = [one.split("/", 2) for one in form.get_all(KEPT) if one.count("/") > 1]
    dropped = form.get_all("drop")
    return [(place, name) for id, place, name in parts if id not in dropped]


def ask_for_missed(typed: Typed) -> None:
    """Ask for each again beside its field, unless something was said there before."""
    said = {place for place, _text in typed.found}
    for place in dict.fromkeys(place for place, _name in typed.missed):
        if place not in said:
            typed.found.append((place, CHOOSE_AGAIN))
