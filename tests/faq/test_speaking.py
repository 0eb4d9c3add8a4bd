"""Length, speakability and hearing of texts: tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.faq.duration import PAUSES, SYLLABLES_PER_SECOND, seconds, spelt, syllables
from voicebot.faq.hearing import unheard
from voicebot.faq.speakable import unspeakable


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("60岁", "六十岁"),
        ("2026年", "二零二六年"),
        ("拨12333", "拨一二三三三"),
        ("1000元", "一千元"),
        ("3.5%", "百分之三点五"),
        ("007号", "零零七号"),
        ("0.5倍", "零点五倍"),
        ("１２个", "十二个"),
        ("²", "²"),
        ("٣个", "三个"),
    ],
)
def test_numbers_as_they_are_read(text, spoken):
    assert spelt(text) == spoken


def test_seconds_are_syllables_and_pauses():
    assert syllables("请带，60岁。") == 5
    assert seconds("请带，60岁。") == pytest.approx(5 / SYLLABLES_PER_SECOND + PAUSES["，"])
    assert seconds("") == 0


@given(st.text())
def test_any_text_has_a_length(text):
    assert seconds(text) >= 0
    assert all(text[one.start : one.start + len(one.text)] == one.text for one in unspeakable(text))
    assert unheard(text, lambda word: True) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("带身份证，60岁以上，每月100元，2026年，3.5%，一二三三三。", []),
        ("《条例》规定“必须”本人办理——可以吗？25℃……", []),
        ("C1驾照", []),
        ("上 https://example.org/a?b=1，再说", ["url https://example.org/a?b=1"]),
        ("登录www.example.gov.cn。", ["url www.example.gov.cn"]),
        ("登录rsj.gov.cn查", ["url rsj.gov.cn"]),
        ("写信到a.b@c.gov.cn", ["email a.b@c.gov.cn"]),
        ("拨打12333或110。", ["digits 12333 一二三三三", "digits 110 一一零"]),
        ("拨打１２３３３", ["digits １２３３３ 一二三三三"]),
        ("区号0571", ["digits 0571 零五七一"]),
        ("交10000元", ["digits 10000 一万"]),
        ("0571-88880000", ["digits 0571-88880000"]),
        ("3-5天，9:00-17:00，1/3", ["digits 3-5", "digits 9:00-17:00", "digits 1/3"]),
        ("下载APP", ["latin APP"]),
        ("照片（电子版）", ["brackets （电子版）"]),
        ("没有关上（的括号", ["brackets （的括号"]),
        ("好😀的★元/月", ["symbol 😀", "symbol ★", "symbol /"]),
        ("甲 | 乙 | 丙", ["symbol |"]),
        ("第①步", ["symbol ①"]),
    ],
)
def test_what_cannot_be_spoken(text, expected):
    found = [f"{one.code.removeprefix('unspeakable-')} {one.text} {one.reading or ''}" for one in unspeakable(text)]
    assert [one.strip() for one in found] == expected


@pytest.mark.parametrize(
    ("phrase", "missing"),
    [
        ("社保卡", []),
        ("社保局", ["局"]),
        ("魑魅魍魉", []),
        ("魑魅", ["魑", "魅"]),
        ("打12，社保", ["打"]),
        ("etc和ETC卡", ["和"]),
        ("GPS卡", ["GPS"]),
        ("？！ _", []),
    ],
)
def test_what_cannot_be_heard(phrase, missing):
    words = {"社保", "卡", "魑魅魍魉", "十二", "ETC"}
    assert unheard(phrase, words.__contains__) == missing
