"""The command line: one module per family of commands, imported when it is asked for."""

from __future__ import annotations

import os
from importlib import import_module

import click

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
"""Before numpy comes: what it multiplies for one question takes less than a millisecond. Two threads take as long and
twice the processor.
"""

COMMANDS = {
    "accounts": "voicebot.cli.accounts:accounts",
    "ask": "voicebot.cli.ask:ask",
    "callbacks": "voicebot.cli.callbacks:callbacks",
    "db": "voicebot.cli.db:db",
    "demo": "voicebot.cli.demo:demo",
    "dial": "voicebot.cli.dial:dial",
    "evaluate": "voicebot.cli.evaluate:evaluate",
    "faq": "voicebot.cli.faq:faq",
    "green": "voicebot.cli.green:green",
    "model": "voicebot.cli.model:model",
    "report": "voicebot.cli.report:report",
    "roster": "voicebot.cli.roster:roster",
    "serve": "voicebot.cli.serve:serve",
    "simulate": "voicebot.cli.simulate:simulate",
    "tickets": "voicebot.cli.tickets:tickets",
    "transcribe": "voicebot.cli.transcribe:transcribe",
    "voice": "voicebot.cli.voice:voice",
}
"""Where each command lives. A question asked on the command line should not wait for the web server's imports."""


class LazyGroup(click.Group):
    """Imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, sorted."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with that name."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=LazyGroup)
@click.version_option(package_name="voicebot")
def main() -> None:
    """连心线：永远有人接的电话。"""
