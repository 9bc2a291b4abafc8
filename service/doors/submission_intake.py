"""The public door for submissions: what came in a body, who may knock how often, what is agreed."""

import hashlib
import unicodedata
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import ValidationError

from service.core.errors import Fault, Invalid, Unsupported
from service.core.secrets import LinkInvalid, sign, unsign
from service.core.strict_json import strict_json
from service.domain.jobs.tables import Question
from service.domain.submissions.actions.answers import find_answers
from service.domain.submissions.inputs import SILENT, SubmissionInput
from service.domain.submissions.queries import receipt_token
from service.domain.submissions.tables import Draft
from service.doors.forms import (
    KEY_FIELD,
    Form,
    kind_of,
    note_content,
    read_bounded,
    read_form,
)
from service.doors.multipart import FilesTooLarge, TooManyFiles, in_words
from service.doors.refusals import faults_of
from service.doors.submission_forms import content_of_form, place_names
from service.doors.tools import Tools, tools_of
from service.settings import Settings

JSON_PART = "submission"
FILES_PART = "files"
INVITED_FOR = timedelta(days=31)
HONEYPOT = "leave_empty"  # hidden from people; programs that fill in everything fill it in
BESIDE = (KEY_FIELD, HONEYPOT)
CONSENT = (
    "{company} may keep what I send and use it to decide about this job. "
    "I can take my submission back and ask for its erasure at any time."
)


class SubmissionMalformed(Invalid):
    code = "submission_invalid"
    message = "Something is missing or cannot be used. See the errors."


@dataclass(frozen=True)
class Sent:
    """What came, not yet checked: a form, and the JSON when it came as JSON."""

    form: Form = field(default_factory=Form)
    json: object = None
    is_json: bool = False

    @property
    def is_trapped(self) -> bool:
        return bool(self.form.get(HONEYPOT))

    @property
    def places(self) -> list[str]:
        """What the content mentions each upload by."""
        if self.is_json:
            return [unicodedata.normalize("NFC", upload.name) for upload in self.form.uploads]
        return place_names([upload.field for upload in self.form.uploads])


async def read_sent(request: Request) -> Sent:
    """JSON; or a form with one JSON part and files; or a form with plain fields.

    Raises what `strict_json` and `read_form` raise, and Unsupported.
    """
    limits = tools_of(request).settings.limits
    kind = kind_of(request.headers.get("content-type", ""))
    if kind == "application/json":
        body = await read_bounded(request, limits.json_bytes)
        note_content(request, "", [hashlib.sha256(body).hexdigest()])
        return Sent(json=strict_json(body), is_json=True)
    if kind not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise Unsupported(accepted="application/json or multipart/form-data")
    form = await read_form(request, limits)
    try:
        if JSON_PART not in form:
            return Sent(form)
        _refuse_others(form)
        return Sent(form, strict_json(form.get(JSON_PART).encode()), is_json=True)
    except BaseException:
        form.close()
        raise


async def _sent(request: Request) -> AsyncIterator[Sent]:
    sent = await read_sent(request)
    try:
        yield sent
    finally:
        sent.form.close()


SentHere = Annotated[Sent, Depends(_sent)]


def read_content(sent: Sent, questions: Sequence[Question]) -> SubmissionInput:
    """Raises SubmissionMalformed with a JSON pointer for each thing wrong."""
    if sent.is_json:
        return checked_input(sent.json, questions)
    uploads = [upload.field for upload in sent.form.uploads]
    read = content_of_form(sent.form.fields, uploads, questions, beside=BESIDE)
    return checked_input(read.content, questions, read.faults)


def checked_input(
    raw: object, questions: Sequence[Question], faults: Sequence[Fault] = ()
) -> SubmissionInput:
    """Raises SubmissionMalformed: with `faults`, and with all that is wrong in `raw` itself."""
    found = list(faults)
    try:
        content = SubmissionInput.model_validate(raw)
    except ValidationError as error:
        found += faults_of(error.errors(include_url=False, include_input=False))
    if found:
        raise SubmissionMalformed(faults=[*found, *_later_faults(raw, questions, found)])
    return content


def _later_faults(
    raw: object, questions: Sequence[Question], found: Sequence[Fault]
) -> Sequence[Fault]:
    """What is looked at only when all else is right: told now, so that nobody is refused twice."""
    if not isinstance(raw, Mapping):
        return ()
    pieces, answers = raw.get("evidence"), raw.get("answers") or {}
    rows = [row for row in pieces if isinstance(row, Mapping)] if isinstance(pieces, list) else []
    later = []
    if rows and not any(row.get("title") or row.get("claim") for row in rows):
        later.append(Fault("/evidence/0/claim", SILENT))
    if isinstance(answers, Mapping):
        later += find_answers(questions, answers)[1]
    said = {fault.pointer for fault in found}
    return [fault for fault in later if fault.pointer not in said]


def admit(tools: Tools, network: str, *, invited: bool = False) -> None:
    """Count one more submission. Raises TooMany; call it outside `writing()`.

    Who comes by a link from our own mail (`invited`) has shown a mailbox, so the limits of the
    network address, which a whole campus may share, and of all strangers together do not hold for
    them. Nothing is counted by e-mail address: anybody can send with anybody's.
    """
    rates = tools.settings.rates
    if not invited:
        tools.rates.hit(rates.submissions, "submission from", network)
        tools.rates.hit(rates.submissions_everywhere, "submission")


def invitation(tools: Tools, draft: Draft) -> str:
    """For the form that a mailed draft link opens: the mailbox has been shown to be theirs."""
    return sign(tools.key, "invited", [str(draft.id), draft.email])


def is_invited(tools: Tools, token: str, draft: Draft | None, email: str) -> bool:
    """Whether the form came by a mailed link, and is for the address that the mail went to."""
    if draft is None or not token:
        return False
    try:
        invited = unsign(tools.key, "invited", token, INVITED_FOR)
    except LinkInvalid:
        return False
    return invited == [str(draft.id), email]


def bound_files(tools: Tools, sizes: Sequence[int]) -> None:
    """For all files of one submission together. Raises TooManyFiles, FilesTooLarge."""
    limits = tools.settings.limits
    if len(sizes) > limits.submission_files:
        raise TooManyFiles(limit=limits.submission_files)
    if sum(sizes) > limits.submission_bytes:
        raise FilesTooLarge(limit=in_words(limits.submission_bytes))


def consent_of(settings: Settings) -> tuple[str, str]:
    """The sentence that people agree to, and the version of its words."""
    text = CONSENT.format(company=settings.company.name)
    return text, hashlib.sha256(text.encode()).hexdigest()[:16]


def receipt_path(tools: Tools, id: UUID) -> str:
    """Where the sender finds a receipt of just what was sent; the token tells nothing else."""
    return f"/receipts/{receipt_token(tools.key, id)}"


def _refuse_others(form: Form) -> None:
    allowed = {JSON_PART, *BESIDE}
    names = [name for name, _value in form.fields]
    faults = [
        Fault(f"/{name[:80]}", "There is no such part.") for name in names if name not in allowed
    ]
    faults += [
        Fault(f"/{upload.field[:80]}", "Name the parts with files “files”.")
        for upload in form.uploads
        if upload.field != FILES_PART
    ]
    if len(form.get_all(JSON_PART)) > 1:
        faults.append(Fault(f"/{JSON_PART}", "This was given more than once."))
    if faults:
        raise SubmissionMalformed(faults=faults)
