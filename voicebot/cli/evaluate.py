"""`voicebot evaluate`: how good the line's parts are, measured on files."""

from __future__ import annotations

import click

from voicebot.cli.evaluate_capacity import capacity
from voicebot.cli.evaluate_day import day
from voicebot.cli.evaluate_desk import desk
from voicebot.cli.evaluate_faults import faults
from voicebot.cli.evaluate_kills import kills
from voicebot.cli.evaluate_latency import latency
from voicebot.cli.evaluate_matching import matching
from voicebot.cli.evaluate_quiet import quiet
from voicebot.cli.evaluate_reach import reach
from voicebot.cli.evaluate_soak import soak
from voicebot.cli.evaluate_speech import speech


@click.group()
def evaluate() -> None:
    """测量线路的好坏：识别、匹配、找到人要多久、一天的排队、随时被打断。"""


evaluate.add_command(capacity)
evaluate.add_command(day)
evaluate.add_command(desk)
evaluate.add_command(faults)
evaluate.add_command(kills)
evaluate.add_command(latency)
evaluate.add_command(matching)
evaluate.add_command(reach)
evaluate.add_command(quiet)
evaluate.add_command(soak)
evaluate.add_command(speech)
