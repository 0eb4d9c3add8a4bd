import numpy as np

from voicebot.audio import pcm_to_ulaw, ulaw_to_pcm
from voicebot.switchboard.phone import Bridge
from voicebot.switchboard.playback import Playback


class Marks(list):
    def set(self, playback, name):
        playback.then(lambda: self.append(name))


def pulled(playback):
    return b"".join(piece.ulaw for piece in playback.pull())


def test_audio_is_played_in_order_in_frames_of_20_ms():
    playback = Playback()
    playback.add(b"a" * 200, "media")
    playback.add(b"b" * 150, "media")
    assert playback.buffered_s == 350 / 8000
    assert [pulled(playback) for _ in range(4)] == [b"a" * 160, b"a" * 40 + b"b" * 120, b"b" * 30, b""]


def test_a_mark_returns_when_the_audio_before_it_has_been_heard():
    playback, marks = Playback(), Marks()
    playback.add(b"a" * 320, "media")
    marks.set(playback, "one")
    playback.add(b"b" * 160, "media")
    marks.set(playback, "two")
    seen = []
    for _ in range(5):
        playback.pull()
        seen.append(list(marks))
    assert seen == [[], [], ["one"], ["one", "two"], ["one", "two"]]


def test_a_mark_returns_at_once_when_nothing_is_buffered():
    playback, marks = Playback(), Marks()
    marks.set(playback, "now")
    assert marks == ["now"]


def test_a_mark_waits_while_the_last_audio_is_still_sounding():
    playback, marks = Playback(), Marks()
    playback.add(b"a" * 160, "media")
    playback.pull()
    marks.set(playback, "later")
    assert marks == []
    playback.pull()
    assert marks == ["later"]
    assert playback.idle


def test_clear_returns_pending_marks_in_order_and_drops_the_audio():
    playback, marks = Playback(), Marks()
    for name in ("one", "two", "three"):
        playback.add(b"a" * 1600, "media")
        marks.set(playback, name)
    playback.pull()
    playback.clear()
    assert marks == ["one", "two", "three"]
    assert pulled(playback) == b""
    assert playback.buffered_s == 0.0
    marks.set(playback, "after")
    assert marks[-1] == "after"


def test_clear_with_nothing_pending_does_nothing():
    playback = Playback()
    playback.clear()
    playback.add(b"a", "media")
    assert pulled(playback) == b"a"


class Quiet:
    bridge, bridged = None, False


def test_phones_on_a_bridge_hear_each_other_and_late_ticks_lose_nothing():
    bridge, one, two = Bridge(), Quiet(), Quiet()
    bridge.join(one)
    assert not one.bridged
    bridge.join(two)
    assert one.bridged
    frames = [bytes([n]) * 160 for n in range(6)]
    for frame in frames:
        assert bridge.exchange(one, frame) == b""
    assert [bridge.exchange(two, b"") for _ in range(7)] == [*frames, b""]
    bridge.leave(two)
    assert not one.bridged


def test_three_phones_hear_the_sum_of_the_others():
    bridge, phones = Bridge(), [Quiet() for _ in range(3)]
    for phone in phones:
        bridge.join(phone)
    loud = pcm_to_ulaw(np.full(160, 1000, np.int16))
    bridge.exchange(phones[0], loud)
    bridge.exchange(phones[1], loud)
    total = ulaw_to_pcm(bridge.exchange(phones[2], loud))
    assert abs(int(total[0]) - 2000) < 80
