"""A person alone, stepped by hand: time is data."""

import pytest
import soundfile

from voicebot.audio import FRAME_S
from voicebot.errors import OperatorError
from voicebot.switchboard import sound
from voicebot.switchboard.callee import Behaviour, Callee, directory_from
from voicebot.switchboard.caller import (
    AfterBeep,
    At,
    Bridged,
    HangUp,
    Idle,
    Into,
    Person,
    Press,
    Ringing,
    Say,
    Sense,
    say_file,
)
from voicebot.switchboard.clips import Clip, ClipIndex, clips_from
from voicebot.switchboard.latency import latencies
from voicebot.switchboard.result import Heard, Latency, Said

WORDS = sound.tone((300.0,), 0.4)


def live(script, line, seconds=20.0):
    """What a person does, as (time, act), while `line(t)` says what they notice."""
    person = Person(script, seed=1)
    did = []
    for tick in range(round(seconds / FRAME_S)):
        now = tick * FRAME_S
        acted = person.step(line(now))
        did += [(round(now, 2), key) for key in acted.keys]
        if acted.hang_up:
            did.append((round(now, 2), "hang up"))
            break
    return did + [(round(item.t, 2), item.name) for item in person.said]


def speaks(*spans, ringing=(0, 0), bridged=(0, 0)):
    return lambda now: Sense(
        now,
        any(begin <= now < end for begin, end in spans),
        ringing[0] <= now < ringing[1],
        bridged[0] <= now < bridged[1],
    )


@pytest.mark.parametrize(
    ("script", "line", "did"),
    [
        ([Press("1", At(0.5)), HangUp(At(1.0))], speaks(), [(0.5, "1"), (1.0, "hang up")]),
        ([Press("12", At(0.5)), HangUp(At(0.5))], speaks(), [(0.5, "1"), (0.5, "2"), (0.52, "hang up")]),
        ([HangUp(Idle(0.6))], speaks((0, 1), (1.3, 2)), [(2.58, "hang up")]),
        ([HangUp(Idle(0.6, patience=3))], speaks(), [(3.0, "hang up")]),
        ([HangUp(Into(0.5))], speaks((1, 3)), [(1.5, "hang up")]),
        ([Say(WORDS, "q", Idle(0.5)), HangUp(Idle(0.5))], speaks((0, 1), (2.5, 3)), [(3.48, "hang up"), (1.48, "q")]),
        ([Press("1", Into(0.5)), HangUp(Into(0.5))], speaks((0, 2), (3, 5)), [(0.5, "1"), (1.02, "hang up")]),
        ([HangUp(Ringing(2))], speaks((0, 1), ringing=(1, 9)), [(3.0, "hang up")]),
        ([HangUp(Idle(0.6, patience=3))], speaks((0, 1), ringing=(1, 9)), [(9.58, "hang up")]),
        ([Press("1", Idle(9)), HangUp(Bridged(2))], speaks(bridged=(1, 9)), [(3.0, "hang up")]),
    ],
)
def test_cues(script, line, did):
    close(live(script, line), did)


def close(did, expected):
    assert [name for _, name in did] == [name for _, name in expected]
    for (at, _), (wanted, _) in zip(did, expected, strict=True):
        assert at == pytest.approx(wanted, abs=0.05)


def test_waiting_for_the_beep():
    line = lambda now: Sense(now, now < 1 or 2 <= now < 2.4, beep=2 <= now < 2.4)  # noqa: E731
    close(live([HangUp(AfterBeep(0.3))], line), [(2.68, "hang up")])


def test_an_answer_is_what_the_line_says_after_reacting():
    """The tail of the old prompt just after our words is not the answer to wait for."""
    did = live([Say(WORDS, "q", Into(0.5)), HangUp(Idle(0.5, patience=30))], speaks((0, 1.1), (3, 4)))
    close(did, [(4.48, "hang up"), (0.5, "q")])


def test_a_quiet_line_is_noise_around_zero():
    frame = Person([], seed=1).step(Sense(0.0)).frame
    assert len(frame) == 160
    assert set(frame) <= {0x7E, 0x7F, 0xFE, 0xFF}
    assert len(set(frame)) > 1
    assert not sound.audible(frame)


@pytest.mark.parametrize(
    ("audio", "span"),
    [
        (b"\xff" * 1600 + WORDS + b"\xff" * 800, (1600, 4800)),
        (b"\xff" * 1600, (0, 0)),
        (b"", (0, 0)),
        (WORDS[:200], (0, 200)),
    ],
)
def test_the_span_of_what_is_said(audio, span):
    assert sound.voiced_span(audio) == span


def test_the_span_leaves_out_a_recordings_own_noise():
    noise = sound.tone((100.0,), 1.0, level=0.004)
    first, last = sound.voiced_span(noise + WORDS + noise)
    assert (first, last) == (8000, 11200)


def test_files_go_through_the_telephone(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, [[0.1, 0.1]] * 4410, 44100)
    assert len(say_file(path).audio) == 800
    (tmp_path / "b.wav").write_text("no sound")
    with pytest.raises(OperatorError, match=r"b\.wav"):
        say_file(tmp_path / "b.wav")


