"""The network learns, goes on after a stop, and Vosk hears with it. Needs PyTorch (the extra ``train``)."""

import itertools
import json
import os
import shutil

import numpy as np
import pytest
import soundfile
import vosk
from click.testing import CliRunner

from voicebot import audio, content
from voicebot.cli import main
from voicebot.errors import ModelError
from voicebot.speech import models
from voicebot.speech.graph import read_units

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: train)")

from voicebot.training import corpus, export, features, fit, jobs, network, nnet3, telephone  # noqa: E402

BUNDLED = models.find("bundled")
BASE = BUNDLED / "am" / "final.mdl"
UNITS = read_units(BUNDLED / "graph" / "phones.txt")
CALLERS = content.recordings_folder(os.environ) / "callers"


@pytest.fixture(autouse=True)
def the_same_dither_each_time():
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def net():
    return network.Network(nnet3.read(BASE), len(UNITS))


def test_mfcc_is_kaldis():
    """Against kaldi-native-fbank 1.23 without dither: the first coefficients of a quiet chord."""
    time = torch.arange(4000) / 16000
    chord = 3000 * torch.sin(2 * torch.pi * 300 * time) + 1000 * torch.sin(2 * torch.pi * 1700 * time)

    found = features.mfcc(chord[None])[0]

    assert found.shape == (23, 40)
    assert found[10, :4].tolist() == pytest.approx(EXPECTED, abs=4.0)


EXPECTED = [64.8, 27.0, 11.2, 30.1]


def test_codecs_are_near_the_real_ones():
    samples = torch.linspace(-30000, 30000, 4001)
    real = audio.ulaw_to_pcm(audio.pcm_to_ulaw(samples.numpy().astype(np.int16)))

    assert (telephone.mulaw(samples) - torch.from_numpy(real.astype(np.float32))).abs().max() < 1300
    assert (telephone.alaw(samples) - samples).abs().max() < 1300


def test_upsampling_keeps_a_tone():
    time = torch.arange(8000) / 8000
    twice = telephone.upsample(torch.sin(2 * torch.pi * 1000 * time)[None])[0]

    assert (twice - torch.sin(2 * torch.pi * 1000 * torch.arange(16000) / 16000))[100:-100].abs().max() < 0.01


def test_channels_are_all_different_and_never_break():
    channel = telephone.Channel([torch.randn(30000)], torch.Generator().manual_seed(1))

    heard = channel(torch.randn(1, 16000).repeat(12, 1) * 1000)

    assert heard.shape == (12, 16000)
    assert heard.isfinite().all()
    assert heard.abs().max() <= 40000
    assert len({round(float(row.square().mean()), 3) for row in heard}) == 12


def test_levelling_is_kaldis():
    """As `OnlineCmvn` has it: `cmn_window` 600, `global_frames` 200, frame by frame, by hand."""
    found = features.levelled(sounds := torch.randn(2, 900, 40) * 9 + 3, usual := torch.randn(40))

    for frame in (0, 5, 399, 400, 450, 599, 600, 899):
        lately = sounds[:, max(0, frame - 599) : frame + 1]
        filled = min(200, 600 - lately.shape[1])
        mean = (lately.sum(1) + filled * usual) / (lately.shape[1] + filled)
        assert (found[:, frame] - (sounds[:, frame] - mean)).abs().max() < 1e-3


def test_a_network_that_begins_to_level_hears_a_usual_voice_as_before():
    one = network.Network(nnet3.read(BASE), len(UNITS))
    one.usual.zero_()
    usual = torch.randn(40) * 5
    before = one(usual.repeat(1, 90, 1))

    one.level(usual[None])

    assert one.levels
    assert (one(usual.repeat(1, 90, 1)) - before).abs().max() < 1e-2


def test_an_untrained_export_is_the_file_it_came_from(net, tmp_path):
    nnet3.write(export.adapted(nnet3.read(BASE), net), tmp_path / "final.mdl")

    assert (tmp_path / "final.mdl").read_bytes() == BASE.read_bytes()


def test_the_usual_mean_is_written_and_read(tmp_path):
    usual = np.linspace(-50, 80, 40, dtype=np.float32)
    assert export.read_usual(tmp_path) is None

    export.write_usual(tmp_path / export.USUAL, usual)
    assert export.read_usual(tmp_path).tolist() == usual.tolist()

    (tmp_path / export.USUAL).write_bytes(b"\0BDM ?")
    with pytest.raises(ModelError):
        export.read_usual(tmp_path)


def utterances():
    for name, text in (("human.wav", "转人工"), ("no.wav", "不是"), ("rsj-card-lost.wav", "请问社保卡丢了怎么补办")):
        samples, rate = soundfile.read(CALLERS / name, dtype="float32")
        wide = audio.resample(samples, rate, corpus.WIDE)
        yield corpus.Utterance((wide * 32767).astype(np.int16), corpus.spelling(text, UNITS))


