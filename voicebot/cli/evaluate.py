"""`voicebot evaluate`: how good the line's parts are, measured on files."""

from __future__ import annotations

import click

from voicebot.cli.evaluate_matching import matching
from voicebot.cli.evaluate_speech import speech


@click.group()
def evaluate() -> None:
    """用文件测量识别和匹配的好坏。"""


evaluate.add_command(matching)
evaluate.add_command(speech)
