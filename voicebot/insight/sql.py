"""Calendar arithmetic that SQLite and PostgreSQL write differently."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class utc_hour(FunctionElement[str]):  # noqa: N801 - reads as an SQL function
    """The hour of a moment in UTC: ``2026-03-02 09``. The office's zone is whole hours away from it."""

    name = "utc_hour"
    type = String()
    inherit_cache = True


class local_day(FunctionElement[str]):  # noqa: N801
    """The day of a moment where the office is: ``2026-03-02``. China has kept no summer time since 1991."""

    name = "local_day"
    type = String()
    inherit_cache = True


@compiles(utc_hour, "sqlite")
def _(element: utc_hour, compiler: SQLCompiler, **how: Any) -> str:
    return f"substr({compiler.process(element.clauses, **how)}, 1, 13)"


@compiles(utc_hour, "postgresql")
def _(element: utc_hour, compiler: SQLCompiler, **how: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **how)} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"


@compiles(local_day, "sqlite")
def _(element: local_day, compiler: SQLCompiler, **how: Any) -> str:
    return f"date({compiler.process(element.clauses, **how)}, '+8 hours')"


@compiles(local_day, "postgresql")
def _(element: local_day, compiler: SQLCompiler, **how: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **how)} AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')"