def test_the_directory():
    directory = directory_from(["8001=busy", "+15005550007=decline@2.5", "07=failed", "*=noanswer"])
    assert directory.find("+15005550007") == Callee(Behaviour.DECLINE, pickup_s=2.5)
    assert directory.find("+15005558001").behaviour is Behaviour.BUSY
    assert directory.find("+15005550006", "ww8001").behaviour is Behaviour.BUSY
    assert directory.find("+15005550107").behaviour is Behaviour.FAILED
    assert directory.find("+15005550006").behaviour is Behaviour.NO_ANSWER
    assert directory_from([]).find("+15005550006").behaviour is Behaviour.ACCEPT


@pytest.mark.parametrize("answer", ["8001", "8001=maybe", "8001=busy@", "=busy"])
def test_the_directory_refuses_nonsense(answer):
    with pytest.raises(OperatorError):
        directory_from([answer])


@pytest.mark.parametrize(
    ("audible", "expected"),
    [
        ([(0.0, 0.5), (2.4, 4.0)], (2.4, 0.4, False)),
        ([(1.5, 2.2), (2.6, 4.0)], (2.6, 0.6, True)),
        ([(1.5, 2.2)], (None, None, True)),
        ([], (None, None, False)),
        ([(9.0, 10.0)], (None, None, False)),
    ],
)
def test_latency(audible, expected):
    said = [Said(1.0, 2.0, "one"), Said(8.0, 8.5, "two")]
    first = latencies(said, audible, [Heard(2.4, 4.0, "say")])[0]
    wanted = Latency("one", 2.0, expected[0], pytest.approx(expected[1]), overlapped=expected[2])
    wanted.kind = "say" if expected[0] in (2.4, 2.6) else ""
    assert first == wanted


def test_a_message_waits_for_no_answer():
    heard = [Heard(0.0, 1.0, "media"), Heard(4.0, 4.5, "beep"), Heard(13.0, 14.0, "media")]
    said = [Said(1.5, 2.0, "a question"), Said(5.0, 7.0, "a message"), Said(15.0, 16.0, "another question")]

    assert [item.is_wait for item in latencies(said, [(13.0, 14.0)], heard)] == [True, False, True]


def test_a_second_thing_said_has_its_own_latency():
    said = [Said(1.0, 2.0, "one"), Said(8.0, 8.5, "two")]
    assert [item.seconds for item in latencies(said, [(9.0, 10.0)], [])] == [None, 0.5]


def clip(name, text, *frequencies):
    return Clip(name, text, sound.tone(tuple(map(float, frequencies)), 1.0))


def test_clips_are_recognised_by_their_bytes_also_when_cut_short():
    hello, lost, long = clip("hello", "您好。", 300), clip("lost", "补办。", 500), clip("long", "长。", 700)
    twin = Clip("twin", "您好吗。", hello.ulaw[:6000] + long.ulaw)
    index = ClipIndex([twin, hello, lost, long])
    heard = [
        Heard(0, 1, "media", audio=bytearray(b"\xff" * 100 + hello.ulaw + lost.ulaw)),
        Heard(2, 3, "media", audio=bytearray(long.ulaw[:5000])),
        Heard(4, 5, "media", audio=bytearray(clip("other", "", 900).ulaw)),
        Heard(6, 7, "media", audio=bytearray(twin.ulaw)),
        Heard(8, 9, "say", "说的话"),
    ]
    named = index.name(heard)
    assert [(item.t, item.clips, item.text) for item in named] == [
        (0.0125, ["hello"], "您好。"),
        (1.0125, ["lost"], "补办。"),
        (2, ["long…"], "长。…"),
        (4, [], ""),
        (6, ["twin"], "您好吗。"),
        (8, [], "说的话"),
    ]
    assert named[1].end == 1


def test_unknown_sound_around_a_clip_is_kept():
    hello, other = clip("hello", "您好。", 300), clip("other", "", 900).ulaw
    heard = [Heard(0, 3, "media", audio=bytearray(other + hello.ulaw + other))]
    named = ClipIndex([hello]).name(heard)
    assert [(item.t, item.end, item.clips) for item in named] == [(0, 1, []), (1, 2, ["hello"]), (2, 3, [])]


@pytest.mark.parametrize(
    "manifest",
    [
        '[{"file": "a.wav", "text": "您好"}]',
        '{"a": {"file": "a.wav", "text": "您好"}}',
        '{"a": {"text": "您好"}}',
        '{"clips": [{"name": "a", "text": "您好"}]}',
        '{"a.wav": "您好"}',
    ],
)
def test_the_folder_of_recordings(tmp_path, manifest):
    folder = tmp_path / "prompts"
    folder.mkdir()
    soundfile.write(folder / "a.wav", [0.0] * 800 + [0.3, -0.3] * 4000, 8000)
    (folder / "manifest.json").write_text(manifest, "utf-8")
    heard = [Heard(0, 1, "media", audio=bytearray(say_file(folder / "a.wav").audio))]
    (named,) = clips_from(tmp_path).name(heard)
    assert (named.clips, named.text) == (["prompts/a"], "您好")
