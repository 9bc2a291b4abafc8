"""A form on its way: what was typed, the files that came, and the draft that keeps both."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from service.core.errors import NotFound, Refusal, Stale, StateConflict
from service.domain.accounts.actor import Actor
from service.domain.jobs.queries import is_taking, list_questions
from service.domain.jobs.tables import Job, Question
from service.domain.submissions.actions import (
    JobClosed,
    drop_staged_file,
    request_draft_link,
    save_draft,
    stage_file,
)
from service.domain.submissions.inputs import StoredFile
from service.domain.submissions.queries import (
    DraftSent,
    LinkEnded,
    draft_token,
    get_draft,
    get_job_to_send_to,
)
from service.domain.submissions.tables import Draft, StagedFile
from service.doors.forms import KEY_FIELD, Form
from service.doors.refusals import status_for, status_of
from service.doors.submission_forms import place_names
from service.doors.submission_intake import HONEYPOT
from service.doors.tools import Tools
from service.doors.uploads import store_uploads
from service.doors.visit import Db, Visit
from service.web.asked import as_asked, in_their_places
from service.web.typed import Typed

OK = 200
OURS = (KEY_FIELD, HONEYPOT, "draft", "version", "invited", "do", "drop")


@dataclass
class Begun:
    """The job, what was typed, files kept before and files that came now.

    `form` is as the job's questions are now. `version` is that of the draft the page was made from.
    `changed_at` says that the draft was changed elsewhere since, `sent` that it was sent.
    """

    job: Job
    questions: Sequence[Question]
    form: Form
    typed: Typed
    version: str = ""
    draft: Draft | None = None
    kept: list[StagedFile] = field(default_factory=list)
    new: list[StoredFile] = field(default_factory=list)
    changed_at: datetime | None = None
    sent: DraftSent | None = None

    @classmethod
    def of(cls, job: Job, questions: Sequence[Question], form: Form) -> "Begun":
        now, found = as_asked(form, questions)
        typed = Typed.of(now)
        typed.found += found
        return cls(job, questions, now, typed, form.get("version"))

    def files(self) -> list[StoredFile]:
        """All files, each with the place by which the content mentions it."""
        come = [StoredFile(f.name, f.media_type, f.size, f.sha256, f.place) for f in self.kept]
        come += self.new
        places = place_names([file.place for file in come])
        return [
            StoredFile(f.name, f.media_type, f.size, f.sha256, place)
            for f, place in zip(come, places, strict=True)
        ]

    @property
    def status(self) -> int:
        """What to answer with when nothing else is wrong."""
        if self.changed_at:
            return status_for(Stale)
        return status_for(StateConflict) if self.sent else OK

    def hold(self, files: Sequence[StagedFile]) -> None:
        """These are the files of the draft, each in a place that the page shows."""
        self.kept = in_their_places(files, self.questions, self.typed.exhibits)

    def begin_anew(self, ended: Refusal) -> None:
        """What it goes on from is no more: what was typed here begins another draft."""
        self.draft, self.typed.draft, self.version, self.kept = None, "", "", []
        self.sent = ended if isinstance(ended, DraftSent) else None


def begin(visit: Visit, slug: str, form: Form) -> Begun:
    """Raises NotFound, JobClosed."""
    with visit.reading() as (db, _me):
        job = get_job_to_send_to(db, slug)
        begun = Begun.of(job, list_questions(db, job.id), form)
        if token := form.get("draft"):
            try:
                begun.draft = get_draft(db, visit.tools.key, token)
            except (NotFound, LinkEnded) as ended:
                begun.begin_anew(ended)
    if not is_taking(job):
        raise JobClosed
    dropped = set(form.get_all("drop"))
    files = begun.draft.files if begun.draft else []
    begun.hold([file for file in files if str(file.id) not in dropped])
    return begun


def take_files(tools: Tools, begun: Begun) -> int:
    """Keep each file that can be used, and say of each other why it cannot. Returns the status."""
    status = 422 if begun.typed.mistaken else OK
    for upload in begun.form.uploads:
        try:
            begun.new += store_uploads(tools, [upload], [upload.field])
        except Refusal as refusal:
            begun.typed.found.append((upload.field, str(refusal)))
            status = max(status, status_of(refusal))
    return status


def look_again(db: Db, key: str, begun: Begun) -> Draft | None:
    """The draft as it is now, for a change; also notes whether it was changed elsewhere.

    Raises DraftSent, LinkEnded.
    """
    if begun.draft is None:
        return None
    draft = get_draft(db, key, begun.typed.draft, for_change=True)
    if str(draft.version) != begun.version:
        begun.changed_at = draft.updated_at
    return draft


def keep(db: Db, me: Actor, tools: Tools, begun: Begun, *, mails: bool) -> bool:
    """Save what was typed and sent; what was saved elsewhere meanwhile stays as it is.

    With `mails` also ask for the draft's link; True when that was done. Raises DraftSent,
    LinkEnded, JobClosed, DraftTooLarge.
    """
    told = begun.changed_at
    old = look_again(db, tools.key, begun)
    again = begun.changed_at is not None
    if old and not told and _says_the_same(begun.form, old):
        begun.changed_at = None  # a form that is pressed twice meets its own draft
    if old and begun.changed_at:
        draft = old
    else:
        job = get_job_to_send_to(db, begun.job.slug)
        draft = save_draft(db, me, job, _words(begun.form), draft=old)
        _drop_files(db, me, draft, begun.form)
    _stage_files(db, me, tools, draft, _not_yet_in(draft, begun.new) if again else begun.new)
    begun.draft, begun.new = draft, []
    begun.hold(draft.files)
    begun.typed.draft, begun.version = draft_token(tools.key, draft), str(draft.version)
    if not mails or begun.status != OK or not draft.email:
        return False
    request_draft_link(db, me, draft, draft.email)
    return True


def _words(form: Form) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.fields if name not in OURS]


def _says_the_same(form: Form, draft: Draft) -> bool:
    """Whether to save the form changes nothing in the draft but the files that it adds."""
    words = [list(pair) for pair in _words(form)]
    dropped = form.get_all("drop")
    drops = any(str(file.id) in dropped for file in draft.files)
    return not drops and draft.content.get("fields") == words


def _not_yet_in(draft: Draft, files: Sequence[StoredFile]) -> list[StoredFile]:
    there = {(file.place, file.name, file.sha256) for file in draft.files}
    return [file for file in files if (file.place, file.name, file.sha256) not in there]


def _drop_files(db: Db, me: Actor, draft: Draft, form: Form) -> None:
    for id in form.get_all("drop"):
        if any(str(file.id) == id for file in draft.files):
            drop_staged_file(db, me, draft, UUID(id))


def _stage_files(
    db: Db, me: Actor, tools: Tools, draft: Draft, files: Sequence[StoredFile]
) -> None:
    limits = tools.settings.limits
    for file in files:
        stage_file(
            db,
            me,
            draft,
            file,
            blobs=tools.blobs,
            most_files=limits.submission_files,
            most_bytes=limits.submission_bytes,
        )
