"""What our letters say: calm, short, in plain words; each begins with why it was sent."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """A letter's subject and text."""

    subject: str
    text: str


def thanks(*, company: str, job: str, name: str, link: str) -> Words:
    return Words(
        f"We have your submission for {job}",
        f"""Hello {name},

thank you for sending us your work for {job} at {company}. It has arrived in full, and people
will read it.

Here you can see where it stands, add to it, or withdraw it:

{link}

Keep this link to yourself: whoever has it sees what you sent.

{company}
""",
    )


def confirm(*, company: str, job: str, name: str, link: str) -> Words:
    return Words(
        f"Please confirm what was sent for {job}",
        f"""Hello {name},

somebody, probably you, sent us a submission for {job} at {company} with this e-mail address. We
already have one from you, so we ask before the new one takes its place:

{link}

The link shows what was sent and has a button to confirm it. Was it not you? Then do nothing;
what was sent is dropped and your submission stays as it is.

{company}
""",
    )


def status_link(*, company: str, job: str, name: str, link: str) -> Words:
    return Words(
        f"Your link for {job}",
        f"""Hello {name},

here is a link to your submission for {job} at {company}:

{link}

It shows where your submission stands and lets you add to it. Did you not ask for it? Then you
need not do anything.

{company}
""",
    )


def draft_link(*, company: str, job: str, link: str, days: int) -> Words:
    return Words(
        f"Go on with your draft for {job}",
        f"""Hello,

here is the link to what you began for {job} at {company}:

{link}

Nothing has been sent to us yet. We keep the draft for {days} days after you last changed it.
Did you not ask for this? Then you need not do anything.

{company}
""",
    )


def withdraw(*, company: str, job: str, name: str, link: str) -> Words:
    return Words(
        f"Withdraw your submission for {job}?",
        f"""Hello {name},

you asked to withdraw your submission for {job} at {company}. To do so, open this link and press
the button there:

{link}

Did you change your mind, or was it not you? Then do nothing; your submission stays.

{company}
""",
    )


def sent_after_end(*, job: str, link: str) -> Words:
    """To those who lead the hiring: it names no candidate."""
    return Words(
        f"New evidence for an ended submission for {job}",
        f"""Hello,

somebody whose submission for {job} has ended sent it again, with other evidence, and confirmed
it. The decision stands until somebody reopens the submission:

{link}
""",
    )


def welcome(*, company: str, name: str, link: str, ask: str, hours: int) -> Words:
    return Words(
        f"Your account for Exhibit at {company}",
        f"""Hello {name},

you have an account for Exhibit, where {company} reads what engineers have done. Choose your
password here, within {"an hour" if hours == 1 else f"{hours} hours"}:

{link}

Later you get a new link, as often as you like, from here:

{ask}
""",
    )


def expired(*, job: str, link: str, days: int) -> Words:
    """To those who lead the hiring: it names no candidate."""
    return Words(
        f"A second submission for {job} was not confirmed",
        f"""Hello,

somebody sent a submission for {job} with the address of one that we have. It was to be confirmed
from the mail we sent, and was not, for {days} days. It has now expired. What we had stays as it
was:

{link}
""",
    )


def password_reset(*, company: str, link: str, hours: int) -> Words:
    return Words(
        f"Set a new password for Exhibit at {company}",
        f"""Hello,

somebody, probably you, asked for a new password. You can set it here, once, within
{"an hour" if hours == 1 else f"{hours} hours"}:

{link}

Was it not you? Then do nothing; your password stays as it is.
""",
    )


def assignment(*, job: str, link: str, due: str) -> Words:
    """To a reviewer: it names no candidate."""
    return Words(
        f"A submission for {job} waits for your review",
        f"""Hello,

you were asked to review a submission for {job}{f", by {due}" if due else ""}:

{link}

Should you know this person well, or lack the time, say so there, so that somebody else is asked.
""",
    )


def rejection(*, company: str, job: str, name: str) -> Words:
    """The usual words; a recruiter may change them before they are sent."""
    return Words(
        f"Your submission for {job}",
        f"""Hello {name},

thank you for showing us your work for {job} at {company}, and for the time you put into it.
We have read it with care and have decided not to go on with your submission.

This is a decision about one job at one time, not about you. You are welcome to send us something
again, for this job or another.

We wish you well.

{company}
""",
    )
