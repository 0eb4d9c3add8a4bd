"""Voice or not: the network against its original, key tones, noise, quiet callers."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voicebot.speech.gain import MOST, TARGET, Leveller
from voicebot.speech.silero import CHUNK, Silero
from voicebot.speech.tones import is_key_tone
from voicebot.speech.vad import VoiceActivity

CALLERS = Path(__file__).parents[2] / "recordings" / "callers"
KEYS = {
    **dict(zip("123A", [(697, f) for f in (1209, 1336, 1477, 1633)], strict=True)),
    **dict(zip("456B", [(770, f) for f in (1209, 1336, 1477, 1633)], strict=True)),
    **dict(zip("789C", [(852, f) for f in (1209, 1336, 1477, 1633)], strict=True)),
    **dict(zip("*0#D", [(941, f) for f in (1209, 1336, 1477, 1633)], strict=True)),
}
TIME = np.arange(8000) / 8000


def tones(*pitches, level=4000.0):
    return sum(level * np.sin(2 * np.pi * pitch * TIME) for pitch in pitches).astype(np.int16)


def frames(pcm):
    return [pcm[start : start + 160] for start in range(0, len(pcm) - 159, 160)]


def voiced_share(pcm):
    activity = VoiceActivity()
    return np.mean([activity.voiced(frame) for frame in frames(pcm)])


def synthetic_vowel():
    """A second of a vowel with moving pitch, float, -1 to 1."""
    pitch = 120 + 40 * np.sin(2 * np.pi * 3 * TIME)
    phase = 2 * np.pi * np.cumsum(pitch) / 8000

    def formants(f):
        return sum(a * np.exp(-(((f - c) / w) ** 2)) for c, w, a in ((600, 150, 1), (1200, 200, 0.6), (2500, 300, 0.3)))

    voice = sum(formants(k * pitch) * np.sin(k * phase) for k in range(1, 28))
    return (0.1 * voice * (0.5 + 0.5 * np.sin(2 * np.pi * 4 * TIME))).astype(np.float32)


def test_the_network_gives_what_the_original_gives():
    """The expected values are those of ONNX Runtime with silero-vad 6.2.3 on the same samples."""
    network, vowel = Silero(), synthetic_vowel()

    heard = [network.probability(vowel[start : start + CHUNK]) for start in range(0, 8000 - CHUNK + 1, CHUNK)]

    assert heard == pytest.approx(ORIGINAL, abs=0.01)


ORIGINAL = [
    *(0.291, 0.2185, 0.3771, 0.2086, 0.5638, 0.9233, 0.9593, 0.8472, 0.8622, 0.7883, 0.7294, 0.7841, 0.8979, 0.9573),
    *(0.9665, 0.924, 0.9342, 0.8302, 0.6967, 0.6883, 0.8303, 0.9537, 0.9647, 0.9517, 0.8722, 0.839, 0.7621, 0.8297),
    *(0.9079, 0.944, 0.9439),
]


def test_a_network_that_was_reset_remembers_nothing():
    network, chunk = Silero(), synthetic_vowel()[2048 : 2048 + CHUNK]
    first = network.probability(chunk)
    assert network.probability(chunk) != first

    network.reset()

    assert network.probability(chunk) == first


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("level", [300.0, 4000.0, 14000.0], ids=["quiet", "usual", "loud"])
def test_every_key_is_known_by_its_tones(key, level):
    assert all(is_key_tone(frame) for frame in frames(tones(*KEYS[key], level=level)))


@pytest.mark.parametrize(
    "pcm",
    [
        pytest.param(tones(697), id="one tone of a key"),
        pytest.param(tones(450), id="ringing"),
        pytest.param(tones(697, 770), id="two low tones"),
        pytest.param(tones(697, 1209, 2500), id="a chord"),
        pytest.param(tones(697, level=8000.0) + tones(1209, level=800.0), id="too unequal"),
        pytest.param(tones(697, 1209, level=50.0), id="too quiet"),
        pytest.param(np.zeros(8000, np.int16), id="silence"),
        pytest.param(np.random.default_rng(1).normal(0, 3000, 8000).astype(np.int16), id="noise"),
    ],
)
def test_what_is_no_key(pcm):
    assert not any(is_key_tone(frame) for frame in frames(pcm))


@pytest.mark.parametrize(
    "pcm",
    [
        pytest.param(np.zeros(40000, np.int16), id="dead line"),
        pytest.param(np.tile(np.array([8, -8], np.int16), 20000), id="idle code"),
        pytest.param(np.random.default_rng(2).normal(0, 30, 40000).astype(np.int16), id="comfort noise"),
        pytest.param(np.random.default_rng(3).normal(0, 2000, 40000).astype(np.int16), id="loud noise"),
        pytest.param(np.tile(tones(450), 5), id="ringing"),
        pytest.param(np.tile(np.concatenate((tones(450)[:2800], np.zeros(2800, np.int16))), 7), id="busy tone"),
        pytest.param(np.concatenate([tones(*KEYS[key])[:2000] for key in "1234567890"]), id="keys"),
        pytest.param(np.tile(tones(262, 330, 392), 5), id="a held chord"),
    ],
)
def test_what_is_no_voice(pcm):
    assert voiced_share(pcm) < 0.02


def spoken():
    """Sample callers who say words; a hum (mm) may be missed when it is quiet."""
    return [path for path in sorted(CALLERS.glob("*.wav")) if not path.name.startswith(("noise", "mm"))]


@pytest.mark.parametrize("level", [1.0, 0.1, 0.03], ids=["as recorded", "20 dB down", "30 dB down"])
def test_callers_are_voices_however_quiet(level):
    for path in spoken():
        pcm, _ = soundfile.read(path, dtype="int16")
        assert voiced_share((pcm * level).astype(np.int16)) > 0.1, path.name


def test_no_frame_of_a_caller_is_a_key():
    for path in spoken():
        pcm, _ = soundfile.read(path, dtype="int16")
        assert not any(is_key_tone(frame) for frame in frames(pcm)), path.name


def test_after_dead_air_a_voice_is_heard_afresh():
    activity = VoiceActivity()
    vowel = (synthetic_vowel() * 32767).astype(np.int16)
    for frame in frames(vowel):
        activity.voiced(frame)

    assert not any(activity.voiced(frame) for frame in frames(np.zeros(8000, np.int16)))
    assert any(activity.voiced(frame) for frame in frames(vowel))


@pytest.mark.parametrize(("level", "expected"), [(50.0, 50.0 * MOST), (1000.0, TARGET), (20000.0, TARGET)])
def test_loudness_is_levelled(level, expected):
    leveller = Leveller()
    noise = np.random.default_rng(4).normal(0, level, 8000).clip(-32768, 32767).astype(np.int16)

    levelled = np.concatenate([leveller.level(frame) for frame in frames(noise)])

    assert np.sqrt(np.mean(levelled[1600:].astype(float) ** 2)) == pytest.approx(expected, rel=0.25)


def test_a_bump_is_forgotten():
    leveller, quiet = Leveller(), tones(300, level=200.0)
    for frame in frames(tones(100, level=32000.0)):
        leveller.level(frame)
    heard = [leveller.level(frame) for _ in range(40) for frame in frames(quiet)]

    assert np.abs(heard[0]).max() < 300
    assert np.abs(heard[-1]).max() > 1000
