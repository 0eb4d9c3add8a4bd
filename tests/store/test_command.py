"""`voicebot db upgrade`."""

from __future__ import annotations

import json

import pytest
from alembic.script import ScriptDirectory
from click.testing import CliRunner

from voicebot.cli.db import db
from voicebot.store import migrate
from voicebot.store.database import Database


def run(*words, env=None):
    return CliRunner().invoke(db, list(words), env=env or {})


def test_upgrade_makes_the_tables_once(empty_url):
    kind = "sqlite" if empty_url.startswith("sqlite") else "postgresql"
    first = json.loads(run("upgrade", "--url", empty_url, "--json").output)
    assert first == {"database": kind, "from": None, "to": first["to"], "changed": True}
    second = json.loads(run("upgrade", "--url", empty_url, "--json").output)
    assert second == {"database": kind, "from": first["to"], "to": first["to"], "changed": False}
    database = Database(empty_url)
    database.ping()
    database.close()


def test_it_says_so_in_chinese(tmp_path):
    url = f"sqlite:///{tmp_path / 'record.sqlite3'}"
    newest = ScriptDirectory.from_config(migrate.config()).get_current_head()
    assert f"数据库已建立，版本 {newest}。" in run("upgrade", "--url", url).output
    assert f"数据库已是最新版本（{newest}）。" in run("upgrade", "--url", url).output


def test_the_database_of_the_settings(tmp_path):
    result = run("upgrade", env={"VOICEBOT_DATA": str(tmp_path / "data"), "VOICEBOT_DATABASE_URL": ""})
    assert result.exit_code == 0, result.output
    assert (tmp_path / "data" / "voicebot.sqlite3").is_file()


@pytest.mark.parametrize("url", ["mysql://host/base", "sqlite:////proc/none/record.sqlite3"])
def test_a_database_that_cannot_be_had_is_one_line_and_a_failure(url):
    result = run("upgrade", "--url", url, "--json")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1


def test_help():
    assert "VOICEBOT_DATABASE_URL" in run("upgrade", "--help").output
