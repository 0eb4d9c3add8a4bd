"""What is promised and announced, as it comes out of the telephone: the record, the words, and the sound of them."""

from datetime import datetime, time, timedelta

import pytest
from pypinyin import lazy_pinyin
from rapidfuzz.distance import Levenshtein

from tests.e2e.conftest import heard
from tests.e2e.people import BUSY, accept, bye, office
from tests.open_hours import TODAY, hours
from voicebot import wiring
from voicebot.audio import ulaw_to_pcm
from voicebot.dialogue.spoken_time import time_clips
from voicebot.speech import models
from voicebot.speech.files import hear_samples
from voicebot.speech.pool import SpeechPool
from voicebot.staffing.calendar import ZONE
from voicebot.switchboard.caller import At, Bridged, HangUp

HOLIDAY = hours('["08:30-12:00", "13:30-17:30"]', days=[0, 1, 2])
BACK_AT = datetime.combine(TODAY + timedelta(days=3), time(10, 30), ZONE)
"""Two working hours after the office opens again."""
MOST_WRONG = 0.45
"""Share of syllables. Of all pairs of announcements one in 150 is as near as that; half share no syllable at all."""


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    with office(tmp_path_factory.mktemp("closed"), calendar=HOLIDAY, more={"VOICEBOT_DESK_NUMBER": ""}) as made:
        yield made


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    with office(tmp_path_factory.mktemp("open"), more={"VOICEBOT_DESK_NUMBER": ""}) as made:
        yield made


@pytest.fixture(scope="module")
def pool():
    with SpeechPool(models.find("bundled"), 1, wiring.tuning()) as pool:
        assert pool.wait_ready(20)
        yield pool


def test_during_a_holiday_the_promise_is_for_the_day_the_office_opens_again(closed):
    closed.people(a=accept(), b=accept())
    result = closed.call(bye(3.0))

    assert closed.outcomes(result) == [("", "nobody")], "nobody is rung on a holiday"
    assert "prompts/nobody_closed" in heard(result)
    assert closed.tickets(result) == [("call", "assigned", "a", "")]
    ((respond_by,),) = closed.rows("SELECT respond_by FROM tickets WHERE call_id = ?", result.identity.call)
    assert datetime.fromisoformat(respond_by + "+00:00") == BACK_AT
    said = [clip.name for clip in time_clips(BACK_AT, datetime.now(ZONE))]
    names = heard(result)
    begin = names.index("prompts/promise_lead") + 1
    assert names[begin : begin + len(said) + 1] == [*said, "prompts/promise_tail"]


def sounds(result, first, last):
    """The sound of what a party heard from one recording to another, and the words it should be."""
    pieces = [piece for piece in result.heard if piece.kind in ("media", "play") and piece.clips]
    names = [piece for piece in pieces if {first, last} & set(piece.clips)]
    assert names, heard(result)
    chosen = pieces[pieces.index(names[0]) : pieces.index(names[-1]) + 1]
    return b"".join(bytes(piece.audio) for piece in chosen), "".join(piece.text for piece in chosen)


def syllables(text):
    return lazy_pinyin("".join(ch for ch in text if ch.isalnum()))


def wrong(pool, ulaw, text):
    """Share of syllables that a recogniser hears otherwise."""
    return Levenshtein.distance(syllables(hear_samples(pool, ulaw_to_pcm(ulaw)).text), syllables(text)) / len(
        syllables(text)
    )


def test_the_promised_time_is_heard(closed, pool):
    closed.people(a=accept(), b=accept())
    result = closed.call(bye(3.0))

    ulaw, text = sounds(result, "prompts/registered", "prompts/promise_tail")
    assert "上午十点半" in text
    assert wrong(pool, ulaw, text) <= MOST_WRONG


def test_the_whisper_and_the_announcements_are_heard(here, pool):
    here.people(a=BUSY, b=accept(pickup_s=14.0, talk_s=2.0))
    result = here.call(HangUp(Bridged(1.0)), HangUp(At(60.0)))

    ulaw, text = sounds(result, "prompts/ringing_wait", "prompts/wait_keys")
    assert "按一登记回电" in text
    assert wrong(pool, ulaw, text) <= MOST_WRONG
    whisper = next(leg for leg in result.legs if leg.heard)
    ulaw, text = sounds(whisper, "prompts/whisper_fault", "prompts/whisper")
    assert text.endswith("请按一接听。")
    assert wrong(pool, ulaw, text) <= MOST_WRONG
