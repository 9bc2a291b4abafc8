"""What a candidate had begun for a job that has closed: to be read and copied, not sent."""

import re
from collections.abc import Iterator

from fastapi import Request, Response

from service.core.filenames import clean_name
from service.domain.submissions.actions import JobClosed
from service.doors.refusals import status_for
from service.web.begun import Begun
from service.web.fields import UNASKED
from service.web.render import page, words

UNSHOWN = {"consent"}
_EVIDENCE = re.compile(r"evidence-([0-9]+)-(.+)")


def show_closed(
    request: Request, begun: Begun, labels: dict[str, str], receipt: str = ""
) -> Response:
    """All words, and the names of all files."""
    uploads = [clean_name(upload.name) for upload in begun.form.uploads]
    return page(
        request,
        "closed.html",
        status=status_for(JobClosed),
        job=begun.job,
        words=list(_words(begun, labels)),
        files=[*(file.name for file in begun.kept), *uploads],
        receipt=receipt,
    )


def _words(begun: Begun, labels: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, values in begun.typed.fields.items():
        text = "\n".join(values).strip()
        if text and name not in UNSHOWN:
            yield labels.get(name) or _label(name), text


def _label(name: str) -> str:
    """`evidence-0-claim` → `Exhibit 1: claim`."""
    if found := _EVIDENCE.fullmatch(name):
        return f"Exhibit {int(found[1]) + 1}: {found[2].replace('_', ' ').replace('-', ' ')}"
    return "A question no longer asked" if name.startswith(UNASKED) else words(name)
