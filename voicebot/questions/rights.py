"""Who may do what to the questions. Pure.

What the line says to everybody is read by a second person first: clerks (办事员) write drafts for their own department
and hand them in, supervisors (主管) publish, their own drafts too, for an office may be small. A supervisor without a
unit answers for all departments. Leaders, auditors and administrators look on.
"""

from __future__ import annotations

from typing import Protocol


class Staff(Protocol):
    """Whoever is at the desk."""

    @property
    def id(self) -> str:
        """Of the account."""

    @property
    def name(self) -> str:
        """As colleagues know them."""

    @property
    def role(self) -> str:
        """``clerk``, ``supervisor``, ``leader``, ``auditor`` or ``admin``."""

    @property
    def unit(self) -> str | None:
        """Department id; None: the whole office."""


def may_edit(staff: Staff, department: str) -> bool:
    """May write drafts for that department."""
    return may_publish(staff, department) or (str(staff.role) == "clerk" and staff.unit == department)


def may_publish(staff: Staff, department: str) -> bool:
    """May publish for that department, and undo."""
    return str(staff.role) == "supervisor" and staff.unit in (None, department)


def sees(staff: Staff) -> str | None:
    """The one department whose callers' words they see; None: all."""
    return staff.unit
