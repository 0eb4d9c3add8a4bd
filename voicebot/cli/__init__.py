"""The command line: one module per family of commands, added to `main` here."""

import click

from voicebot.cli.faq import faq


@click.group()
@click.version_option(package_name="voicebot")
def main() -> None:
    """连心线：永远有人接的电话。"""


main.add_command(faq)
