import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.matching.text import NUMERALS, merged, numbers_in_words, syllables, tidy

CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=20)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("60岁", "六十岁"),
        ("2024年", "二零二四年"),
        ("12333热线", "一二三三三热线"),
        ("打110", "打一一零"),
        ("120平米", "一百二十平米"),
        ("110", "一一零"),
        ("30%", "百分之三十"),
        ("3.5万", "三点五万"),
        ("1,000元", "一千元"),
        ("20000元", "二万元"),
        ("两个人", "二个人"),
        ("幺二零", "一二零"),
        ("老幺", "老幺"),
        ("007", "零零七"),
        ("᧘楼", "᧘楼"),
        ("一百二十", "一百二十"),
        ("12345678901234567890", "一二三四五六七八九零一二三四五六七八九零"),
    ],
)
def test_numbers_as_spoken(written, spoken):
    assert numbers_in_words(written) == spoken


@pytest.mark.parametrize(
    ("said", "tidied"),
    [
        ("社保卡丟了，該怎麼辦？", "社保卡丢了该怎么办"),
        ("社保社保卡", "社保卡"),
        ("我我我想办", "我想办"),
        ("妈妈", "妈"),
        ("一二三三三", "一二三三三"),
        ("ＡＰＰ 登录", "app登录"),
        ("……", ""),
        ("", ""),
    ],
)
def test_tidy(said, tidied):
    assert tidy(said) == tidied


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张", "脏"),
        ("吃", "词"),
        ("湿", "丝"),
        ("农", "龙"),
        ("女", "吕"),
        ("名", "民"),
        ("成", "岑"),
        ("社保卡", "设保卡"),
    ],
)
def test_accents_sound_the_same(one, other):
    assert syllables(one) == syllables(other)


@pytest.mark.parametrize(
    ("one", "other"), [("办", "半天"), ("买房", "卖车"), ("户口", "护照"), ("发", "花"), ("日", "力")]
)
def test_other_syllables_do_not(one, other):
    assert syllables(one) != syllables(other)


def test_a_polyphone_is_read_in_its_word():
    assert syllables("银行")[1] == syllables("航班")[0]
    assert syllables("行人")[0] == syllables("形状")[0]


@pytest.mark.parametrize(
    ("sound", "same"), [("zhang", "zang"), ("ning", "lin"), ("sheng", "sen"), ("er", "er"), ("n", "n")]
)
def test_merged(sound, same):
    assert merged(sound) == same


@given(st.text(max_size=40))
def test_tidy_is_stable_and_never_raises(text):
    once = tidy(text)
    assert tidy(once) == once


@given(CHINESE)
def test_one_syllable_per_character(text):
    assert len(syllables(text)) == len(text)


@given(st.integers(0, 10**20))
def test_numbers_leave_no_digit(number):
    words = numbers_in_words(str(number))
    assert words
    assert set(words) <= set(NUMERALS)
