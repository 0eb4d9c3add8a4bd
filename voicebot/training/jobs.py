"""The stages of making a model, as the command line runs them: speak, train, export, average.

Each goes on where it stopped.
"""

from __future__ import annotations

import json
import logging
import os
import random
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from voicebot import content
from voicebot.errors import ModelError, OperatorError
from voicebot.faq import Faq
from voicebot.faq.load import load_folder

_ACOUSTIC = Path("am", "final.mdl")
SHORT = 512
"""Characters of a line of progress at the most."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """What synthetic speech to make."""

    folder: Path
    hours: float
    processes: int = 2
    seed: int = 1
    held: bool = False
    """Speak with the voices kept for tests."""
    model_dir: Path | None = None
    faq: Path | None = None
    texts: tuple[Path, ...] = ()
    """Speak these instead, each by every voice; see `voicebot.training.text.texts_in`."""


def speak(plan: Speaking, told: Callable[[str], None]) -> float:
    """Make the speech, one shard for each process; how many hours there are."""
    from voicebot.speech import kokoro
    from voicebot.training import text

    kokoro.require()
    kokoro.find_weights(plan.model_dir)  # joined or complained about once, not by every process
    text.texts_in(plan.texts, ())
    hours = 0.0
    with ProcessPoolExecutor(plan.processes) as pool:
        for part, spoken in enumerate(pool.map(_speak_part, [plan] * plan.processes, range(plan.processes))):
            hours += spoken
            told(f"{plan.folder / _shard(plan, part)}：{spoken:.2f} 小时")
    return hours


def _shard(plan: Speaking, part: int) -> str:
    return f"{plan.seed + part:03d}"


def _speak_part(plan: Speaking, part: int) -> float:
    from voicebot.speech import kokoro
    from voicebot.training import synthesis, text

    os.nice(19)
    weights = kokoro.find_weights(plan.model_dir)
    faq = load_folder(plan.faq or content.faq_folder(os.environ), date.today())
    names = [name for name in synthesis.voices_in(weights.voices) if (name in synthesis.HELD) == plan.held]
    styles = synthesis.read_styles(weights.voices, names)
    shard = synthesis.Shard(plan.folder / _shard(plan, part), kokoro.load(weights), styles)
    if plan.texts:
        texts = text.texts_in(plan.texts, {entry.id for entry in faq.entries})
        synthesis.speak_texts(shard, texts, part, plan.processes, names)
    else:
        synthesis.speak_hours(shard, plan.hours / plan.processes, plan.seed + part, names, _sentences(faq))
    return shard.hours


def _sentences(faq: Faq) -> Callable[[random.Random], str]:
    import jieba

    from voicebot.training.sentences import Sentences

    jieba.setLogLevel(logging.WARNING)
    return Sentences(
        (Path(str(jieba.__file__)).parent / "dict.txt").read_text("utf-8"),
        tomllib.loads(content.data_text("training.toml")),
        sorted({keyword for entry in faq.entries for keyword in entry.keywords}),
        [phrasing for entry in faq.entries for phrasing in entry.phrasings],
    ).draw


@dataclass(frozen=True, slots=True)
class Training:
    """What to train with, and where."""

    folder: Path
    """Checkpoints and the learning curve."""
    base: Path
    """The ``final.mdl`` to begin with."""
    like: Path
    """The model folder whose units, configuration and graph the new one has."""
    human: tuple[tuple[Path, float], ...]
    """Manifests of human speech, each with its weight against the others."""
    synthetic: tuple[Path, ...]
    held: tuple[Path, ...]
    """Manifests that are only measured; the first decides which checkpoint is best."""
    noise: tuple[Path, ...] = ()
    exam: int = 96
    """Recordings of each held-out manifest to measure."""
    threads: int = 1


def train(plan: Training, steps: Any, told: Callable[[str], None]) -> dict[str, float]:
    """Train by `steps` (a `fit.Plan`), going on from the last checkpoint of the folder; the last held-out errors."""
    import torch

    from voicebot.training import fit
    from voicebot.training.corpus import Corpus

    torch.set_num_threads(plan.threads)
    network, units = _network(plan.base, plan.like)
    human = [(Corpus([path], units), weight) for path, weight in plan.human]
    weights = sum(weight for _, weight in human) or 1.0
    synthetic = Corpus(list(plan.synthetic), units)
    corpora = [(corpus, steps.human * weight / weights) for corpus, weight in human]
    corpora.append((synthetic, 1 - steps.human if human else 1.0))
    exams = {path.parent.name: fit.Exam(_some(Corpus([path], units).utterances, plan.exam)) for path in plan.held}
    trainer = fit.Trainer(network, steps, plan.folder, list(_noises(plan.noise)))
    if not trainer.resume():
        trainer.begin(corpora)
    errors: dict[str, float] = {}
    losses: list[float] = []
    began = time.monotonic()
    for loss in trainer.run(corpora):
        losses.append(loss)
        if trainer.step % steps.check == 0 or trainer.step == steps.steps:
            errors = {name: exam.errors(trainer.averaged) for name, exam in exams.items()}
            facts = {
                "loss": round(sum(losses) / len(losses), 3),
                "seconds": round(time.monotonic() - began),
                "synthetic_h": round(synthetic.hours, 2),
                "human_h": round(sum(corpus.hours for corpus, _ in human), 2),
            }
            trainer.save(errors, next(iter(exams), ""), facts)
            told(json.dumps({"step": trainer.step, **errors, **facts})[:SHORT])
            losses.clear()
            synthetic.read_more()
    return errors


def export_checkpoint(checkpoint: Path, base: Path, like: Path, target: Path, less_blank: float) -> None:
    """Write the model folder `target` from a checkpoint. Raises `ModelError`, `OperatorError`."""
    import torch

    from voicebot.training import export, nnet3

    network, _ = _network(base, like)
    try:
        network.load(torch.load(checkpoint, weights_only=True)["network"])
    except (OSError, RuntimeError, KeyError) as error:
        raise ModelError("model-damaged", f"{checkpoint} 不是可用的训练结果：{error}") from error
    export.export(nnet3.read(base), network, like, target, less_blank)


def average(models: Sequence[tuple[Path, float]], target: Path) -> None:
    """Write the model folder `target`: the weighted mean of the networks of model folders, all else as in the first.

    Averages of a model and of what it became by further training hear strangers better than either (Wortsman et al.
    2022, robust fine-tuning). Raises `ModelError`.
    """
    from voicebot.training import export, nnet3

    first = models[0][0]
    if target.resolve() in [folder.resolve() for folder, _ in models]:
        raise ModelError("model-in-use", f"{target} 是要平均的模型之一，请写到别的文件夹")
    shares = [weight / sum(weight for _, weight in models) for _, weight in models]
    networks = [_part(folder, first) for folder, _ in models]
    shapes = [{name: tensor.shape for name, tensor in one.state_dict().items()} for one in networks]
    for (folder, _), network, found in zip(models, networks, shapes, strict=True):
        if network.fresh or found != shapes[0]:
            raise ModelError("model-damaged", f"{folder} 与 {first} 的结构不一样，不能平均")
    levelled = [(share, one.usual) for share, one in zip(shares, networks, strict=True) if one.levels]
    for network in networks if levelled else ():
        if not network.levels:
            network.level_by(sum(share * usual for share, usual in levelled) / sum(share for share, _ in levelled))
    states = [network.state_dict() for network in networks]
    mean = {name: sum(w * state[name] for w, state in zip(shares, states, strict=True)) for name in states[0]}
    networks[0].load(mean)
    export.export(nnet3.read(first / _ACOUSTIC), networks[0], first, target, 0.0)


def _part(folder: Path, like: Path) -> Any:
    """The network of one of the models to average, by the units of the first. Raises `ModelError`."""
    try:
        return _network(folder / _ACOUSTIC, like)[0]
    except (OSError, KeyError, StopIteration) as error:
        raise ModelError("model-damaged", f"{folder} 不是 voicebot model export 写的模型，不能平均") from error


def require() -> None:
    """Make sure that the extra ``[train]`` is installed. Raises `OperatorError` that says how to install it."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise OperatorError(
            "no-torch", '训练组件没有安装（缺 torch）。请运行：pip install "voicebot[train]"'
        ) from error


def _network(base: Path, like: Path) -> tuple[Any, dict[str, int]]:
    from voicebot.speech.graph import read_units
    from voicebot.training import export, network, nnet3

    units = read_units(like / "graph" / "phones.txt")
    return network.Network(nnet3.read(base), len(units), export.read_usual(base.parent)), units


def _some(utterances: Sequence[Any], most: int) -> list[Any]:
    return random.Random(0).sample(list(utterances), min(most, len(utterances)))


def _noises(paths: Sequence[Path]) -> Iterator[Any]:
    import torch

    from voicebot.audio import resample
    from voicebot.speech.files import read_audio
    from voicebot.training.corpus import WIDE

    for path in paths:
        samples, rate = read_audio(path)
        yield torch.from_numpy(resample(samples, rate, WIDE))
