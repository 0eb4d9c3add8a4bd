from pathlib import Path

import numpy as np
import pytest
import soundfile

from voicebot.audio import RATE, pcm_to_float, ulaw_to_pcm
from voicebot.dialogue.commands import Clip
from voicebot.errors import ContentError
from voicebot.faq.entry import Entry
from voicebot.speech.loudness import active_level
from voicebot.speech.recordings import MANIFEST, Origin, load_manifest, origin, path_of, read_rendered, replace_file
from voicebot.speech.render import (
    SOURCE_RATE,
    Speech,
    clips,
    plan,
    put,
    remove_orphans,
    remove_partials,
    speeches,
    synthesise,
)

ENTRY = Entry("rsj-001", "rsj", "社保卡丢了怎么补办", (), "请带身份证补办。")
SAID = tuple(clips({"greeting": "您好。", "goodbye": "再见。"}, ["零"], [ENTRY]))


def fake_say(text, voice, speed):
    """A synthesiser whose speech is 0.1 s of tone a character, half a second of silence around it."""
    time = np.arange(round(len(text) * 0.1 / speed * SOURCE_RATE)) / SOURCE_RATE
    return np.pad(0.02 * np.sin(2 * np.pi * 500 * time), SOURCE_RATE // 2).astype(np.float32)


def render_all(folder, wanted):
    """What `voicebot voice render` does; returns the names it rendered."""
    todo = plan(folder, wanted)
    remove_orphans(folder, todo.orphans)
    work = (*todo.missing, *todo.stale)
    return [speech.name for speech in work if put(folder, speech, synthesise(speech, fake_say))]


def staff_records(folder, name):
    path = path_of(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full(100, 0.5), 44100)
    return path.read_bytes()


def change(said, name, text):
    return tuple(Clip(clip.name, text) if clip.name == name else clip for clip in said)


def test_everything_the_line_can_say_is_wanted_in_both_sets():
    names = [speech.name for speech in speeches(SAID)]
    normal = ["prompts/greeting", "prompts/goodbye", "prompts/numbers/零", "questions/rsj-001", "answers/rsj-001"]
    assert names == [*normal, *(f"slow/{name}" for name in normal)]


def test_the_slow_set_is_a_quarter_longer_and_3_db_louder():
    normal, slow = (
        pcm_to_float(ulaw_to_pcm(synthesise(speech, fake_say)))
        for speech in speeches([Clip("prompts/x", "请直接说您的问题，不用按键。")], "zf_test", 1.0)
    )
    around = 0.17 * RATE
    assert (len(slow) - around) / (len(normal) - around) == pytest.approx(1.25, rel=0.01)
    assert active_level(normal, RATE) == pytest.approx(-20, abs=0.3)
    assert active_level(slow, RATE) == pytest.approx(-17, abs=0.3)


def test_only_what_is_missing_or_changed_is_rendered(tmp_path):
    wanted = speeches(SAID, "zf_test", 1.0)
    assert len(render_all(tmp_path, wanted)) == 10
    assert render_all(tmp_path, wanted) == []
    changed = speeches(change(SAID, "answers/rsj-001", "现在不用带身份证了。"), "zf_test", 1.0)
    assert [s.name for s in plan(tmp_path, changed).stale] == ["answers/rsj-001", "slow/answers/rsj-001"]
    assert render_all(tmp_path, changed) == ["answers/rsj-001", "slow/answers/rsj-001"]
    assert plan(tmp_path, changed).done
    assert len(plan(tmp_path, speeches(SAID, "zf_other", 1.0)).stale) == 10, "another voice"
    assert len(plan(tmp_path, speeches(SAID, "zf_test", 0.9)).stale) == 10, "another speed"


def test_orphans_are_removed_with_the_folders_they_leave_empty(tmp_path):
    render_all(tmp_path, speeches(SAID, "zf_test", 1.0))
    fewer = speeches([clip for clip in SAID if "rsj" not in clip.name], "zf_test", 1.0)
    render_all(tmp_path, fewer)
    assert sorted(load_manifest(tmp_path)) == sorted(speech.name for speech in fewer)
    assert sorted(p.name for p in tmp_path.iterdir()) == [MANIFEST, "prompts", "slow"]


@pytest.mark.parametrize("before", [True, False], ids=["instead of ours", "where there was none"])
def test_a_staff_recording_is_never_written_nor_removed(tmp_path, before):
    wanted = speeches(SAID, "zf_test", 1.0)
    if before:
        render_all(tmp_path, wanted)
    theirs = staff_records(tmp_path, "answers/rsj-001")
    assert plan(tmp_path, wanted).staff == ("answers/rsj-001",)
    assert "answers/rsj-001" not in render_all(tmp_path, speeches(change(SAID, "answers/rsj-001", "改了。"), "zf_test"))
    assert path_of(tmp_path, "answers/rsj-001").read_bytes() == theirs
    render_all(tmp_path, ())
    assert [p.name for p in tmp_path.rglob("*.wav")] == ["rsj-001.wav"]
    assert path_of(tmp_path, "answers/rsj-001").read_bytes() == theirs


def test_a_recording_dropped_in_while_we_render_wins(tmp_path):
    speech = Speech("prompts/greeting", "您好。", "zf_test", 1.0)
    theirs = staff_records(tmp_path, speech.name)
    assert put(tmp_path, speech, b"\xff" * 80) is False
    assert path_of(tmp_path, speech.name).read_bytes() == theirs


@pytest.mark.parametrize("step", ["unlink", "replace"])
def test_a_run_stopped_anywhere_is_taken_up_and_nothing_of_ours_passes_for_staff(tmp_path, step):
    """Stopped between our old file being gone and the new one being in place, before or after the manifest is saved."""
    speech = Speech("prompts/greeting", "您好。", "zf_test", 1.0)
    put(tmp_path, speech, synthesise(speech, fake_say))
    changed = Speech("prompts/greeting", "您好啊。", "zf_test", 1.0)
    path = path_of(tmp_path, speech.name)
    if step == "replace":
        put(tmp_path, changed, synthesise(changed, fake_say))
    path.rename(path.with_name(".greeting.wav.part"))
    assert plan(tmp_path, (changed,)).missing == (changed,)
    remove_partials(tmp_path)
    assert render_all(tmp_path, (changed,)) == ["prompts/greeting"]
    assert [p.name for p in path.parent.iterdir()] == ["greeting.wav"]
    assert origin(path, load_manifest(tmp_path)["prompts/greeting"]) is Origin.OURS


def test_the_manifest_tells_all_and_the_file_is_what_it_says(tmp_path):
    speech = Speech("prompts/greeting", "您好，请说。", "zf_test", 1.0)
    audio = synthesise(speech, fake_say)
    put(tmp_path, speech, audio)
    entry = load_manifest(tmp_path)["prompts/greeting"]
    assert (entry.text, entry.voice, entry.speed) == ("您好，请说。", "zf_test", 1.0)
    assert entry.seconds == pytest.approx(len(audio) / RATE, abs=0.01)
    stored = read_rendered(path_of(tmp_path, speech.name))
    assert np.array_equal(ulaw_to_pcm(stored), ulaw_to_pcm(audio)), "sample by sample (zero has two codes)"
    assert soundfile.info(path_of(tmp_path, speech.name)).subtype == "ULAW"


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}', '{"a": {"text": "b"}}'])
def test_a_damaged_manifest_stops_rendering_before_anything_is_touched(tmp_path, content):
    replace_file(tmp_path / MANIFEST, content.encode())
    with pytest.raises(ContentError, match=MANIFEST):
        plan(tmp_path, speeches(SAID))


@pytest.mark.parametrize(("characters", "duration"), [(70, 7.17), (90, 9.0 / 1.16 + 0.17), (105, None)])
def test_the_greeting_is_spoken_faster_to_keep_its_8_seconds_or_refused(characters, duration):
    speech = Speech("prompts/greeting", "好" * (characters - 1) + "。", "zf_test", 1.0)
    if duration is None:
        with pytest.raises(ContentError, match="8 秒"):
            synthesise(speech, fake_say)
    else:
        assert len(synthesise(speech, fake_say)) / RATE == pytest.approx(duration, abs=0.02)


def test_a_text_that_gives_no_sound_is_an_error():
    with pytest.raises(ContentError, match="没有读出"):
        synthesise(Speech("prompts/x", "。", "zf_test", 1.0), lambda *_: np.zeros(0, np.float32))


def test_paths_cannot_leave_the_folder():
    with pytest.raises(ValueError, match="not a recording's name"):
        path_of(Path("recordings"), "../../etc/passwd")
