"""Commands run in a data folder of their own."""

import pytest
from click.testing import CliRunner

from voicebot.cli import main


@pytest.fixture
def run(tmp_path):
    """A function that runs a command: its exit code and what it printed. Its `data` is the data folder."""
    runner = CliRunner(env={"VOICEBOT_DATA": str(tmp_path / "data"), "VOICEBOT_SECRET": "a secret for tests only"})

    def command(*arguments):
        result = runner.invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)
        return result.exit_code, result.output

    command.data = tmp_path / "data"
    return command
