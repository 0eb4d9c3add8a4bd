import hashlib
import os
import shutil

import numpy as np
import pytest
import soundfile

from voicebot.audio import RATE, pcm_to_float, pcm_to_ulaw, ulaw_to_pcm
from voicebot.dialogue.commands import Clip
from voicebot.speech.loudness import active_level
from voicebot.speech.recordings import (
    MANIFEST,
    Rendered,
    load_manifest,
    path_of,
    read_rendered,
    replace_file,
    save_manifest,
    wav_bytes,
)
from voicebot.speech.voice import Voice

TEXT = "请直接说您的问题。"
CLIP = Clip("prompts/listening", TEXT)


def tone(hertz, seconds=1.0, rate=RATE, level=0.1):
    """A steady tone; its frequency tells which recording was played."""
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def hertz(ulaw):
    samples = pcm_to_float(ulaw_to_pcm(ulaw))
    return round(float(np.abs(np.fft.rfft(samples)).argmax()) * RATE / samples.size / 100) * 100


def render(folder, name, text, tone_hertz):
    content = wav_bytes(pcm_to_ulaw((tone(tone_hertz) * 32767).astype(np.int16)))
    replace_file(path_of(folder, name), content)
    digest = hashlib.sha256(content).hexdigest()
    save_manifest(folder, {**load_manifest(folder), name: Rendered(text, "zf_test", 1.0, digest, 1.0)})


def record(folder, name, tone_hertz, rate=RATE, **form):
    path = path_of(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = tone(tone_hertz, rate=rate)
    soundfile.write(path, np.stack([samples, samples], axis=1), rate, **form)


FRESH = ("prompts/listening", TEXT, 500)
STALE = ("prompts/listening", "以前的话。", 500)
SLOW_FRESH = ("slow/prompts/listening", TEXT, 700)
SLOW_STALE = ("slow/prompts/listening", "以前的话。", 700)
STAFF = ("prompts/listening", 900)
SLOW_STAFF = ("slow/prompts/listening", 1100)


@pytest.mark.parametrize(
    ("rendered", "recorded", "slow", "heard"),
    [
        pytest.param([], [], False, None, id="nothing"),
        pytest.param([FRESH], [], False, 500, id="rendered"),
        pytest.param([STALE], [], False, None, id="stale is never played"),
        pytest.param([], [STAFF], False, 900, id="staff"),
        pytest.param([FRESH], [STAFF], False, 900, id="staff over rendered"),
        pytest.param([STALE], [STAFF], False, 900, id="staff over stale, whatever the text"),
        pytest.param([FRESH, SLOW_FRESH], [], False, 500, id="normal call, both sets"),
        pytest.param([SLOW_FRESH], [], False, None, id="normal call never hears the slow set"),
        pytest.param([FRESH, SLOW_FRESH], [], True, 700, id="slow"),
        pytest.param([FRESH], [], True, 500, id="slow missing"),
        pytest.param([FRESH, SLOW_STALE], [], True, 500, id="slow stale"),
        pytest.param([STALE, SLOW_STALE], [], True, None, id="both stale"),
        pytest.param([SLOW_STALE], [STAFF], True, 900, id="slow stale, normal by staff"),
        pytest.param([FRESH, SLOW_FRESH], [SLOW_STAFF], True, 1100, id="slow by staff"),
    ],
)
def test_which_recording_is_heard(tmp_path, rendered, recorded, slow, heard):
    for name, text, tone_hertz in rendered:
        render(tmp_path, name, text, tone_hertz)
    for name, tone_hertz in recorded:
        record(tmp_path, name, tone_hertz)
    audio = Voice([tmp_path]).audio(CLIP, slow)
    assert (audio and hertz(audio)) == heard


def test_the_offices_folder_wins_over_the_sample_that_came_with_the_program(tmp_path):
    office, sample = tmp_path / "office", tmp_path / "sample"
    render(sample, *SLOW_FRESH)
    record(office, *STAFF)
    voice = Voice([office, sample])
    assert hertz(voice.audio(CLIP, True)) == 900
    assert hertz(Voice([tmp_path / "none", sample]).audio(CLIP, True)) == 700


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"rate": 44100, "subtype": "PCM_16"}, id="44.1 kHz stereo 16 bit"),
        pytest.param({"rate": 48000, "subtype": "FLOAT"}, id="48 kHz stereo float"),
        pytest.param({"rate": 16000, "subtype": "PCM_24"}, id="16 kHz stereo 24 bit"),
        pytest.param({"rate": 8000, "subtype": "ULAW"}, id="telephone"),
    ],
)
def test_whatever_a_clerk_drops_in_becomes_telephone_audio_of_our_loudness(tmp_path, form):
    record(tmp_path, *STAFF, **form)
    audio = Voice([tmp_path]).audio(CLIP)
    assert hertz(audio) == 900
    assert len(audio) == pytest.approx(1.17 * RATE, rel=0.02)
    assert active_level(pcm_to_float(ulaw_to_pcm(audio)), RATE) == pytest.approx(-20, abs=1.0)


