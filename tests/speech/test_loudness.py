import numpy as np
import pytest

from voicebot.speech.loudness import active_level, high_pass, limit, normalise, trim

RATE = 8000


def tone(hertz=500.0, seconds=1.0, level=1.0):
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def quiet(seconds):
    return np.zeros(round(seconds * RATE), np.float32)


def bursts(level):
    """Noise in words of 0.3 s with pauses of 1 s: as peaky as speech."""
    noise = np.random.default_rng(1).standard_normal(RATE * 3 // 10) * level
    return np.concatenate([np.concatenate([noise, quiet(1)]) for _ in range(4)]).astype(np.float32)


def db(factor):
    return 20 * np.log10(factor)


def test_level_of_a_full_scale_sine():
    assert active_level(tone(), RATE) == pytest.approx(-3.01, abs=0.01)


def test_pauses_do_not_count():
    with_pauses = np.concatenate([tone(), quiet(3), tone(), quiet(3)])
    # P.56 counts 0.2 s after each word: 2.4 s of 8 s are active
    assert active_level(with_pauses, RATE) == pytest.approx(-3.01 + 10 * np.log10(2 / 2.4), abs=0.1)


@pytest.mark.parametrize("level", [0.003, 0.05, 0.3, 1.0])
def test_every_recording_comes_out_equally_loud_and_unclipped(level):
    out = normalise(bursts(level), RATE)
    assert active_level(out, RATE) == pytest.approx(-20, abs=0.2)
    assert db(np.abs(out).max()) <= -1


def test_peaks_are_held_back_not_cut():
    loud = bursts(0.6)
    ceiling = 10 ** (-1 / 20)
    out = limit(loud, RATE)
    assert np.abs(out).max() <= ceiling + 1e-6
    over, at_ceiling = np.sum(np.abs(loud) > ceiling), np.sum(np.abs(out) > 0.999 * ceiling)
    assert at_ceiling < over / 10, "a clipped signal would sit at its ceiling"


def test_silence_and_hiss_are_not_pulled_up():
    hiss = tone(level=0.0005)
    assert np.array_equal(normalise(hiss, RATE), hiss)
    assert active_level(quiet(1), RATE) == float("-inf")
    assert normalise(quiet(0), RATE).size == 0


def test_rumble_below_the_telephone_band_goes_and_speech_stays():
    assert np.abs(high_pass(tone(60), RATE)[800:-800]).max() < 0.01
    assert high_pass(tone(400), RATE) == pytest.approx(tone(400), abs=0.02)


def test_limit_leaves_what_is_low_enough_alone():
    assert np.array_equal(limit(tone(level=0.5), RATE), tone(level=0.5))


@pytest.mark.parametrize(("before", "after"), [(1.0, 2.0), (0.0, 0.0), (0.03, 0.5)])
def test_silence_around_speech_is_cut_or_padded_to_measure(before, after):
    out = trim(np.concatenate([quiet(before), tone(seconds=0.5, level=0.3), quiet(after)]), RATE)
    loud = np.flatnonzero(np.abs(out) > 0.01)
    assert loud[0] / RATE == pytest.approx(0.05, abs=0.006)
    assert (out.size - loud[-1]) / RATE == pytest.approx(0.12, abs=0.006)


def test_trim_leaves_silence_alone():
    assert trim(quiet(1), RATE).size == RATE
