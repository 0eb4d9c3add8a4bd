"""What the office publishes about itself: each figure with how it is counted, as `voicebot.insight` counts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template

from voicebot.bot import Bot


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure, in words."""

    name: str
    value: str
    """As it is read: “96.3 %”; empty while there is nothing to count."""
    formula: str
    """How it is counted, in Chinese."""


@dataclass(frozen=True, slots=True)
class Published:
    """The figures of one period."""

    period: str
    """In Chinese: “2026年10月”."""
    figures: Sequence[Figure] = ()


Figures = Callable[[Bot, datetime], Published]
"""The figures to publish at that moment. May raise `StoreLost`."""


def no_figures(bot: Bot, now: datetime) -> Published:
    """Nothing has been counted yet."""
    return Published("")


def add_figures(blueprint: Blueprint, bot: Bot, figures: Figures) -> None:
    """`/figures`."""

    @blueprint.get("/figures", endpoint="figures")
    def published() -> str:
        return render_template("public/figures.html", published=figures(bot, bot.now()))
