"""`voicebot transcribe`: what the line would hear in sound files."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

import click

from voicebot import wiring
from voicebot.errors import FaultError, ModelError, OperatorError, VoicebotError
from voicebot.speech import learnt, models
from voicebot.speech.files import Heard, hear_file
from voicebot.speech.pool import SpeechPool

_LOAD_S = 300.0
"""Seconds a model may take to load; the large official one needs more than a minute on a slow disk."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="WAV...", type=click.Path(path_type=Path))
@click.option("--telephone", is_flag=True, help="先变成电话音质（8 kHz µ-law）再识别。")
@click.option("--model", "model_name", default=None, help="模型名称或文件夹；默认与 serve 相同。")
@click.option("--json", "as_json", is_flag=True, help="每个文件输出一行 JSON。")
def transcribe(files: tuple[Path, ...], telephone: bool, model_name: str | None, as_json: bool) -> None:
    """把录音文件识别成文字。各种格式、采样率、声道数都可以。

    识别在单独的进程里进行；有一个文件读不出或使识别进程中止时，其余照常，最后退出码为 1。
    """
    logging.basicConfig(level=logging.CRITICAL)
    failed = 0
    try:
        settings = wiring.settings()
        model = models.find(model_name) if model_name else learnt.serving(settings.model, settings.data)
        with (
            tempfile.TemporaryDirectory() as aside,
            SpeechPool(model, workers=1, tuning=wiring.tuning(settings.data), quarantine=Path(aside)) as pool,
        ):
            for file in files:
                failed += not _one(pool, file, telephone, as_json)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    if failed:
        raise SystemExit(1)


def _one(pool: SpeechPool, file: Path, telephone: bool, as_json: bool) -> bool:
    """Hear one file and print what was heard; False when that failed."""
    if not pool.wait_ready(_LOAD_S):
        raise ModelError("model-damaged", pool.failure or "语音模型一直没有载入")
    try:
        heard = hear_file(pool, file, telephone=telephone)
    except (FaultError, OperatorError) as error:
        if as_json:
            click.echo(
                json.dumps({"file": str(file), "error": error.code, "message": error.message}, ensure_ascii=False)
            )
        else:
            click.echo(f"{file}：{error.message}", err=True)
        return False
    click.echo(json.dumps(_facts(file, heard), ensure_ascii=False) if as_json else f"{file}：{heard.text}")
    return True


def _facts(file: Path, heard: Heard) -> dict[str, object]:
    return {
        "file": str(file),
        "text": heard.text,
        "alternatives": [
            {
                "text": reading.text,
                "confidence": round(reading.confidence, 4),
                "words": [
                    {"word": word.text, "confidence": round(word.confidence, 4), "start": word.start, "end": word.end}
                    for word in reading.words
                ],
            }
            for reading in heard.alternatives
        ],
        "audio_s": heard.audio_s,
        "elapsed_s": heard.elapsed_s,
    }
