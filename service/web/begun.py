"""A form on its way: what was typed, the files that came, and the draft that keeps both."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from service.core.errors import NotFound, Refusal, Stale, StateConflict, Unavailable
from service.core.filenames import clean_name
from service.core.idempotency import KeyReused
from service.core.secrets import digest
from service.domain.accounts.actor import Actor
from service.domain.jobs.queries import get_job_to_send_to, list_questions
from service.domain.jobs.tables import Job, Question
from service.domain.submissions.actions import (
    DraftTooLarge,
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
    find_draft,
    get_draft,
)
from service.domain.submissions.tables import Draft, StagedFile
from service.doors.forms import Form
from service.doors.refusals import status_for, status_of
from service.doors.submission_forms import place_names
from service.doors.tools import Tools
from service.doors.uploads import store_uploads
from service.doors.visit import Db, Visit
from service.web.asked import FIRST, as_asked, in_their_places, places_for_files
from service.web.fields import MISSED, OURS
from service.web.missed import SWEPT, kept_in, missed_in
from service.web.typed import Typed

OK = 200


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
    receipt: str = ""
    full: DraftTooLarge | None = None
    is_new: bool = False

    @classmethod
    def of(cls, job: Job, questions: Sequence[Question], form: Form) -> "Begun":
        now, found = as_asked(form, questions)
        typed = Typed.of(now)
        typed.found += found
        begun = cls(job, questions, now, typed, form.get("version"))
        typed.missed = begun._placed(missed_in(now))
        return begun

    def files(self) -> list[StoredFile]:
        """All files, each with the place by which the content mentions it."""
        come = [StoredFile(f.name, f.media_type, f.size, f.sha256, f.place) for f in self.kept]
        come += self.new
        places = place_names([file.place for file in come])
        return [
            StoredFile(f.name, f.media_type, f.size, f.sha256, place)
            for f, place in zip(come, places, strict=True)
        ]

    def miss(self, files: Sequence[StoredFile]) -> None:
        """These cannot be kept: whoever chose them is asked for them again."""
        for file in files:
            if (file.place, file.name) not in self.typed.missed:
                self.typed.missed.append((file.place, file.name))

    def go_on(self, key: str, draft: Draft) -> None:
        """All is kept in this draft, for the next time the form is pressed."""
        self.draft, self.new = draft, []
        self.hold(draft.files)
        self.typed.draft, self.version = draft_token(key, draft), str(draft.version)

    def not_saved(self) -> None:
        """Nothing of what came is kept, and the draft is as it was."""
        self.miss(self.new)
        self.new, self.typed.saved = [], False
        if self.draft:
            self.hold(self.draft.files)

    @property
    def status(self) -> int:
        """What to answer with when nothing else is wrong."""
        if self.changed_at:
            return status_for(Stale)
        if self.full:
            return status_of(self.full)
        if self.receipt:
            return status_for(KeyReused)
        if self.sent:
            return status_for(StateConflict)
        return 422 if self.typed.mistaken else OK

    def hold(self, files: Sequence[StagedFile]) -> None:
        """These are the files of the draft, each in a place that the page shows."""
        self.kept = in_their_places(files, self.questions, self.typed.exhibits)

    def begin_anew(self, ended: Refusal, days: int) -> None:
        """What it goes on from is no more: what was typed here begins another draft.

        If it was not sent it was swept, `days` after the last change, and its files are missed.
        """
        self.draft, self.typed.draft, self.version, self.kept = None, "", "", []
        self.sent = ended if isinstance(ended, DraftSent) else None
        if not self.sent and (lost := kept_in(self.form)):
            self.typed.found.append(("", SWEPT.format(days=days)))
            come = {(file.place, file.name) for file in self.new}
            self.typed.missed += [one for one in self._placed(lost) if one not in come]

    def _placed(self, files: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Place and name of each, in a place that the page shows."""
        places = places_for_files(self.questions, self.typed.exhibits)
        return [(place if place in places else FIRST, name) for place, name in files]


def begin(visit: Visit, slug: str, form: Form) -> Begun:
    """Raises NotFound."""
    with visit.reading() as (db, _me):
        job = get_job_to_send_to(db, slug)
        begun = Begun.of(job, list_questions(db, job.id), form)
        if token := form.get("draft"):
            try:
                begun.draft = get_draft(db, visit.tools.key, token)
            except (NotFound, LinkEnded) as ended:
                begun.begin_anew(ended, visit.tools.settings.limits.draft_days)
    dropped = set(form.get_all("drop"))
    files = begun.draft.files if begun.draft else []
    begun.hold([file for file in files if str(file.id) not in dropped])
    return begun


