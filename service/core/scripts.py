"""Whether a text mixes writings, as look-alikes do: a Cyrillic а among Latin letters.

After Unicode Technical Standard #39, Unicode Security Mechanisms, §5.1: a text is of a single
script if one script is in the augmented script set of each of its characters. Those sets make one
writing of what is written together: Han with Hiragana and Katakana (Japanese), with Hangul
(Korean), with Bopomofo (Taiwan). It is a hint for people, and never decides anything.
"""

from functools import lru_cache

import regex

# Those in use today: UAX #31, tables 5 and 7. All others count as one.
_IN_USE = (
    "Arabic", "Armenian", "Bengali", "Cyrillic", "Devanagari", "Ethiopic", "Georgian",
    "Greek", "Gujarati", "Gurmukhi", "Hebrew", "Kannada", "Khmer", "Lao", "Latin",
    "Malayalam", "Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thaana", "Thai",
    "Tibetan", "Adlam", "Balinese", "Bamum", "Batak", "Canadian_Aboriginal", "Chakma",
    "Cham", "Cherokee", "Hanifi_Rohingya", "Javanese", "Kayah_Li", "Lepcha", "Limbu",
    "Lisu", "Mandaic", "Meetei_Mayek", "Miao", "New_Tai_Lue", "Newa", "Nko",
    "Nyiakeng_Puachue_Hmong", "Ol_Chiki", "Osage", "Saurashtra", "Sundanese",
    "Syloti_Nagri", "Syriac", "Tai_Le", "Tai_Tham", "Tai_Viet", "Tifinagh", "Vai",
    "Wancho", "Yi",
)  # fmt: skip
_TOGETHER = (["Han", "Hiragana", "Katakana"], ["Han", "Hangul"], ["Han", "Bopomofo"])


def _set(*scripts: str) -> str:
    return "".join(rf"\p{{scx={script}}}" for script in scripts)


# Characters of no script of their own go with any: signs, digits, combining marks.
_ANY = _set("Common", "Inherited")
_WRITINGS = [_set(script) for script in _IN_USE] + [_set(*scripts) for scripts in _TOGETHER]
_REST = f"[^{''.join(_WRITINGS)}]"
_SINGLE = regex.compile(
    "|".join(f"[{_ANY}{writing}]*+" for writing in [*_WRITINGS, _REST]), regex.VERSION1
)


@lru_cache(maxsize=4096)
def mixes_scripts(name: str, address: str) -> bool:
    """Whether a word of a person's name, or the e-mail address as a whole, mixes writings.

    Words are looked at one by one: a name may well be written twice, or have a Latin initial.
    """
    return not all(_SINGLE.fullmatch(text) for text in (*name.split(), address))
