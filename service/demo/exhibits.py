"""What the demo's candidates sent in. All of them are invented, and so is what they did."""

from dataclasses import dataclass, field

from service.demo import attachments
from service.domain.submissions.inputs import SubmissionInput

DOMAIN = "demo.example"


@dataclass(frozen=True)
class Exhibited:
    """One submission, and the files it mentions: name and text."""

    content: SubmissionInput
    files: dict[str, str] = field(default_factory=dict)


def sent(name: str, *, files: dict[str, str] | None = None, **content: object) -> Exhibited:
    """The address follows from the name."""
    address = f"{name.lower().replace(' ', '.')}@{DOMAIN}"
    words = {"name": name, "email": address, "consent": True, **content}
    return Exhibited(SubmissionInput.model_validate(words), files or {})


REPRODUCIBLE = sent(
    "Meiling Zhao",
    location="Rotterdam",
    links=["https://example.org/meiling"],
    statement=(
        "I like problems where everybody is sure and nobody has checked. I would come to learn "
        "how one checks a thing that is only right on average."
    ),
    evidence=[
        {
            "kind": "open_source",
            "title": "Builds that are the same to the bit, for a compiler with 41,000 build steps",
            "claim": (
                "Two people who build our compiler from the same sources now get the same bytes. "
                "When I began, 612 of 9,300 output files differed from run to run. Today none do, "
                "and a job that builds everything twice every night keeps it so. The build cache "
                "that became possible took a full build from 47 minutes to 6."
            ),
            "contribution": (
                "Mine: the tool that compares two builds and names the step where they part; the "
                "fixes in the linker and in debug information; the nightly job. Not mine: the idea "
                "to sort by content instead of by time is Henrik Dahl's, and Anouk de Wit wrote "
                "the Windows half. The first design, which I defended for eight months, was mine "
                "too, and it was wrong (see my answer)."
            ),
            "link": "https://example.org/meiling/same-bytes",
            "started": "2023-02",
            "ended": "2025-05",
        },
        {
            "kind": "talk",
            "title": "Three weeks with a hash table: a talk for people who hate build systems",
            "claim": "Invited after the write-up went round; 25 minutes, one bug, no slides.",
            "link": "https://example.org/meiling/talk",
            "started": "2025-09",
        },
    ],
    answers={
        "wrong": (
            "I was sure that our builds differed because of time stamps, and I built a cache on "
            "top of that belief. Henrik Dahl wrote to me that the order of a hash table was the "
            "more likely cause. I answered that I had looked at it. I had not. I wrote a test to "
            "prove him wrong: shuffle every table on purpose and count what changes. It lit up 580 "
            "of the 612 files. Henrik was right and I had spent three weeks not reading his "
            "message. I threw the cache away, and it was one of my best days there, because for "
            "the first time the thing made sense. Since then, before I defend a cause, I write "
            "down what I would expect to see if it were another one, and go and look for that."
        ),
        "learned": (
            "Linkers, from nothing, in one winter. I know because I wrote a small one that links "
            "our own compiler, and because two of the people who maintain the large one now send "
            "me their patches to read."
        ),
        "ml_before": False,
        "place": "Some of both",
    },
)

LEDGER = sent(
    "Tomas Ferreira",
    location="Porto",
    statement="Twelve years of moving other people's money without losing any of it.",
    evidence=[
        {
            "kind": "production_system",
            "title": "A payments ledger that was moved while it ran",
            "claim": (
                "We moved the ledger of a mid-sized bank, 38 million accounts and about 1,900 "
                "postings a second at noon, from one database to another without closing for a "
                "minute. Both ran side by side for eleven weeks. Every posting was compared; 214 "
                "differed, and each of them was explained before we switched."
            ),
            "contribution": (
                "I designed the comparison and the way back, led four people, and was on call for "
                "all eleven weeks. The rule that the old side wins until nobody can name a reason "
                "is Graça Nunes's, from operations. I argued for a faster switch, twice. She asked "
                "me each time what I would say if I were wrong; I had no answer, so we waited. "
                "Number 214 turned up in week ten."
            ),
            "cannot_show": (
                "The source and the figures by customer belong to the bank. The attached note "
                "describes the method with invented names; my former head of platform has agreed "
                "to talk about it."
            ),
            "vouchers": [{"name": "Graça Nunes", "contact": f"graca.nunes@{DOMAIN}"}],
            "files": ["ledger-method.md"],
            "started": "2022-01",
            "ended": "2023-03",
        }
    ],
    answers={
        "scale": (
            "38 million accounts, 1,900 postings a second at the peak, and nobody may ever see a "
            "balance that is not theirs or not true. The comparison and the rollback were mine."
        ),
        "ml_before": False,
        "place": "Remotely",
        "start": "2027-02-01",
    },
    files={"ledger-method.md": attachments.LEDGER_METHOD},
)

