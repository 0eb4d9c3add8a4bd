"""The command line."""

import click


@click.group()
@click.version_option(package_name="voicebot")
def main() -> None:
    """连心线：永远有人接的电话。"""
