"""What is documented exists, and what exists is documented."""

import pkgutil
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import voicebot
from voicebot.cli import COMMANDS, main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def commands(group, *before):
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        yield (*before, name)
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)


@pytest.mark.parametrize("path", list(commands(main)), ids=" ".join)
def test_command_has_help(path):
    run = CliRunner().invoke(main, [*path, "--help"])

    assert run.exit_code == 0
    text = run.output.split("\n\n")[1].strip()
    assert any("\u4e00" <= ch <= "\u9fff" for ch in text), "help is Chinese, for clerks"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_command_is_in_the_readme(name):
    assert f"voicebot {name}" in README


def test_readme_has_the_two_commands():
    blocks = [README.split(f"<!-- {name} -->")[1].split("```")[1] for name in ("demo", "test")]

    assert all(block.startswith("sh\npython3 -m venv .venv && .venv/bin/pip install") for block in blocks)
    assert "voicebot demo" in blocks[0]
    assert "pytest" in blocks[1]


def names_of_modules():
    """All modules; those that need PyTorch (extra: train) only where it is installed."""
    there = find_spec("torch") is not None
    names = [m.name for m in pkgutil.walk_packages(voicebot.__path__, "voicebot.") if "__main__" not in m.name]
    return [name for name in names if "migrations" not in name and (there or not name.startswith("voicebot.training."))]


def test_every_module_imports_without_doing_anything(tmp_path):
    """No environment, no files, no threads: importing a module does nothing."""
    program = f"import threading, {', '.join(names_of_modules())}; print(threading.active_count())"

    run = subprocess.run(
        [sys.executable, "-c", program], env={"PATH": ""}, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )

    assert (run.stdout.strip(), list(tmp_path.iterdir())) == ("1", []), run.stderr


def test_public_modules_say_what_they_hold():
    assert [name for name in names_of_modules() if not import_module(name).__doc__] == []


def test_dependencies_have_lower_bounds():
    extras = PROJECT["optional-dependencies"]
    every = [*PROJECT["dependencies"], *(d for extra in extras.values() for d in extra)]

    assert [d for d in every if ">=" not in d and not d.startswith(("voicebot[", "types-"))] == []
