"""Where a simulated caller's turns come from."""

import io

import numpy as np
import pytest
import soundfile

from voicebot.errors import ContentError
from voicebot.lines.turns import Pressed, Said, Stayed, TimedKey, key_from, sounded, typed_turns


@pytest.mark.parametrize(
    ("text", "turn"),
    [
        ("0", Pressed("0")),
        ("#", Pressed("#")),
        (" * ", Pressed("*")),
        ("0@2.5", TimedKey(2.5, "0")),
        ("9@0", TimedKey(0.0, "9")),
        ("1@1e1", TimedKey(10.0, "1")),
    ],
)
def test_keys(text, turn):
    assert key_from(text) == turn


@pytest.mark.parametrize("text", ["", "a", "10", "@2", "0@", "0@x", "0@-1", "0@nan", "0@inf", "0@1@2"])
def test_what_is_no_key(text):
    with pytest.raises(ValueError, match=r".*"):
        key_from(text)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 1), (44100, 2), (48000, 6)])
def test_a_sound_of_any_rate_and_channels_comes_through_the_telephone(tmp_path, rate, channels):
    at = np.arange(rate) / rate
    wave = np.repeat((0.5 * np.sin(2 * np.pi * 440 * at))[:, None], channels, axis=1)
    soundfile.write(tmp_path / "a.wav", wave, rate)
    turn = sounded(tmp_path / "a.wav")
    assert (turn.name, turn.pcm.dtype, len(turn.pcm)) == ("a.wav", np.int16, 8000)
    spectrum = np.abs(np.fft.rfft(turn.pcm.astype(float)))
    assert spectrum.argmax() == 440
    assert np.abs(turn.pcm).max() == pytest.approx(0.5 * 32767, rel=0.05)


@pytest.mark.parametrize("content", [b"", b"not a sound", b"RIFF\x00\x00\x00\x00WAVE"])
def test_a_sound_that_cannot_be_read_is_said_so(tmp_path, content):
    (tmp_path / "b.wav").write_bytes(content)
    with pytest.raises(ContentError, match=r"b\.wav"):
        sounded(tmp_path / "b.wav")


def test_typed_lines():
    lines = ["社保卡丢了\n", "1\n", "＃\n", "\n", "12\n", "q\n", "never read\n"]
    assert list(typed_turns(lines)) == [Said("社保卡丢了"), Pressed("1"), Pressed("#"), Stayed(4.0), Said("12")]


def test_a_line_is_read_only_when_it_is_wanted():
    typing = io.StringIO("甲\n乙\n")
    assert next(typed_turns(typing)) == Said("甲")
    assert typing.read() == "乙\n"
