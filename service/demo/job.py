"""The demo's job: what the page says and what the form asks."""

from service.domain.jobs.inputs import JobChange, NewJob, QuestionInput
from service.domain.jobs.tables import QuestionKind

SLUG = "software-engineer-evidence-first"

DESCRIPTION = """\
We build the software that trains, serves and measures machine-learning models. Most of that work
is engineering: queues that must not lose anything, code that must be fast where it counts,
experiments that must mean what they seem to mean.

## You need no background in machine learning

Many of the best people we work with came from somewhere else: compilers, payments, games,
physics, a hospital ward. About half of those who switch fields succeed here. We looked hard at
what tells the two halves apart. It was not the degree, the years, or how much about machine
learning they knew on their first day. What told them apart most was **technical humility**.

People with technical humility

- are glad to have been wrong, because it means that they have learned something;
- say plainly what they do not know;
- do not push through what others resist before they know enough to be sure;
- credit others by name.

It is no modesty about results. The people we mean have done exceptional things, and can tell you
exactly which part of them was somebody else's idea.

## What you would do

- Own a system from the first sketch to the night it fails, and the morning after.
- Work in pairs with researchers: they know what should be true, you find out whether it is.
- Read more code than you write, and delete some of it.
- Learn, in the first six months, one field that you know nothing about today.

## What we look for, in this order

1. **Technical humility**, as above.
2. **An exceptional accomplishment**: something you did that few in your position would have done.
3. **Engineering depth**: you know why it works, down to where it stops working.
4. **Scale of systems**: much data, many users, high stakes, or very little room.
5. **Speed of learning**: how far you got from where you began, and how fast.

Two or more engineers read your evidence, each alone, against written anchors for these five
points, before they see what the others think. They do not score schools, employers or titles.

## What to send

One exhibit is enough: something exceptional that you did, in your own words, with a link or a file
if there is one. Say what you did yourself and what others did. If it cannot be shown because the
source is closed, say what it was for, how large, what was hard and how you know that it worked;
leave your employer's secrets out. We read every submission, and answer every one.
"""

JOB = NewJob(slug=SLUG, title="Software Engineer, Evidence First")
DETAILS = JobChange(
    summary=(
        "Build the systems that machine learning runs on. No background in it needed: "
        "show us one exceptional thing you did."
    ),
    description=DESCRIPTION,
    location="Lisbon",
    remote=True,
    employment_type="FULL_TIME",
    timezone="Europe/Lisbon",
    reviews_wanted=2,
)

# None is required: a name, an address and one exhibit are enough to be read.
QUESTIONS = [
    QuestionInput(
        key="wrong",
        text="When were you wrong about something technical, and what changed?",
        help=(
            "Few things tell us more. What did you believe, how did you find out, and what have "
            "you done differently since? The larger the mistake, the better the story may be."
        ),
        kind=QuestionKind.LONG,
    ),
    QuestionInput(
        key="scale",
        text="What is the largest or most demanding system that you have worked on?",
        help="Say how large, in numbers if you can, and which part of it was yours.",
        kind=QuestionKind.LONG,
    ),
    QuestionInput(
        key="learned",
        text="What did you last teach yourself, and how do you know that you learned it?",
        kind=QuestionKind.LONG,
    ),
    QuestionInput(
        key="ml_before",
        text="Have you worked in machine learning before?",
        help="Either answer is fine. It only tells us where to begin when we talk.",
        kind=QuestionKind.YES_NO,
    ),
    QuestionInput(
        key="place",
        text="Where would you like to work?",
        kind=QuestionKind.CHOICE,
        options=["In Lisbon", "Remotely", "Some of both"],
    ),
    QuestionInput(key="start", text="When could you start?", kind=QuestionKind.DATE),
]
