"""A private PostgreSQL for the tests: in a temporary folder, on a Unix socket, as an unprivileged user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text


class Server:
    """A server we may make databases on."""

    def __init__(self, url: str, *, ours: bool) -> None:
        self._url = make_url(url)
        self._admin = create_engine(self._url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self.ours = ours
        """Its processes run here, so a test may stop them."""
        self.tables: str | None = None
        """URL of a database with our tables, empty, for the next test to use."""
        self._made: set[str] = set()

    def create(self, name: str, template: str = "template0") -> str:
        """The URL of a new database."""
        self._made.add(name)
        with self._admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'"))
        return self._url.set(database=name).render_as_string(hide_password=False)

    def clear(self) -> None:
        """Leave someone else's server as it was."""
        for name in self._made:
            self.drop(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected."""
        with self._admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@contextmanager
def find_server() -> Iterator[Server]:
    """The server of `VOICEBOT_TEST_POSTGRES`, else a private one. Without either: a failure in CI, a skip elsewhere."""
    if given := os.environ.get("VOICEBOT_TEST_POSTGRES"):
        url = make_url(given).set(drivername="postgresql+psycopg")
        server = Server(url.render_as_string(hide_password=False), ours=False)
        yield server
        server.clear()
        return
    binaries = _binaries()
    if binaries is None:
        why = "no PostgreSQL here: apt-get install postgresql, or set VOICEBOT_TEST_POSTGRES"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with _private(binaries) as folder:
        yield Server(f"postgresql+psycopg://voicebot@/postgres?host={folder}", ours=True)


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


@contextmanager
def _private(binaries: Path) -> Iterator[Path]:
    # Short, since the path of a Unix socket has at most 107 bytes; not in pytest's folder, which only root may enter.
    folder = Path(tempfile.mkdtemp(prefix="voicebot-pg-", dir="/tmp"))
    user = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data = folder / "data"

    def run(*command: object) -> None:
        with (folder / "log").open("ab") as log:
            words = [str(word) for word in command]
            subprocess.run(words, check=True, stdout=log, stderr=log, cwd=folder, timeout=120, **user)

    habits = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=150"
    try:
        # Nobody outlives this machine in a test, so nothing is flushed to disk.
        run(binaries / "initdb", "-D", data, "-U", "voicebot", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
        run(binaries / "pg_ctl", "-D", data, "-w", "-o", habits, "-l", folder / "server.log", "start")
        # Ends the server when we close the pipe, or when this process dies in whatever way.
        end = f"read _; {binaries}/pg_ctl -D {data} -m immediate stop; rm -rf {folder}"
        with subprocess.Popen(["sh", "-c", end], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd="/", **user):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
