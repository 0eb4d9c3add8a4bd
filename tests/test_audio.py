"""G.711 against another implementation, frames, and rates."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from voicebot import audio


def by_libsndfile(pcm):
    file = io.BytesIO()
    soundfile.write(file, pcm, 8000, format="RAW", subtype="ULAW")
    return file.getvalue()


def test_every_byte_decodes_as_libsndfile_does():
    every = bytes(range(256))
    expected, _ = soundfile.read(
        io.BytesIO(every), channels=1, samplerate=8000, format="RAW", subtype="ULAW", dtype="int16"
    )

    assert np.array_equal(audio.ulaw_to_pcm(every), expected)


def test_every_sample_encodes_to_a_nearest_value():
    samples = np.arange(-32768, 32768, dtype=np.int16)
    ours = audio.ulaw_to_pcm(audio.pcm_to_ulaw(samples)).astype(int)
    theirs = audio.ulaw_to_pcm(by_libsndfile(samples)).astype(int)

    assert (np.abs(ours - samples) <= np.abs(theirs - samples)).mean() > 0.98
    assert np.abs(ours - samples).max() <= 644


@given(st.binary(max_size=2000))
def test_decoding_and_encoding_again_changes_only_the_second_zero(ulaw):
    again = audio.pcm_to_ulaw(audio.ulaw_to_pcm(ulaw))

    assert again == ulaw.replace(b"\x7f", b"\xff")


@given(st.binary(max_size=1000))
def test_frames_are_whole_and_lose_nothing(ulaw):
    frames = list(audio.frames(ulaw))

    assert all(len(frame) == audio.FRAME_BYTES for frame in frames)
    assert b"".join(frames)[: len(ulaw)] == ulaw


def test_silence():
    assert audio.seconds(audio.silence(0.5)) == 0.5
    assert not audio.ulaw_to_pcm(audio.silence(0.1)).any()


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_tone_survives_the_telephone(rate):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)
    heard = audio.pcm_to_float(audio.ulaw_to_pcm(audio.telephone(tone, rate)))

    assert len(heard) == pytest.approx(8000, abs=2)
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) * 8000 / len(heard) == pytest.approx(440, abs=2)


def test_too_loud_is_clipped_not_wrapped():
    assert audio.float_to_pcm(np.array([2.0, -2.0], dtype=np.float32)).tolist() == [32767, -32768]
