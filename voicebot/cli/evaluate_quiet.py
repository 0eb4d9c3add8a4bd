"""`voicebot evaluate quiet`: sounds of nobody asking: silence, noise, music, tones, and talk that is no question."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from voicebot import audio, content, wiring
from voicebot.audio import RATE, Pcm
from voicebot.cli.evaluate_speech import read_manifest
from voicebot.cli.quiet_sounds import PIECE_S, Sound, sounds_of
from voicebot.dialogue import Knowledge
from voicebot.dialogue.utterance import may_ask
from voicebot.errors import FaultError, ModelError, VoicebotError
from voicebot.events import Event, UtteranceHeard
from voicebot.matching import Outcome
from voicebot.matching.replies import Reply, reply
from voicebot.speech import models
from voicebot.speech.files import read_audio
from voicebot.speech.listening import CallEar
from voicebot.speech.pool import SpeechPool

LOAD_S: Final = 300.0
CALL_PIECES: Final = 10
"""After so many pieces a new call begins, as on a line."""
END_SILENCE: Final = 0.6


@dataclass(slots=True)
class Tally:
    """What was heard where nobody asked anything."""

    hours: float = 0.0
    utterances: int = 0
    """Sounds taken for a voice."""
    words: int = 0
    """Of those, with words."""
    matched: int = 0
    """Of those, with words that something may follow from: not a mere “嗯” or a lone syllable."""
    answered: int = 0
    """Of those, taken for a question and answered."""
    texts: list[str] = field(default_factory=list)

    def add(self, event: UtteranceHeard, knowledge: Knowledge) -> None:
        """Count what was heard, as the dialogue would take it."""
        self.utterances += 1
        if not event.hypotheses:
            return
        self.words += 1
        self.texts.append(event.hypotheses[0].text)
        outcome = knowledge.understand(event.hypotheses).outcome
        asked = may_ask(event) and reply(event.hypotheses) is not Reply.BACKCHANNEL
        if asked or outcome in (Outcome.HUMAN, Outcome.EMERGENCY, Outcome.COMPLAINT):
            self.matched += 1
            self.answered += asked and outcome is Outcome.ANSWER

    def figures(self) -> dict[str, float | int]:
        """For `--json`."""
        return {
            "hours": round(self.hours, 3),
            "utterances": self.utterances,
            "words_per_hour": round(self.words / self.hours, 3) if self.hours else 0.0,
            "matched": self.matched,
            "answered": self.answered,
        }


@click.command()
@click.option("--hours", default=24.0, show_default=True, type=click.FloatRange(0.0, 1000), help="每种声音多少小时。")
@click.option(
    "--noise", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="真的噪声文件。"
)
@click.option(
    "--music", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="真的音乐文件。"
)
@click.option(
    "--talk", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="不是提问的话：audio、text 清单。"
)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="识别进程数。")
@click.option("--json", "as_json", is_flag=True, help="用一行 JSON 报告。")
def quiet(as_json: bool, **given: Any) -> None:
    """测量没有人提问时线路会听见什么：安静、噪声、音乐、各种提示音（快放），和不是提问的话。

    声音都经过电话线。每小时听错几次字（words_per_hour）、几次到了匹配那一步（matched）、几次当成提问回答了（answered）。
    """
    try:
        tallies, talk = _run(given)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    if as_json:
        figures = {"sets": {name: tally.figures() for name, tally in tallies.items()}, "talk": _talk_figures(talk)}
        click.echo(json.dumps(figures))
    else:
        _show(tallies, talk)


def _run(given: dict[str, Any]) -> tuple[dict[str, Tally], Tally | None]:
    settings = wiring.settings()
    recordings = content.recordings_folder(os.environ)
    sounds = sounds_of(recordings, given["noise"], given["music"]) if given["hours"] else {}
    with tempfile.TemporaryDirectory() as folder:
        tuning = wiring.tuning(Path(folder))
        knowledge = wiring.keep_knowledge(settings, tuning)()
        with SpeechPool(models.find(settings.model), given["workers"], tuning) as pool:
            if not pool.wait_ready(LOAD_S):
                raise ModelError("model-damaged", pool.failure or "语音模型一直没有载入")
            pieces = max(1, round(given["hours"] * 3600 / PIECE_S)) if sounds else 0
            with (
                click.progressbar(length=pieces * len(sounds), label="声音", file=sys.stderr) as bar,
                ThreadPoolExecutor(given["workers"]) as threads,
            ):
                tallies = dict(
                    zip(
                        sounds,
                        threads.map(lambda one: _listen(pool, knowledge, one, pieces, bar), sounds.values()),
                        strict=True,
                    )
                )
            talk = _talk(pool, knowledge, given["talk"]) if given["talk"] else None
    return tallies, talk


def _listen(pool: SpeechPool, knowledge: Knowledge, sounds: Sound, pieces: int, bar: Any) -> Tally:
    """Let calls hear a sound for so long, as fast as they can."""
    tally, ear = Tally(hours=pieces * PIECE_S / 3600), pool.open()
    try:
        for number in range(pieces):
            if number % CALL_PIECES == CALL_PIECES - 1:
                ear.close()
                ear = pool.open()
            for event in _hear(ear, audio.ulaw_to_pcm(next(sounds))):
                if isinstance(event, UtteranceHeard):
                    tally.add(event, knowledge)
            bar.update(1)
    finally:
        ear.close()
    return tally


def _hear(ear: CallEar, pcm: Pcm) -> list[Event]:
    for second in range(0, len(pcm), RATE):
        ear.hear(pcm[second : second + RATE])
        ear.catch_up(30.0)
    ear.settle(30.0)
    return ear.events()


def _talk(pool: SpeechPool, knowledge: Knowledge, manifest: Path) -> Tally:
    """Utterances of which none is a question this office answers, each by a call of its own, over the telephone."""
    tally = Tally()
    samples = read_manifest(manifest)
    with click.progressbar(samples, label="谈话", file=sys.stderr) as bar:
        for sample in bar:
            floats, rate = read_audio(sample.audio)
            pcm = audio.ulaw_to_pcm(audio.telephone(floats, rate))
            tally.hours += len(pcm) / RATE / 3600
            ear = pool.open()
            try:
                answered = tally.answered
                for event in _hear(ear, np.concatenate((pcm, np.zeros(2 * RATE, np.int16)))):
                    if isinstance(event, UtteranceHeard):
                        tally.add(event, knowledge)
                tally.answered = min(tally.answered, answered + 1)  # of utterances, not of their parts
            except FaultError as error:
                click.echo(f"{sample.audio}：{error.message}", err=True)
            finally:
                ear.close()
    tally.utterances = len(samples)
    return tally


def _talk_figures(talk: Tally | None) -> dict[str, float | int] | None:
    if talk is None:
        return None
    share = round(talk.answered / talk.utterances, 4)
    return {"utterances": talk.utterances, "answered": talk.answered, "answered_share": share}


def _show(tallies: dict[str, Tally], talk: Tally | None) -> None:
    names = {"silence": "安静", "noise": "噪声", "music": "音乐", "tones": "提示音"}
    for name, tally in tallies.items():
        row = "{hours} 小时  当成人声 {utterances} 次  每小时听错 {words_per_hour}  到匹配 {matched}  回答 {answered}"
        click.echo(f"{names[name]}  {row.format(**tally.figures())}")
        for text in tally.texts[:10]:
            click.echo(f"    {text}")
    if talk is not None:
        figures = _talk_figures(talk) or {}
        click.echo(
            "不是提问的话 {utterances} 句，被当成提问回答了 {answered} 句（{answered_share:.1%}）".format(**figures)
        )
