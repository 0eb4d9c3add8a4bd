"""Who may log in to the desk: passwords (Argon2), sessions, one-time links, and how often may be tried.

Everything stands in the record, so every replica knows it and a session can be ended from anywhere.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from voicebot.errors import VoicebotError
from voicebot.store.desk_models import Account, Invite
from voicebot.store.record import Record
from voicebot.store.words import DeskRole

IDLE: Final = timedelta(hours=2)
"""Logged out after doing nothing for that long: longer than a morning's quiet, shorter than a lunch break."""
LONGEST: Final = timedelta(hours=12)
"""Logged out after a long day, whatever is done."""
INVITED: Final = timedelta(days=3)
"""How long a link to choose a password can be used."""
FIRST_ADMIN: Final = timedelta(hours=24)
WINDOW: Final = timedelta(minutes=15)
MOST_BY_NAME: Final = 5
"""Attempts within the window for one account."""
MOST_BY_ADDRESS: Final = 50
"""Attempts within the window from one address: an office has one address for all its people."""
LEAST_PASSWORD: Final = 10
"""Characters. Length is what counts (NIST SP 800-63B); nothing is asked about kinds of characters."""
MOST_PASSWORD: Final = 200

_GUESSED: Final = ("password", "admin", "qwertyuiop", "woaini")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_AT_ONCE = threading.BoundedSemaphore(2)
"""Argon2 takes 64 MiB and most of a core for 50 ms; calls go before logins."""
_IN_LINE = threading.BoundedSemaphore(16)
"""Who waits for that holds a thread of the server, which calls need too: one more is asked to try again."""

ROLES: Final = {
    DeskRole.CLERK: "办事员",
    DeskRole.SUPERVISOR: "主管",
    DeskRole.LEADER: "领导",
    DeskRole.AUDITOR: "审计员",
    DeskRole.ADMIN: "管理员",
}
NEEDS_UNIT: Final = frozenset({DeskRole.CLERK})
"""Whose account must say which unit's cases it sees."""


@dataclass(frozen=True, slots=True)
class User:
    """Who is logged in."""

    id: str
    name: str
    role: DeskRole
    unit: str | None
    """The unit whose cases they see; None: all."""


class AccountRefused(VoicebotError):
    """It cannot be done. The message is Chinese, for whoever tried."""


