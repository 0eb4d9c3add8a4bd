"""Pacing, with time as data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot import audio
from voicebot.twilio.playout import LOST_MARK_S, Playout, SendAudio, SendMark


def speech(seconds):
    """Audio in which every 10 ms differ from their neighbours."""
    return b"".join(bytes([n % 200]) * 80 for n in range(round(seconds * 100)))


def length(items):
    return sum(audio.seconds(item.ulaw) for item in items if isinstance(item, SendAudio))


def marks(items):
    return [item.mark for item in items if isinstance(item, SendMark)]


PACE = {
    # id: (lead, seconds of audio, [(now, seconds sent by then in all)])
    "short enough for the lead": (0.3, 0.2, [(10.0, 0.2), (10.1, 0.2)]),
    "the lead at once, then real time": (
        0.3,
        1.0,
        [(10.0, 0.3), (10.1, 0.4), (10.2, 0.5), (10.5, 0.8), (10.6, 0.9), (10.7, 1.0)],
    ),
    "less than a chunk passes": (0.3, 1.0, [(10.0, 0.3), (10.05, 0.3), (10.1, 0.4)]),
    "after a stall, no burst": (0.3, 9.0, [(10.0, 0.3), (12.0, 0.6), (12.1, 0.7)]),
    "the least lead": (0.04, 1.0, [(10.0, 0.04), (10.02, 0.06), (10.06, 0.10)]),
    "a clock near zero": (0.3, 1.0, [(0.0, 0.3), (0.1, 0.4)]),
    "nothing": (0.3, 0.0, [(10.0, 0.0)]),
}


@pytest.mark.parametrize(("lead", "seconds", "steps"), PACE.values(), ids=PACE.keys())
def test_pace(lead, seconds, steps):
    playout = Playout(lead)
    playout.add("1", speech(seconds))

    sent = 0.0
    for now, in_all in steps:
        sent += length(playout.due(now))
        assert sent == pytest.approx(in_all)


@given(
    lead=st.floats(0.04, 2.0),
    lengths=st.lists(st.integers(0, 20_000), max_size=4),
    steps=st.lists(st.floats(0, 3.0), min_size=1, max_size=60),
)
def test_never_more_than_the_lead_ahead_and_nothing_lost(lead, lengths, steps):
    playout = Playout(lead)
    pieces = [speech(1)[:80] * (n // 80) for n in lengths]
    for n, piece in enumerate(pieces):
        playout.add(str(n), piece)
    now, played_until, sent = 5.0, 0.0, []
    for step in [*steps, *[lead / 2] * (2 * sum(lengths) // 80)]:
        for item in playout.due(now):
            sent.append(item)
            if isinstance(item, SendAudio):
                played_until = max(played_until, now) + audio.seconds(item.ulaw)
        assert played_until <= now + lead + 1e-6
        now += step

    assert b"".join(i.ulaw for i in sent if isinstance(i, SendAudio)) == b"".join(pieces)
    assert len(marks(sent)) == len(pieces)


def test_a_mark_follows_its_audio():
    playout = Playout(0.3)
    playout.add("1", speech(0.15))
    playout.add("2", speech(0.1))

    kinds = [type(item) for item in playout.due(10.0)]

    assert kinds == [SendAudio, SendAudio, SendMark, SendAudio, SendMark]


def test_a_mark_waits_for_its_audio():
    playout = Playout(0.3)
    playout.add("1", speech(0.5))

    assert marks(playout.due(10.0)) == []
    assert len(marks(playout.due(10.2))) == 1


def test_a_returned_mark_ends_what_it_followed():
    playout = Playout(0.3)
    playout.add("1", speech(0.1))
    [mark] = marks(playout.due(10.0))

    assert playout.returned(mark) == "1"
    assert playout.returned(mark) is None
    assert playout.returned("never sent") is None


def test_a_cleared_mark_ends_nothing():
    playout = Playout(0.3)
    playout.add("1", speech(0.1))
    [mark] = marks(playout.due(10.0))

    assert playout.clear() is True
    assert playout.returned(mark) is None


def test_a_cleared_mark_does_not_end_what_follows_under_the_same_name():
    playout = Playout(0.3)
    playout.add("leave", speech(0.1))
    [old] = marks(playout.due(10.0))
    playout.clear()
    playout.add("leave", speech(0.1))
    [new] = marks(playout.due(10.0))

    assert playout.returned(old) is None
    assert playout.returned(new) == "leave"


def test_clear_forgets_what_was_not_sent():
    playout = Playout(0.3)
    playout.add("1", speech(5))
    playout.due(10.0)

    assert playout.clear() is True
    assert playout.due(20.0) == []


def test_after_clear_new_audio_starts_at_once():
    playout = Playout(0.3)
    playout.add("1", speech(5))
    playout.due(10.0)
    playout.clear()
    playout.add("2", speech(5))

    assert length(playout.due(10.05)) == pytest.approx(0.3)


def test_clear_is_needless_when_everything_was_played():
    playout = Playout(0.3)
    assert playout.clear() is False
    playout.add("1", speech(0.1))
    playout.returned(*marks(playout.due(10.0)))

    assert playout.clear() is False


def test_a_late_mark_is_reported_once():
    playout = Playout(0.3)
    playout.add("1", speech(0.2))
    [mark] = marks(playout.due(10.0))
    end = 10.2

    assert playout.overdue(end + LOST_MARK_S - 0.01) == []
    assert playout.overdue(end + LOST_MARK_S + 0.01) == ["1"]
    assert playout.overdue(end + LOST_MARK_S + 9) == []
    assert playout.returned(mark) is None
