"""Words of text messages, their length and price, and moments in writing."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from voicebot.call import Promise
from voicebot.cases.texts import MOST, folded, load_texts, segments, texts_from, written_time
from voicebot.dialogue.commands import TicketKind
from voicebot.errors import SettingsError
from voicebot.faq import Entry

TEXTS = load_texts()
HERE = ZoneInfo("Asia/Shanghai")

SEGMENTS = [
    ("", 1),
    ("中" * 70, 1),
    ("中" * 71, 2),
    ("中" * 134, 2),
    ("中" * 135, 3),
    ("a" * 160, 1),
    ("a" * 161, 2),
    ("a" * 306, 2),
    ("a" * 307, 3),
    ("€" * 80, 1),
    ("€" * 81, 2),
    ("a" * 70 + "中", 2),
    ("😀" * 35, 1),
    ("😀" * 36, 2),
]


@pytest.mark.parametrize(("text", "paid"), SEGMENTS, ids=[f"{len(t)}{t[:1]}" for t, _ in SEGMENTS])
def test_what_a_text_costs(text, paid):
    assert segments(text) == paid


MOMENTS = {
    datetime(2026, 11, 24, 10, 30, tzinfo=HERE): "11月24日（星期二）上午10:30",
    datetime(2026, 11, 24, 9, 5, tzinfo=UTC): "11月24日（星期二）下午5:05",
    datetime(2026, 11, 23, 23, 0, tzinfo=UTC): "11月24日（星期二）上午7:00",
    datetime(2026, 12, 31, 12, 0, tzinfo=HERE): "12月31日（星期四）中午12:00",
}


@pytest.mark.parametrize(("at", "written"), MOMENTS.items(), ids=MOMENTS.values())
def test_a_moment_in_writing(at, written):
    assert written_time(at) == written


def promised(**more):
    at = datetime(2026, 11, 24, 8, 30, tzinfo=HERE)
    return Promise(**({"number": "100016", "by": at.replace(hour=10), "open_now": True, "at": at} | more))


PROMISES = {
    "open": (promised(), TicketKind.CALL, ("100016", "上午10:30之前")),
    "closed": (promised(open_now=False), TicketKind.CALL, ("100016", "上午10:30之前", "非工作时间")),
    "complaint": (promised(), TicketKind.COMPLAINT, ("投诉", "100016", "上级", "上午10:30之前")),
    "unknown": (None, TicketKind.CALL, ("100016", "尽快")),
    "unknown complaint": (None, TicketKind.COMPLAINT, ("投诉", "100016", "尽快")),
}


@pytest.mark.parametrize(("promise", "kind", "holds"), PROMISES.values(), ids=PROMISES)
def test_a_promise_in_writing(promise, kind, holds):
    text = TEXTS.promise("100016", promise, kind)
    assert all(part in text for part in holds)
    assert segments(text) <= 2


def test_our_own_words_are_short():
    assert {name: segments(text) for name, text in TEXTS.texts.items() if segments(text) > 1} == {}


def entry(**more):
    return Entry(**({"id": "rsj-001", "department": "rsj", "question": "问", "variants": (), "answer": "答。"} | more))


def test_an_answer_is_the_text_for_messages_or_what_is_said():
    assert TEXTS.answer(entry()).startswith("答。\n")
    assert TEXTS.answer(entry(sms="长。")).startswith("长。\n")


@pytest.mark.parametrize("length", [MOST - 100, MOST, MOST + 1, 10 * MOST])
def test_no_answer_is_longer_than_can_be_sent(length):
    text = TEXTS.answer(entry(sms="字" * length))
    assert len(text) <= MOST
    assert text.endswith(TEXTS.say("after_answer"))


def test_words_are_compared_without_width_case_and_punctuation():
    assert folded(" ｓｔｏｐ！ ") == "STOP"
    assert {folded("退订。"), folded("td")} <= TEXTS.stop


BROKEN = {
    "missing": ({"unsure": None}, "unsure is missing"),
    "empty": ({"unsure": " "}, "unsure is missing"),
    "unknown": ({"greeting": "您好"}, "unknown text greeting"),
    "a field too many": ({"unsure": "{name}"}, "unsure must hold no fields"),
    "a field too few": ({"confirm": "您是想问吗？"}, "confirm must hold"),
    "a brace alone": ({"unsure": "{"}, "unsure must hold"),
}


@pytest.mark.parametrize(("change", "why"), BROKEN.values(), ids=BROKEN)
def test_texts_that_cannot_be_used(change, why):
    texts = {name: text for name, text in (TEXTS.texts | change).items() if text is not None}
    with pytest.raises(SettingsError, match=why):
        texts_from({"texts": texts})


def test_an_office_may_change_single_texts(tmp_path):
    (tmp_path / "texting.toml").write_text('[texts]\nthanks = "再见。"\n', "utf-8")
    own = load_texts(tmp_path)
    assert own.say("thanks") == "再见。"
    assert own.say("unsure") == TEXTS.say("unsure")


def test_a_file_that_cannot_be_read(tmp_path):
    (tmp_path / "texting.toml").write_text("[texts", "utf-8")
    with pytest.raises(SettingsError, match=r"texting\.toml"):
        load_texts(tmp_path)
