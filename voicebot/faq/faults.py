"""The faults a FAQ can have. Level and wording live in ``voicebot/data/faq_problems.toml``, one table per code."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from voicebot.content import data_text
from voicebot.faq.entry import Level, Problem


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Code → ``level`` and ``message`` of every fault there is."""
    table: dict[str, dict[str, str]] = tomllib.loads(data_text("faq_problems.toml"))
    return table


def problem(code: str, file: Path, line: int, **values: object) -> Problem:
    """The problem `code` at that line; `values` fill the message; `near` its hint at what was meant.

    `KeyError` for a code that is not in the catalogue.
    """
    fault = catalogue()[code]
    if "hint" in fault:
        values["hint"] = fault["hint"].format(**values) if values["near"] else ""
    return Problem(file.as_posix(), max(line, 1), Level(fault["level"]), code, fault["message"].format(**values))