WARD = sent(
    "Adaeze Nwosu",
    location="Leeds",
    evidence=[
        {
            "kind": "production_system",
            "title": "",
            "claim": (
                "I was a night nurse for nine years. Our ward planned its beds on a whiteboard and "
                "lost about forty minutes every shift to phone calls. I taught myself to program "
                "from library books and built a planner that runs on the ward's one old computer, "
                "without network. Six wards use it now. I still get calls at three in the morning "
                "when it is wrong, and that is how I learned what testing is for."
            ),
            "contribution": (
                "All of the code is mine, and it shows. What it must never do was written by the "
                "ward sisters, Bridget Hale above all, who refused my first version. She was "
                "right: it hid a patient when two people typed at once."
            ),
            "started": "2023",
        }
    ],
    answers={
        "wrong": (
            "I believed that if I tried every button it was tested. Then two nurses saved at the "
            "same moment and a patient was gone from the screen for nine minutes. Nobody was hurt. "
            "I read about locking for a month, told all six wards what had happened before I had "
            "a fix, and have written the test first ever since."
        ),
        "ml_before": False,
    },
)

REWRITE = sent(
    "Viktor Lindgren",
    location="Berlin",
    statement=(
        "I do the work of ten engineers. Most teams are slow because they are afraid of change."
    ),
    evidence=[
        {
            "kind": "production_system",
            "title": "Rewrote the whole back end alone in six weeks",
            "claim": (
                "The company had 40 engineers on a legacy system. I rewrote it in Rust over six "
                "weeks, at night, because nobody would approve it. It is at least 20 times faster. "
                "Management could not handle it and the team went back to the old one after I left."
            ),
            "contribution": "Everything.",
            "started": "2024",
            "ended": "2024",
        },
        {
            "kind": "open_source",
            "title": "A lock-free queue",
            "claim": (
                "A bounded queue for many writers and many readers. On eight cores it passes "
                "92 million messages a second; the benchmark is in the repository."
            ),
            "link": "https://example.org/viktor/queue",
            "started": "2025-01",
        },
    ],
    answers={
        "wrong": "I underestimated how much politics there is in large companies.",
        "ml_before": True,
        "place": "Remotely",
    },
)

NEGATIVE = sent(
    "Ines Marchetti",
    location="Bologna",
    links=["https://example.org/ines"],
    evidence=[
        {
            "kind": "research",
            "title": "I could not repeat my own result, and said so",
            "claim": (
                "My first paper showed that a learned index beats a B-tree by 2.1 times on mixed "
                "loads. A year later, on other hardware, I measured 0.97. I spent five months on "
                "the cause: our generator drew keys in an order that kept the cache warm. I wrote "
                "to all 31 groups that had cited us, published the correction and the generator, "
                "and built the test that would have found it. Nine groups run it today."
            ),
            "contribution": (
                "The error was in code that I wrote. Finding it was mine too, with a hint from "
                "Paolo Ricci, who asked why the variance was so small. My advisor Chiara Fontana "
                "could have asked me to keep quiet, and asked whether I needed more time instead."
            ),
            "link": "https://example.org/ines/correction",
            "files": ["what-went-wrong.md"],
            "started": "2023-10",
            "ended": "2024-11",
        },
        {
            "kind": "writing",
            "title": "Benchmarks that cannot flatter you: a short guide",
            "claim": "Twelve pages, used in two courses on databases that are not ours.",
            "link": "https://example.org/ines/guide",
        },
    ],
    answers={
        "wrong": (
            "In print, with my name first. What changed: I now try to break a result before I "
            "believe it, and I ask somebody who does not like it to try as well. I was relieved "
            "when I found the cause. For five months I had not understood my own program."
        ),
        "learned": (
            "How caches really behave. I know because I can now predict the counters before I "
            "read them, within a tenth, most of the time."
        ),
        "ml_before": True,
        "place": "In Lisbon",
    },
    files={"what-went-wrong.md": attachments.WHAT_WENT_WRONG},
)

CONTEST = sent(
    "Samir Qureshi",
    location="Lahore",
    evidence=[
        {
            "kind": "competition",
            "title": "Second place: smallest working web server",
            "claim": (
                "1,784 bytes, with keep-alive, on a microcontroller with 2 KB of memory. I was "
                "first until the last evening, when Lena Vogel sent in 1,731. I had thought that "
                "mine could not be made smaller. Reading hers taught me four tricks, which I have "
                "written up with her permission."
            ),
            "contribution": "Mine, but for the check-sum loop, which is from a forum post by “oz”.",
            "link": "https://example.org/samir/tiny",
            "started": "2026-03",
            "ended": "2026-04",
        }
    ],
    answers={
        "learned": (
            "Reading assembly that I did not write. Lena's server took me nine days. I can "
            "explain every byte of it now, and she says that I have one of them wrong."
        ),
        "place": "Remotely",
        "start": "2027-01-10",
    },
)

MAINTAINER = sent(
    "Jo Park",
    evidence=[
        {
            "kind": "open_source",
            "title": "Kept a date library correct for seven years",
            "claim": (
                "Not spectacular, but three million programs a day would notice. I answer about "
                "forty reports a month and have learned to say “you are right, I was wrong” in the "
                "first line, because it saves everybody time."
            ),
            "link": "https://example.org/jo/dates",
            "started": "2019-06",
        }
    ],
)

ALL = [REPRODUCIBLE, LEDGER, WARD, REWRITE, NEGATIVE, CONTEST, MAINTAINER]
