"""Sound files of every kind through the workers, and `voicebot transcribe`."""

import json

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from tests.speech.conftest import CALLERS, caller
from voicebot import audio
from voicebot.cli import main
from voicebot.errors import OperatorError
from voicebot.speech.files import hear_file, hear_samples, read_audio


def written(path, rate=8000, channels=1, **options):
    """A sample caller as another kind of file."""
    samples = audio.resample(audio.pcm_to_float(caller("rsj-card-lost")), 8000, rate)
    soundfile.write(path, np.stack([samples] * channels, axis=1), rate, **options)
    return path


@pytest.mark.parametrize("telephone", [False, True])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ulaw.wav", {"subtype": "ULAW"}),
        ("stereo.wav", {"rate": 44100, "channels": 2, "subtype": "FLOAT"}),
        ("wide.flac", {"rate": 16000}),
        ("odd.wav", {"rate": 11025, "subtype": "PCM_24"}),
    ],
)
def test_any_file_is_heard(pool, tmp_path, name, options, telephone):
    heard = hear_file(pool, written(tmp_path / name, **options), telephone=telephone)

    assert heard.text == "请问社保卡丢了怎么补办"
    assert heard.audio_s == pytest.approx(len(caller("rsj-card-lost")) / 8000, abs=0.01)
    assert heard.elapsed_s > 0


def test_all_of_a_long_file_is_heard(pool):
    heard = hear_samples(pool, np.concatenate([caller("human"), np.zeros(16000, np.int16)] * 3))

    assert heard.text == "转人工" * 3


def test_a_file_without_speech_has_no_text(pool):
    heard = hear_samples(pool, np.zeros(16000, np.int16))

    assert (heard.text, heard.alternatives) == ("", ())


def test_an_empty_file_has_no_text(pool, tmp_path):
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 8000)

    assert hear_file(pool, tmp_path / "empty.wav").text == ""


def test_channels_are_mixed(tmp_path):
    soundfile.write(tmp_path / "x.wav", np.tile([[0.5, -0.25]], (80, 1)), 8000, subtype="FLOAT")
    samples, rate = read_audio(tmp_path / "x.wav")

    assert (samples.shape, rate) == ((80,), 8000)
    assert samples == pytest.approx(0.125)


@pytest.mark.parametrize(("content", "says"), [(b"no sound", "读不出声音"), (None, "没有这个文件")])
def test_what_cannot_be_read_is_one_clear_line(tmp_path, content, says):
    path = tmp_path / "x.wav"
    if content:
        path.write_bytes(content)

    with pytest.raises(OperatorError, match=says):
        read_audio(path)


@pytest.fixture
def transcribe(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEBOT_DATA", str(tmp_path))

    def run(*arguments):
        return CliRunner().invoke(main, ["transcribe", *map(str, arguments)])

    return run


def test_files_are_transcribed_for_machines_one_to_a_line(transcribe):
    files = [CALLERS / "human.wav", CALLERS / "complaint.wav"]
    result = transcribe("--json", *files)

    assert result.exit_code == 0, result.output
    facts = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(fact["file"], fact["text"]) for fact in facts] == [
        (str(files[0]), "转人工"),
        (str(files[1]), "我要投诉"),
    ]
    assert set(facts[0]) == {"file", "text", "alternatives", "audio_s", "elapsed_s"}
    assert facts[0]["alternatives"][0]["words"][0]["word"] == "转人工"


def test_files_are_transcribed_for_people(transcribe):
    assert transcribe("--telephone", CALLERS / "human.wav").stdout == f"{CALLERS / 'human.wav'}：转人工\n"


def test_one_bad_file_does_not_spoil_the_others(transcribe, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    result = transcribe("--json", tmp_path / "bad.wav", CALLERS / "human.wav")

    assert result.exit_code == 1
    bad, good = [json.loads(line) for line in result.stdout.splitlines()]
    assert bad["error"] == "audio-unreadable"
    assert good["text"] == "转人工"


def test_a_model_that_is_not_there_is_one_clear_line(transcribe):
    result = transcribe("--model", "nix", CALLERS / "human.wav")

    assert result.exit_code == 1
    assert "没有名为 nix 的语音模型" in result.output
    assert "Traceback" not in result.output
