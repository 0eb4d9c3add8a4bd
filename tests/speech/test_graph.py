"""The language graph: spelt words, the office's own terms, and the real recogniser hearing them."""

import json
import os

import numpy as np
import pytest
import soundfile
import vosk
from click.testing import CliRunner

from voicebot import content
from voicebot.cli import main
from voicebot.errors import ModelError
from voicebot.faq import Entry, Faq
from voicebot.speech import models, office
from voicebot.speech.graph import read_units
from voicebot.speech.units import spell

UNITS = read_units(models.find("bundled") / "graph" / "phones.txt")
FAQ = Faq(entries=(Entry("x-1", "x", "社保卡丢了怎么补办？", ("卡没了，咋整",), "…", keywords=("社保卡",)),))


def names(numbers):
    by_number = {number: name for name, number in UNITS.items()}
    return " ".join(by_number[n] for n in numbers)


@pytest.mark.parametrize(
    ("word", "units"),
    [("社保", "sh _e b _ao"), ("卡", "k _a"), ("安", "_an"), ("女", "n _v"), ("元", "y _uan"), ("儿", "_er")],
)
def test_spelling(word, units):
    assert names(spell(word, UNITS)) == units


@pytest.mark.parametrize("word", ["", "A股", "卡3"])
def test_what_cannot_be_spelt(word):
    assert spell(word, UNITS) is None


def test_sentences_are_the_questions_and_the_usual_phrases():
    sentences = office.sentences_of(FAQ, ["转人工", "{}怎么办"], lambda text: [text])

    assert sentences == [["社保卡丢了怎么补办"], ["卡没了"], ["咋整"], *[["转人工"]] * office.USUAL, ["社保卡怎么办"]]


def test_model_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ModelError, match="不能重建"):
        office.build(FAQ, [], tmp_path, tmp_path / "out")


def hear(model, file, *grammar):
    samples, rate = soundfile.read(content.recordings_folder(os.environ) / "callers" / file, dtype="int16")
    recogniser = vosk.KaldiRecognizer(model, rate, *grammar)
    recogniser.AcceptWaveform(np.ascontiguousarray(samples).tobytes())
    return json.loads(recogniser.FinalResult())["text"].replace(" ", "")


def test_built_model_hears_the_office_and_replaces_the_one_before(tmp_path):
    target = tmp_path / "office"
    target.mkdir()
    (target / "old").touch()

    run = CliRunner().invoke(main, ["model", "build", "--out", str(target), "--words", "3000", "--json"])

    facts = json.loads(run.output)
    assert facts["words"] > 3000
    assert facts["entries"] > 60
    assert sorted(path.name for path in tmp_path.iterdir()) == ["office"]
    assert not (target / "old").exists()
    vosk.SetLogLevel(-1)
    model = vosk.Model(str(target))
    assert hear(model, "rsj-card-lost.wav") == "请问社保卡丢了怎么补办"
    assert hear(model, "human.wav") == "转人工"
    commands = json.dumps(["转人工", "不是", "再说一遍", "[unk]"], ensure_ascii=False)
    assert hear(model, "repeat.wav", commands) == "再说一遍"
    assert hear(model, "no.wav", commands) == "不是"
    assert "[unk]" in hear(model, "rsj-card-lost.wav", commands), "what is not in the grammar is not bent into it"