@pytest.fixture
def manifest(tmp_path):
    (tmp_path / "speech").mkdir()
    lines = []
    for name, text in (("human.wav", "转人工"), ("no.wav", "不是"), ("rsj-card-lost.wav", "请问社保卡丢了怎么补办")):
        shutil.copy(CALLERS / name, tmp_path / "speech" / name)
        lines.append(json.dumps({"audio": name, "text": text}))
    path = tmp_path / "speech" / "manifest.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_training_goes_on_after_a_stop_and_vosk_hears_the_result(manifest, tmp_path):
    told = []
    work = jobs.Training(tmp_path / "work", BASE, BUNDLED, ((manifest, 1.0),), (manifest,), (manifest,), exam=3)
    for steps in (1, 2):
        jobs.train(work, fit.Plan(steps, batch=4, rate=1e-5, learning=3, check=1), told.append)

    curve = [json.loads(line) for line in (tmp_path / "work" / fit.CURVE).read_text("utf-8").splitlines()]
    assert [line["step"] for line in curve] == [1, 2]
    assert len(told) == 2
    assert curve[1]["speech"] < 0.3

    jobs.export_checkpoint(tmp_path / "work" / fit.LAST, BASE, BUNDLED, tmp_path / "model", 0.0)

    vosk.SetLogLevel(-1)
    recogniser = vosk.KaldiRecognizer(vosk.Model(str(tmp_path / "model")), 8000)
    samples, _ = soundfile.read(CALLERS / "human.wav", dtype="int16")
    recogniser.AcceptWaveform(samples.tobytes())
    assert json.loads(recogniser.FinalResult())["text"].replace(" ", "") == "转人工"


def test_models_are_averaged_however_they_take_their_features(tmp_path):
    plain, levels = (network.Network(nnet3.read(BASE), len(UNITS)) for _ in "ab")
    levels.level_by(usual := torch.linspace(-9, 40, 40))
    with torch.no_grad():
        levels.output.weight.add_(1.0)
    for name, one in (("plain", plain), ("levels", levels)):
        export.export(nnet3.read(BASE), one, BUNDLED, tmp_path / name, 0.0)

    parts = [f"{tmp_path / 'plain'}=3", f"{tmp_path / 'levels'}=7"]
    told = CliRunner().invoke(main, ["model", "average", str(tmp_path / "out"), *parts])

    assert told.exit_code == 0, told.output
    made = network.Network(nnet3.read(tmp_path / "out" / "am" / "final.mdl"), len(UNITS))
    assert (made.output.weight - plain.output.weight - 0.7).abs().max() < 1e-5
    assert (made.lda_bias - levels.lda_bias).abs().max() < 1e-3
    assert export.read_usual(tmp_path / "out" / "am").tolist() == pytest.approx(usual.tolist(), abs=1e-4)
    assert export.read_usual(tmp_path / "plain" / "am") is None


@pytest.mark.parametrize("part", ["bundled=x", "bundled=0", "bundled=nan", "nowhere=1"])
def test_what_cannot_be_averaged_is_said(tmp_path, part):
    told = CliRunner().invoke(main, ["model", "average", str(tmp_path / "out"), part])

    assert told.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_model_of_others_cannot_be_averaged_and_a_part_is_not_written_over(tmp_path):
    for name in ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLG.fst"):
        (tmp_path / "other" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "other" / name).write_bytes(BASE.read_bytes()[:9] if name.startswith("am") else b"")
    for target, parts in (("out", ["bundled", str(tmp_path / "other")]), ("other", [str(tmp_path / "other")])):
        told = CliRunner().invoke(main, ["model", "average", str(tmp_path / target), *parts])
        assert (told.exit_code, type(told.exception)) == (1, SystemExit)
        assert "other" in told.output


def test_a_checkpoint_from_before_levelling_is_taken_up(net, tmp_path):
    trainer = fit.Trainer(net, fit.Plan(1), tmp_path, [])
    trainer.save({}, "", {})
    state = torch.load(tmp_path / fit.LAST, weights_only=True)
    for part, name in (("network", "usual"), ("learning", "usual"), ("average", "module.usual")):
        del state[part][name]
    torch.save(state, tmp_path / fit.LAST)

    assert fit.Trainer(net, fit.Plan(1), tmp_path, []).resume()
    jobs.export_checkpoint(tmp_path / fit.LAST, BASE, BUNDLED, tmp_path / "model", 0.0)


def test_learning_lowers_the_loss(net):
    batch = list(utterances())
    corpora = [(one := corpus.Corpus([], UNITS), 1.0)]
    one.utterances += batch
    trainer = fit.Trainer(net, fit.Plan(12, batch=3, rate=3e-3, warm=1, learning=3, reuse=12), BUNDLED, [])

    losses = list(itertools.islice(trainer.run(corpora), 12))

    assert np.mean(losses[-4:]) < np.mean(losses[:4])


def test_units_of_frames():
    assert fit.heard([0, 3, 3, 0, 3, 5, 5, 0]) == [3, 3, 5]