def test_a_slow_call_hears_the_normal_recording_louder_when_there_is_no_slow_one(tmp_path):
    render(tmp_path, *FRESH)
    normal, slow = (pcm_to_float(ulaw_to_pcm(Voice([tmp_path]).audio(CLIP, slow))) for slow in (False, True))
    assert active_level(slow, RATE) == pytest.approx(-17, abs=0.5)
    assert np.abs(slow).max() <= 10 ** (-1 / 20) + 0.02
    assert len(slow) == len(normal)


def test_changed_files_are_picked_up(tmp_path):
    voice = Voice([tmp_path])
    assert voice.audio(CLIP) is None
    render(tmp_path, *STALE)
    assert voice.audio(CLIP) is None
    render(tmp_path, *FRESH)
    assert hertz(voice.audio(CLIP)) == 500
    record(tmp_path, *STAFF)
    assert hertz(voice.audio(CLIP)) == 900
    path_of(tmp_path, CLIP.name).unlink()
    assert voice.audio(CLIP) is None


@pytest.mark.parametrize(
    "content", [b"", b"not audio at all", wav_bytes(b"")], ids=["empty file", "text", "no samples"]
)
def test_what_is_no_audio_falls_back_to_synthesis(tmp_path, content):
    replace_file(path_of(tmp_path, CLIP.name), content)
    assert Voice([tmp_path]).audio(CLIP) is None


def test_with_a_damaged_manifest_nobody_knows_whose_a_file_is_so_none_is_played(tmp_path):
    render(tmp_path, *FRESH)
    (tmp_path / MANIFEST).write_text("{")
    assert Voice([tmp_path]).audio(CLIP) is None


@pytest.mark.parametrize("name", ["../secret", "/etc/secret", ""])
def test_a_name_cannot_leave_the_folder(tmp_path, name):
    record(tmp_path, "secret", 900)
    assert Voice([tmp_path / "recordings"]).audio(Clip(name, TEXT)) is None


def test_the_cache_is_bounded_and_spares_the_disk(tmp_path):
    for n in range(5):
        record(tmp_path, f"prompts/{n}", 500)
    voice = Voice([tmp_path], cache_bytes=20_000)
    first = voice.audio(Clip("prompts/0", ""))
    assert voice.audio(Clip("prompts/0", "")) is first
    for n in range(5):
        voice.audio(Clip(f"prompts/{n}", ""))
    assert voice.audio(Clip("prompts/0", "")) == first
    assert voice.audio(Clip("prompts/0", "")) is not first
    shutil.rmtree(tmp_path)
    assert voice.audio(Clip("prompts/0", "")) is None


def test_wav_files_are_what_every_player_reads(tmp_path):
    ulaw = os.urandom(801).replace(b"\x7f", b"\xff")  # minus zero has no sample of its own
    path = tmp_path / "clip.wav"
    path.write_bytes(wav_bytes(ulaw))
    info = soundfile.info(path)
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (RATE, 1, "ULAW", 801)
    assert read_rendered(path) == ulaw
