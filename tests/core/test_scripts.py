"""Whether a name or an address mixes writings, told as UTS #39 tells it."""

import time

import pytest

from service.core.scripts import mixes_scripts

ADDRESS = "ada@example.org"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Ada",
            "José-María O’Brien",
            "Nguyễn Văn An",
            "Jose\u0301",
            "Ada 2nd",
            "ʻOkina",
            "…",
            "🦜",
        ),
        *("Анна", "Σωκράτης", "محمد علي", "मोहन", "אברהם", "ตุลย์"),
        *(
            "山田太郎",
            "山田たろう",
            "スミス・ジョン",
            "佐々木ノブ子",
            "金철수",
            "李ㄅ",
        ),  # written together
        *("王 A. Wei", "田中 J.", "Иван Ivan"),  # word by word
        "𐌰𐌱𐌲",  # of no script that is in use
    ],
)
def test_a_name_in_one_writing_is_not_marked(name: str) -> None:
    assert not mixes_scripts(name, ADDRESS)


@pytest.mark.parametrize(
    "name",
    [
        *("Аdmin", "pаypal", "Аda Lovelace", "Ada Lоvelace"),  # Cyrillic А, а, А, о
        *("αlpha", "Ꭺda", "한あ", "a漢", "𐌰da"),
    ],
)
def test_a_word_in_several_writings_is_marked(name: str) -> None:
    assert mixes_scripts(name, ADDRESS)


@pytest.mark.parametrize(
    ("address", "mixed"),
    [
        ("a.b+c_1@example.org", False),
        ("иван@пример.рф", False),
        ("用户@例子.中国", False),
        ("а@example.com", True),  # Cyrillic
        ("a@exаmple.com", True),
        ("a@exаmple.рф", True),
    ],
)
def test_an_address_is_looked_at_as_a_whole(address: str, *, mixed: bool) -> None:
    assert mixes_scripts("Ada", address) == mixed


@pytest.mark.parametrize("letter", ["a", "漢", "\u0301", "ー", "aа"])
def test_long_text_takes_time_by_its_length(letter: str) -> None:
    began = time.process_time()
    mixes_scripts(letter * 100_000, letter * 100_000)

    assert time.process_time() - began < 1
