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
