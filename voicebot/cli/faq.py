"""Commands about the FAQ folder."""

from __future__ import annotations

import click


@click.group()
def faq() -> None:
    """办事问答（FAQ）的检查与维护。"""
