"""The recordings that come with the program say exactly what the line says."""

import json
import tomllib
from datetime import date
from pathlib import Path

import pytest
import soundfile

from voicebot.audio import RATE, pcm_to_float, seconds, ulaw_to_pcm
from voicebot.content import data_text
from voicebot.dialogue.commands import Clip
from voicebot.faq.load import load_folder
from voicebot.speech.loudness import active_level
from voicebot.speech.recordings import Origin, load_manifest, origin, path_of, read_rendered
from voicebot.speech.render import VOICE, clips, plan, speeches
from voicebot.speech.voice import Voice

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = ROOT / "recordings"
CALLERS = json.loads((RECORDINGS / "callers" / "manifest.json").read_text(encoding="utf-8"))
PROMPTS = tomllib.loads(data_text("prompts.toml"))


def said():
    words = tomllib.loads(data_text("numbers.toml"))["words"]
    return tuple(clips(PROMPTS, words, load_folder(ROOT / "faq", date(2026, 12, 1)).entries))


def test_complete_and_fresh():
    todo = plan(RECORDINGS, speeches(said()))
    problems = [*(s.name for s in todo.missing), *(s.name for s in todo.stale), *todo.orphans, *todo.staff]
    assert not problems, "run: voicebot voice render"


def test_the_line_has_audio_for_all_it_says_at_both_paces():
    voice = Voice([RECORDINGS])
    silent = [clip.name for clip in said() for slow in (False, True) if voice.audio(clip, slow) is None]
    assert not silent


def test_the_greeting_takes_8_seconds_at_most_and_no_answer_more_than_25():
    lengths = {name: entry.seconds for name, entry in load_manifest(RECORDINGS).items()}
    assert lengths["prompts/greeting"] <= 8.0
    assert {name: length for name, length in lengths.items() if name.startswith("answers/") and length > 25} == {}


def test_the_slow_set_is_about_a_quarter_longer():
    manifest = load_manifest(RECORDINGS)
    answers = [name for name in manifest if name.startswith("answers/")]
    normal, slow = (sum(manifest[prefix + name].seconds for name in answers) for prefix in ("", "slow/"))
    assert slow / normal == pytest.approx(1.25, abs=0.05)


@pytest.mark.parametrize(("prefix", "level"), [("", -20), ("slow/", -17)])
def test_everything_is_equally_loud(prefix, level):
    off = {}
    for clip in said():
        audio = pcm_to_float(ulaw_to_pcm(read_rendered(path_of(RECORDINGS, prefix + clip.name))))
        if abs(active_level(audio, RATE) - level) > 1.0:
            off[clip.name] = round(active_level(audio, RATE), 1)
    assert off == {}


def test_they_are_small_enough_to_ship():
    assert sum(path.stat().st_size for path in RECORDINGS.rglob("*.wav")) < 38e6


@pytest.mark.parametrize("item", CALLERS, ids=[item["file"] for item in CALLERS])
def test_a_sample_caller_is_telephone_audio_in_another_voice_than_the_lines(item):
    path = RECORDINGS / "callers" / item["file"]
    info = soundfile.info(path)
    assert (info.samplerate, info.channels, info.subtype) == (RATE, 1, "ULAW")
    assert item["voice"] != VOICE
    assert item["licence"] == "Apache-2.0"
    assert 0.5 < info.duration < 8
    assert origin(path, None) is Origin.STAFF, "callers are in their own manifest"


def test_every_caller_is_listed_and_many_speak():
    files = {path.name for path in (RECORDINGS / "callers").glob("*.wav")}
    assert files == {item["file"] for item in CALLERS}
    assert len({item["voice"] for item in CALLERS if item["text"]}) >= 5
    assert len({item["expect"] for item in CALLERS if "-0" in item["expect"]}) >= 12


def test_staff_would_win_over_any_of_them(tmp_path):
    clip = Clip("prompts/greeting", PROMPTS["greeting"])
    path = path_of(tmp_path, clip.name)
    path.parent.mkdir()
    soundfile.write(path, ulaw_to_pcm(bytes(range(256)) * 40), RATE)
    assert seconds(Voice([tmp_path, RECORDINGS]).audio(clip)) < 2