class Accounts:
    """The accounts. Every method may raise `StoreLost`, and `AccountRefused` when it cannot be done."""

    def __init__(self, record: Record, hasher: PasswordHasher | None = None) -> None:
        """`hasher`: Argon2id as RFC 9106 wants it where memory is short, unless given."""
        self.record = self._record = record
        self._hasher = hasher or PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        """Checked for accounts that do not exist: the answer takes as long."""
        return self.hash_of(secrets.token_urlsafe())

    # Logging in

    def log_in(self, account: str, password: str, address: str = "") -> tuple[str, User]:
        """The token of a new session, and who it is. `address`: where they are; empty when that says nothing."""
        name = account.strip()
        limits = {_key("name", name): MOST_BY_NAME} | ({_key("address", address): MOST_BY_ADDRESS} if address else {})
        if self._record.try_login(limits, WINDOW) is not None:
            minutes = WINDOW.seconds // 60
            raise AccountRefused("too-many-tries", f"登录失败次数太多，请 {minutes} 分钟后再试，或者找管理员重设密码")
        row = self._record.account(name)
        known = row is not None and row.password != "" and row.closed_at is None
        right = self._verify(row.password if row is not None and known else self._nobody, password)
        if row is None or not known or not right:
            raise AccountRefused("wrong-password", "工号或密码不对")
        self._record.forget_tries(*limits)
        if self._hasher.check_needs_rehash(row.password):
            self._record.rehash(row.id, self.hash_of(password))
        return self.open_session(row.id), user_of(row)

    def open_session(self, account: str) -> str:
        """The token of a new session of an account."""
        token = secrets.token_urlsafe(32)
        self._record.open_session(hashed(token), account, LONGEST)
        return token

    def user(self, token: str, *, active: bool = True) -> User | None:
        """Whose session that is; None when it is over. `active`: they have done something, it is no mere refresh."""
        row = self._record.session_account(hashed(token), IDLE, active=active) if token else None
        return user_of(row) if row else None

    def log_out(self, token: str) -> None:
        """End one session."""
        self._record.end_session(hashed(token))

    # Accounts

    def create(self, account: str, *, name: str, role: DeskRole, unit: str | None, password: str = "") -> None:
        """A new account; without a password it needs a link (`invite`)."""
        if not _ID.fullmatch(account):
            raise AccountRefused("bad-id", "工号用字母和数字，最多 32 位，比如 w1")
        unit = _checked(name, role, unit)
        if password:
            check_password(password, account)
        stored = self.hash_of(password) if password else ""
        self._record.add_account(account, name=name.strip(), role=role, unit=unit, password=stored)

    def change(self, account: str, *, name: str, role: DeskRole, unit: str | None, closed: bool) -> None:
        """Change what somebody may do; they have to log in again."""
        unit = _checked(name, role, unit)
        if self._record.account(account) is None:
            raise AccountRefused("no-such-account", f"没有工号 {account}")
        if not self._record.change_account(account, name=name.strip(), role=role, unit=unit, closed=closed):
            raise AccountRefused("last-admin", "至少要留一个能登录的管理员")

    def change_password(self, account: str, old: str, new: str, token: str) -> None:
        """Somebody changes their own; they stay logged in here and nowhere else."""
        limits = {_key("name", account): MOST_BY_NAME}
        if self._record.try_login(limits, WINDOW) is not None:
            raise AccountRefused("too-many-tries", f"试的次数太多，{WINDOW.seconds // 60} 分钟后再试")
        row = self._record.account(account)
        if row is None or not self._verify(row.password, old):
            raise AccountRefused("wrong-password", "现在的密码不对")
        check_password(new, account)
        self._record.forget_tries(*limits)
        self._record.set_password(account, self.hash_of(new), keep=hashed(token))

    # Links

    def invite(self, account: str) -> str:
        """The token of a link by which the account's password can be chosen, once."""
        token = secrets.token_urlsafe(24)
        self._record.add_invite(hashed(token), account, INVITED)
        self._record.forget_tries(_key("name", account))
        return token

    def first_admin_invite(self) -> str | None:
        """The token of a link that makes the first admin; None when there is one."""
        if self._record.has_admin():
            return None
        token = secrets.token_urlsafe(24)
        self._record.add_invite(hashed(token), None, FIRST_ADMIN)
        return token

    def invited(self, token: str) -> Invite:
        """The link, while it can be used."""
        found = self._record.invite(hashed(token))
        if found is None:
            raise AccountRefused("no-such-invite", "这个链接用过了，或者过期了")
        return found

    def accept(self, token: str, password: str, *, account: str = "", name: str = "") -> str:
        """Choose a password by a link: the account's id. `account` and `name` are the first admin's."""
        invite = self.invited(token)
        if invite.account_id is None and not _ID.fullmatch(account):
            raise AccountRefused("bad-id", "工号用字母和数字，最多 32 位，比如 w1")
        check_password(password, invite.account_id or account)
        if invite.account_id is not None:
            done = self._record.use_invite(hashed(token), self.hash_of(password))
        else:
            _checked(name, DeskRole.ADMIN, None)
            made = self._record.first_admin(hashed(token), account, name=name.strip(), password=self.hash_of(password))
            done = account if made else None
        if done is None:
            raise AccountRefused("no-such-invite", "这个链接用过了，或者过期了")
        return done

    # Passwords

    def hash_of(self, password: str) -> str:
        """The Argon2id hash of a password, with parameters and salt."""
        with _hashing():
            return self._hasher.hash(password)

    def _verify(self, stored: str, password: str) -> bool:
        """Whether that is the password."""
        if len(password) > MOST_PASSWORD:
            return False
        with _hashing():
            try:
                return self._hasher.verify(stored, password)
            except (VerificationError, InvalidHashError):
                return False


def user_of(row: Account) -> User:
    """An account as whoever is logged in with it."""
    return User(row.id, row.name, row.role, row.unit)


def hashed(token: str) -> str:
    """What is kept of a token: it has 192 bits or more, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


@contextmanager
def _hashing() -> Iterator[None]:
    """Few at once, few in line."""
    if not _IN_LINE.acquire(blocking=False):
        raise AccountRefused("busy", "现在登录的人太多，请过几秒再试")
    try:
        with _AT_ONCE:
            yield
    finally:
        _IN_LINE.release()


def check_password(password: str, account: str) -> None:
    """Raises `AccountRefused` for one that is easily guessed."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise AccountRefused("bad-password", f"密码至少 {LEAST_PASSWORD} 位，可以用一句话")
    bare = password.lower().strip("0123456789")
    in_a_row = any(password in digits for digits in ("0123456789" * 3, "9876543210" * 3))
    if in_a_row or len(set(password)) < 4 or bare in {"", account.lower(), *_GUESSED}:
        raise AccountRefused("bad-password", "这个密码太容易猜了，换一个，可以用一句话")


def _checked(name: str, role: DeskRole, unit: str | None) -> str | None:
    if not 1 <= len(name.strip()) <= 40:
        raise AccountRefused("bad-name", "姓名要写，最多 40 个字")
    unit = (unit or "").strip() or None
    if role in NEEDS_UNIT and unit is None:
        raise AccountRefused("unit-missing", "办事员要选单位：只看得到本单位的事")
    return unit


def _key(kind: str, value: str) -> str:
    return f"{kind}:{hashed(value.lower())[:40]}"
