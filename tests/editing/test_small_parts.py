"""Grouping by hand of the machine, lists, listening, seasons, what an entry would save."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.faq.samples import HEADER, entry
from voicebot.data_files import load_lexicon
from voicebot.faq.parse import parse
from voicebot.matching import Bands
from voicebot.questions.comparing import side_by_side
from voicebot.questions.gaps import Saving, entry_text, helped, keywords_of, season, variants_of
from voicebot.questions.grouping import group, group_aside, told_shares
from voicebot.questions.listening import Listening, Sound
from voicebot.questions.listing import Asked, listed
from voicebot.store.counting import Fared
from voicebot.store.gaps import Wording


@pytest.fixture(scope="module")
def lexicon():
    return load_lexicon()


ORGANS = {1: "遗体捐献在哪里登记", 2: "我想捐献遗体去哪登记", 3: "捐遗体怎么登记啊"}
PARKING = {4: "路边停车位怎么包月", 5: "路边停车包月多少钱"}


def test_by_meaning(lexicon):
    found = group({**ORGANS, **PARKING, 6: "天上为什么有云"}, {}, (), lexicon)
    assert {frozenset(one) for one in found.fresh} == {frozenset(ORGANS), frozenset(PARKING), frozenset({6})}
    assert group({}, {}, (), lexicon).fresh == ()
    later = group({7: "遗体捐献登记手续"}, {10: list(ORGANS.values()), 11: list(PARKING.values())}, (), lexicon)
    assert later.joined == {7: 10}


def test_aside(lexicon):
    assert group_aside({1: "遗体捐献在哪里登记"}, {}, ()).fresh == ((1,),)


def test_how_much_an_entry_would_answer(lexicon):
    ways = {1: [(text, 1) for text in ORGANS.values()], 2: [("天上为什么有云", 1)], 3: [("路边停车位怎么包月", 5)]}
    shares = told_shares(ways, (), Bands(), lexicon)
    assert 0.3 < shares[1] <= 1.0
    assert shares[3] == 1.0  # it came five times, so it comes again


def test_one_wording_said_once_promises_nothing(lexicon):
    assert told_shares({2: [("天上为什么有云", 1)]}, (), Bands(), lexicon) == {2: 0.0}


FILE = HEADER + entry() + entry("rsj-002", "失业金怎么领", "没工作", "长期") + entry("rsj-003", "退休")
ENTRIES = parse(FILE, Path("x")).entries
FARED = {"rsj-002": Fared(9, 9), "rsj-003": Fared(3, 0, 0, 3)}
LISTS = {
    "by calls": (Asked(), ["rsj-002", "rsj-003", "rsj-001"]),
    "by what went wrong": (Asked(order="wrong"), ["rsj-003", "rsj-002", "rsj-001"]),
    "by id": (Asked(order="id"), ["rsj-001", "rsj-002", "rsj-003"]),
    "by expiry": (Asked(order="until"), ["rsj-001", "rsj-003", "rsj-002"]),
    "nonsense": (Asked(order="x", page=-3), ["rsj-002", "rsj-003", "rsj-001"]),
    "what the matcher finds, then what holds it": (Asked(words="失业"), ["rsj-003", "rsj-002"]),
    "an id": (Asked(words="rsj-001"), ["rsj-001", "rsj-003"]),
    "another department": (Asked("gjj"), []),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists(name):
    asked, ids = LISTS[name]
    assert [one.id for one in listed(ENTRIES, FARED, asked, lambda words: ["rsj-003"]).entries] == ids


def test_the_last_page_is_as_far_as_it_goes():
    many = [entry for _ in range(20) for entry in ENTRIES]
    found = listed(many, {}, Asked(page=9), lambda words: [])
    assert (found.page, found.pages, found.total, len(found.entries)) == (3, 3, 60, 10)


NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def test_seasons():
    fridays = [NOW - timedelta(days=4, weeks=n) for n in range(12)]
    found = season(fridays, NOW)
    assert found.peak_weekday == 4
    assert found.peak_month is None  # a quarter is no year
    assert sum(found.weeks) == 11
    september = [datetime(2026, 9, 1 + n % 28, 3, 0, tzinfo=UTC) for n in range(20)]
    found = season([NOW - timedelta(days=330), *september], NOW)
    assert (found.peak_month, found.peak_weekday) == (9, None)
    assert season([], NOW).weeks == (0,) * 12


def test_what_an_entry_would_save():
    saving = Saving(36, 0.75, helped([Fared(20, 15, 2, 3)]))
    assert saving.a_month == 12
    assert saving.saved == round(12 * 0.75 * 17 / 20)
    assert Saving(36, None, 0.9).saved is None
    assert helped([Fared(3, 3)]) is None


def test_the_draft_of_an_entry(lexicon):
    wordings = [Wording(n, text, 9 - n) for n, text in ORGANS.items()]
    wordings += [
        Wording(8, "我叫某某要捐献遗体", 1),
        Wording(9, "请问一下遗体捐献在哪里登记呢", 1),
        Wording(10, "长" * 40, 1),
    ]
    assert variants_of(wordings, lexicon) == list(ORGANS.values())
    assert {"遗体", "捐献"} & set(keywords_of(wordings, lexicon))
    text = entry_text("rsj-012", ORGANS[1], wordings, lexicon, NOW.date())
    found = parse(HEADER + text, Path("x")).entries[0]
    assert (found.id, found.question, found.variants) == ("rsj-012", ORGANS[1], (ORGANS[2], ORGANS[3]))
    assert str(found.valid_to) == "2026-12-31"


def test_side_by_side():
    rows = side_by_side("甲\n乙\n丙", "甲\n乙二\n丙\n丁")
    assert [(row.left, row.right) for row in rows] == [("甲", "甲"), ("乙", "乙二"), ("丙", "丙"), (None, "丁")]
    assert [row.same for row in rows] == [True, False, True, False]


class Recorded:
    """Has one recording."""

    def audio(self, clip, slow=False):
        return b"\xff" * 800 if clip.text == "录过的" else None


def test_listening(tmp_path, monkeypatch):
    listening = Listening(Recorded(), tmp_path / "trials")
    found = listening.hear("answers/a-1", "录过的")
    assert (found.sound, found.key) == (Sound.RECORDED, "answers/a-1")
    assert listening.wav("answers/a-1", "录过的")[:4] == b"RIFF"
    assert listening.hear("answers/a-1", "").sound is Sound.NONE
    assert listening.hear("answers/a-1", "没录过", make=False).sound is Sound.NONE
    assert listening.wav("answers/a-2") is None
    assert listening.wav("../secret") is None
    assert listening.wav("0" * 32) is None


def test_listening_to_what_was_made(tmp_path):
    """As the process that speaks would leave it."""
    listening = Listening(Recorded(), tmp_path / "trials")
    made = listening._finished("a" * 32, _done(np.full(800, 255, np.uint8).tobytes()))
    assert made.sound is Sound.RENDERED
    assert listening.wav("a" * 32)[:4] == b"RIFF"


def _done(audio):
    from concurrent.futures import Future

    future = Future()
    future.set_result(audio)
    return future
