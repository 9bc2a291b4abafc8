"""The demo's rubric: five criteria, each with an anchor for each of four levels."""

from service.domain.jobs.inputs import AnchorInput, CriterionInput

LEVELS = ("Not there", "In part", "Strong", "Exceptional")


def criterion(key: str, name: str, weight: int, description: str, *anchors: str) -> CriterionInput:
    """Anchors are written lowest level first."""
    levels = [
        AnchorInput(name=level, anchor=anchor)
        for level, anchor in zip(LEVELS, anchors, strict=True)
    ]
    return CriterionInput(
        key=key, name=name, weight=weight, description=description, anchors=levels
    )


CRITERIA = [
    criterion(
        "humility",
        "Technical humility",
        30,
        "Is glad to have been wrong because something was learned; says what is not known; does "
        "not push what others resist before knowing enough to be sure; credits others by name. "
        "Quiet manners are not meant, nor is loudness a fault.",
        "Certain throughout. Mistakes are missing or are somebody else's. Those who disagreed "
        "appear as obstacles. Joint work is told as if it had been done alone.",
        "Admits a mistake that could not be denied, and says what broke but not what was learned. "
        "Others are thanked in general. The limits of what is claimed are left for us to find.",
        "Tells of being wrong about something that mattered, what showed it, and what has been "
        "done differently since. Says what is not known. Names people for what they contributed.",
        "Goes looking for being wrong and is visibly glad of what it taught: tests the idea to "
        "destruction, publishes what failed, changes course in the open. When others resisted, "
        "first found out whether they were right. Credit is by name, specific and unasked for.",
    ),
    criterion(
        "accomplishment",
        "Exceptional accomplishment",
        25,
        "Something that few in the same position would have done, and the person's own part in it. "
        "Measured against where the person started, not against who is most famous.",
        "Describes duties, tools or attendance. No result can be told apart from the job itself, "
        "or the person's own part cannot be made out.",
        "A sound result that a capable colleague would also have reached. The own part is clear, "
        "or the result is larger but the own part is not.",
        "A result that surprised people who know the field, with a clear own part and something "
        "to check it by: code, figures, or others who built on it.",
        "A result that changed what others thought possible or how they work, reached where most "
        "would have stopped, with an own part that the evidence shows beyond doubt.",
    ),
    criterion(
        "depth",
        "Engineering depth",
        20,
        "Knows why it works, down to where it stops working.",
        "Names technologies. What they do, or why they were chosen, stays open.",
        "Explains how it works and gives a reason for the main choices. What happens under load, "
        "in failure or at the edges is not touched.",
        "Reasons from how the machine, the network or the data behave. Weighs alternatives with "
        "figures, and knows how the thing fails because it was made to fail.",
        "Went below the layer that others take for granted and found the cause there: in the "
        "compiler, the kernel, the protocol or the proof. Experts would learn from the account.",
    ),
    criterion(
        "scale",
        "Scale of systems",
        10,
        "Much data, many users, high stakes, or very little room. A small system under hard limits "
        "counts as much as a large one.",
        "Nothing about size, load or stakes can be seen, or they did not shape the work.",
        "Real users or data, of a size that one machine and common tools carry without effort.",
        "Size, load, stakes or limits forced choices that the evidence explains: what was given "
        "up, what broke first, what was measured.",
        "Worked where known solutions ended, by size, speed, safety or scarcity, and found one "
        "that held, with figures from before and after.",
    ),
    criterion(
        "learning",
        "Speed of learning",
        15,
        "How far somebody got from where they began, and how fast.",
        "The same kind of work throughout, or new words for it without new ability.",
        "Learned what a task asked for, in the usual time, with the usual help.",
        "Entered a field from outside and did useful work in it within months. Says how it was "
        "learned and what was found hardest.",
        "Several times over, or once from very far: reached a level within a year that usually "
        "takes many, shown by work that people of that field accepted as theirs.",
    ),
]
