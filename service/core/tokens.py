"""Text as tokens: what a search finds, alike on both databases.

A token is a word: letters and digits with their marks, folded (case, accents, widths), and what
skills are written with: the ends of `c++` and `c#`, the dot before `.net`. Chinese, Japanese, Thai
and the like are written without spaces, so there each letter is a token. What stands between two
words with no space is a token too (`node . js`, `a / b`, `@ handle`): so words that are written
together are found as they are written, and each by itself. Hyphens and apostrophes count as spaces.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

LONGEST = 64  # code points of one token; what is longer is known by its beginning

# Written without spaces: Thai, Lao, Myanmar, Khmer, kana, Bopomofo, Han. And emoji.
_EACH = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31a0-\u31ff\u3400-\u4dbf"
    r"\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af"
    r"\u2600-\u27bf\U0001f000-\U0001faff"
)
_UNSEEN = "\u00ad\u200c\u200d\u2060\ufeff"  # inside a word: soft hyphen, joiners
_JOINTS = r"./@_:&+#=\\"

# Combining marks, and what is not seen: they belong to the letter before.
_MARKS = _UNSEEN + "".join(
    chr(at) for at in range(0x300, 0x1F000) if unicodedata.category(chr(at)).startswith("M")
)
_LETTER = rf"[^\W_{_EACH}]"
_TOKEN = re.compile(
    rf"[{_EACH}][{_MARKS}]*+"
    rf"|(?:(?<![\w.])\.(?=[^\W\d_]))?{_LETTER}(?:{_LETTER}++|[{_MARKS}]++)*+(?:\+\+|\#(?!\w))?"
    rf"|(?<=\w)[{_JOINTS}]+(?=\w)|(?<!\w)@(?=\w)|(?<=\d)%"
)
# What a search may hold: "a phrase", also one that is not closed, or words written together.
_PIECE = re.compile(rf'"([^"]*)"?|([\w{_EACH}{_MARKS}{_JOINTS}%\'-]+)')

# One character for one, so that places in the text stay: wide forms, kinds of quotes and hyphens.
_ALIKE: dict[int, int | str] = {
    **{0xFF01 + n: 0x21 + n for n in range(94)},
    **dict.fromkeys(map(ord, "\u2018\u2019\u201b\u02bc\u00b4`"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u00ab\u00bb"), '"'),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-"),
}
# Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic; never the marks of kana or
# Devanagari, which make another letter.
_DROPPED: dict[int, None] = dict.fromkeys(
    [
        *map(ord, _UNSEEN),
        *range(0x300, 0x370),
        *(at for at in range(0x591, 0x5C8) if unicodedata.category(chr(at)) == "Mn"),
        *(0x640, 0x670, *range(0x610, 0x61B), *range(0x64B, 0x660)),
        *(*range(0x20D0, 0x20F1), *range(0xFE00, 0xFE10)),
    ]
)
_PLAIN = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"}
)


_BETWEEN = frozenset("./@_:&+#=\\%")


class Token(NamedTuple):
    """A token as it is found, and where it stands in the text."""

    text: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether it can be looked up; what joins words only stands between them."""
        return not _BETWEEN.issuperset(self.text)


def tokens_of(text: str) -> Iterator[Token]:
    """All tokens, in order."""
    for found in _TOKEN.finditer(text.translate(_ALIKE)):
        for folded in _folded(found[0]):
            yield Token(folded, *found.span())


def pieces_of(query: str) -> Iterator[tuple[bool, Sequence[Token]]]:
    """What a search is made of: whether it was quoted, and its tokens, at least one."""
    for found in _PIECE.finditer(query.translate(_ALIKE)):
        quoted = found[1] is not None
        if tokens := list(tokens_of(found[1] if quoted else found[2])):
            yield quoted, tokens


def _folded(word: str) -> Sequence[str]:
    return (word.lower()[:LONGEST],) if word.isascii() else _fold_rare(word)


@lru_cache(maxsize=16_384)
def _fold_rare(word: str) -> Sequence[str]:
    """Several when it hides what is none: ½ is 1 and 2."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    bare = unicodedata.normalize("NFKD", folded).translate(_DROPPED).translate(_PLAIN)
    whole = unicodedata.normalize("NFKC", bare)
    return tuple(found[0][:LONGEST] for found in _TOKEN.finditer(whole))