def take_files(tools: Tools, begun: Begun) -> int:
    """Keep each file that can be used, and say of each other why it cannot. Returns the status."""
    status: int = OK
    for upload in begun.form.uploads:
        try:
            begun.new += store_uploads(tools, [upload], [upload.field])
        except Refusal as refusal:
            begun.typed.found.append((upload.field, str(refusal)))
            status = max(status, status_of(refusal))
            if isinstance(refusal, Unavailable):  # no fault of the file's: it is still wanted
                begun.typed.missed.append((upload.field, clean_name(upload.name)))
    come = {(file.place, file.name) for file in begun.new}
    begun.typed.missed = [one for one in begun.typed.missed if one not in come]
    return status


def own_id(visit: Visit, begun: Begun) -> UUID | None:
    """Of the draft that this form begins: the same each time that it is pressed with these words.

    With other words it is another form, so that no key begins drafts that nobody counts.
    """
    return visit.own_id(f"draft {digest(json.dumps(_words(begun.form)))}")


def begins_one(db: Db, begun: Begun, own: UUID | None) -> bool:
    """Whether to keep it takes a draft that is not there yet."""
    mine = find_draft(db, own) if own else None
    return begun.draft is None and not (mine and _says_the_same(begun, mine))


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


def keep(db: Db, me: Actor, tools: Tools, begun: Begun, own: UUID | None) -> Draft:
    """Save what was typed and sent; what was saved elsewhere meanwhile stays as it is.

    A form that begins a draft gives it its `own` id; pressed again, it meets that one, unless that
    was changed since. Files beyond what a draft holds are missed.
    Raises DraftSent, LinkEnded, JobClosed, DraftTooLarge.
    """
    told = begun.changed_at
    old = look_again(db, tools.key, begun)
    again = begun.changed_at is not None
    if old and not told and _says_the_same(begun, old):
        begun.changed_at = None  # a form that is pressed twice meets its own draft
    mine = find_draft(db, own, for_change=True) if own and not old else None
    begun.is_new = old is None
    if mine and _says_the_same(begun, mine):
        draft, again, begun.is_new = mine, True, False
    elif old and begun.changed_at:
        draft = old
    else:
        draft = _save(db, me, begun, old, None if mine else own)
        _drop_files(db, me, draft, begun.form)
    new = _not_yet_in(draft, begun.new) if again else begun.new
    if missed := _stage_files(db, me, tools, draft, new, begun):
        begun.miss(missed)
        if not begun.changed_at:
            _save(db, me, begun, draft)
    return draft


def mail_link(db: Db, me: Actor, begun: Begun, draft: Draft) -> bool:
    """Ask for a link to the draft, unless something is wrong; whether that was done."""
    if begun.status != OK or not draft.email:
        return False
    request_draft_link(db, me, draft, draft.email)
    return True


def _save(db: Db, me: Actor, begun: Begun, draft: Draft | None, own: UUID | None = None) -> Draft:
    missed = [(MISSED, f"{place}/{name}") for place, name in begun.typed.missed]
    job = get_job_to_send_to(db, begun.job.slug)
    return save_draft(db, me, job, [*_words(begun.form), *missed], draft=draft, id=own)


def _words(form: Form) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.fields if name not in OURS]


def _says_the_same(begun: Begun, draft: Draft) -> bool:
    """Whether to save the form changes nothing in the draft but the files that it adds."""
    dropped = begun.form.get_all("drop")
    drops = any(str(file.id) in dropped for file in draft.files)
    return not drops and _words(form_of(draft)) == _words(begun.form)


def form_of(draft: Draft) -> Form:
    """The fields of a draft, as they were typed."""
    saved = draft.content.get("fields", [])
    return Form([(str(one[0]), str(one[1])) for one in saved] if isinstance(saved, list) else [])


def _not_yet_in(draft: Draft, files: Sequence[StoredFile]) -> list[StoredFile]:
    there = {(file.place, file.name, file.sha256) for file in draft.files}
    return [file for file in files if (file.place, file.name, file.sha256) not in there]


def _drop_files(db: Db, me: Actor, draft: Draft, form: Form) -> None:
    for id in form.get_all("drop"):
        if any(str(file.id) == id for file in draft.files):
            drop_staged_file(db, me, draft, UUID(id))


def _stage_files(
    db: Db, me: Actor, tools: Tools, draft: Draft, files: Sequence[StoredFile], begun: Begun
) -> list[StoredFile]:
    """As many as a draft holds; returns the others, with the reason beside them."""
    limits = tools.settings.limits
    missed = []
    for file in files:
        try:
            stage_file(
                db,
                me,
                draft,
                file,
                most_files=limits.submission_files,
                most_bytes=limits.submission_bytes,
            )
        except DraftTooLarge as full:
            begun.full = full
            missed.append(file)
    for place in dict.fromkeys(file.place for file in missed):
        begun.typed.found.append((place, str(begun.full)))
    return missed
