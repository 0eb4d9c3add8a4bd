"""Error rates counted by hand, and the command on real recordings."""

import json
import os

import pytest
from click.testing import CliRunner

from voicebot import content
from voicebot.cli.evaluate_speech import Score, read_manifest, speech
from voicebot.errors import ContentError

CALLERS = content.recordings_folder(os.environ) / "callers"

PAIRS = {
    # id: (said, heard, character edits, syllable edits)
    "word for word": ("社保卡丢了，怎么办？", "社保卡丢了怎么办", 0, 0),
    "a homophone": ("工伤", "工商", 1, 0),
    "a number": ("打12333", "打一二三三三", 0, 0),
    "one word missing": ("我要人工", "要人工", 1, 1),
    "nothing heard": ("你好", "", 2, 2),
}


@pytest.mark.parametrize(("said", "heard", "characters", "syllables"), PAIRS.values(), ids=PAIRS.keys())
def test_edits(said, heard, characters, syllables):
    score = Score()
    score.add("x.wav", said, heard)

    assert (score.character_edits, score.syllable_edits) == (characters, syllables)


def test_manifest_with_a_bad_line_is_named(tmp_path):
    manifest = tmp_path / "m.jsonl"
    manifest.write_text('{"audio": "a.wav", "text": "好"}\n{"audio": 1}\n', "utf-8")

    with pytest.raises(ContentError, match=r"m\.jsonl:2"):
        read_manifest(manifest)


def test_real_recordings(tmp_path):
    manifest = tmp_path / "m.jsonl"
    lines = [("rsj-card-lost.wav", "请问社保卡丢了怎么补办"), ("human.wav", "转人工")]
    manifest.write_text("".join(json.dumps({"audio": str(CALLERS / a), "text": t}) + "\n" for a, t in lines), "utf-8")

    run = CliRunner().invoke(speech, ["--manifest", str(manifest), "--telephone", "--json"])

    facts = json.loads(run.stdout)
    assert (facts["files"], facts["failed"]) == (2, 0)
    assert facts["cer"] <= 0.1
    assert facts["rtf"] > 0


def test_recordings_with_a_known_entry_are_asked_of_the_matcher(tmp_path):
    manifest = tmp_path / "m.jsonl"
    lines = [
        ("rsj-card-lost.wav", "请问社保卡丢了怎么补办", "rsj-001"),
        ("rsj-card-lost.wav", "请问社保卡丢了怎么补办", None),
        ("unknown-rain.wav", "明天会不会下雨", None),
    ]
    facts = [{"audio": str(CALLERS / audio), "text": text, "entry": entry} for audio, text, entry in lines]
    manifest.write_text("\n".join(json.dumps(fact) for fact in facts), "utf-8")

    found = json.loads(CliRunner().invoke(speech, ["--manifest", str(manifest), "--telephone", "--json"]).stdout)

    assert (found["questions"], found["right_share"], found["wrong_share"]) == (1, 1.0, 0.0)
    assert (found["others"], found["others_answered_share"]) == (2, 0.5)
