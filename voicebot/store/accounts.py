"""Accounts of the desk, who is logged in, one-time links and throttled logins. Secrets come hashed: what they are is
`voicebot.staffing.accounts`' to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from voicebot.errors import OperatorError
from voicebot.store.desk_models import Account, DeskSession, Invite, LoginTry
from voicebot.store.shelf import Shelf, changed, insert_once
from voicebot.store.words import DeskRole

LOCK: Final = 0x6465736B  # "desk"
"""Key of the PostgreSQL advisory lock; SQLite has one writer anyway."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""So often at most it is written down that somebody is still there."""


class AccountExists(OperatorError):
    """There is an account with that id."""


class AccountBook(Shelf):
    """Every method may raise `StoreLost`."""

    # Accounts

    def account(self, account: str) -> Account | None:
        """The account with that id."""
        with self._database.reading() as session:
            return session.get(Account, account)

    def accounts(self) -> list[Account]:
        """All accounts, by id; closed ones too."""
        with self._database.reading() as session:
            return list(session.scalars(select(Account).order_by(Account.id)))

    def has_admin(self) -> bool:
        """Whether an admin can log in."""
        with self._database.reading() as session:
            return _has_admin(session)

    def add_account(self, account: str, *, name: str, role: DeskRole, unit: str | None, password: str = "") -> None:
        """Raises `AccountExists`."""
        with self._database.writing() as session:
            self._add(session, account, name, role, unit, password)

    def _add(self, session: Session, account: str, name: str, role: DeskRole, unit: str | None, password: str) -> None:
        values = {"name": name, "role": role, "unit": unit, "password": password, "created_at": self._now()}
        if not insert_once(session, Account, id=account, **values):
            raise AccountExists("account-exists", f"已经有工号 {account}")

    def change_account(self, account: str, *, name: str, role: DeskRole, unit: str | None, closed: bool) -> bool:
        """Change it; whoever's rights change, or may not log in any more, is logged out at once. False: there would be
        no admin left, and nothing was changed.
        """
        with self._database.writing() as session:
            _alone(session)
            row = session.get_one(Account, account)
            before = (row.role, row.unit, row.closed_at is not None)
            row.name, row.role, row.unit = name, role, unit
            row.closed_at = (row.closed_at or self._now()) if closed else None
            session.flush()
            if not _has_admin(session):
                session.rollback()
                return False
            if before != (role, unit, closed):
                changed(session, delete(DeskSession).where(DeskSession.account_id == account))
            return True

    def set_password(self, account: str, password: str, *, keep: str = "") -> None:
        """A new hash; everybody logged in with the old one is logged out, but the session `keep`."""
        with self._database.writing() as session:
            self._set_password(session, account, password, keep)

    def _set_password(self, session: Session, account: str, password: str, keep: str = "") -> None:
        session.get_one(Account, account).password = password
        others = (DeskSession.account_id == account) & (DeskSession.hash != keep)
        changed(session, delete(DeskSession).where(others))
        changed(session, update(Invite).where(Invite.account_id == account).values(used_at=self._now()))

    def rehash(self, account: str, password: str) -> None:
        """The same password, hashed as is done today."""
        with self._database.writing() as session:
            changed(session, update(Account).where(Account.id == account).values(password=password))

    # Sessions

    def open_session(self, hashed: str, account: str, lasts: timedelta) -> None:
        """Somebody logged in."""
        now = self._now()
        with self._database.writing() as session:
            changed(session, delete(DeskSession).where(DeskSession.expires_at < now))
            row = DeskSession(hash=hashed, account_id=account, created_at=now, seen_at=now, expires_at=now + lasts)
            session.add(row)

    def session_account(self, hashed: str, idle: timedelta, *, active: bool = True) -> Account | None:
        """Whose session it is, while it lasts; `active`: they have done something just now."""
        now = self._now()
        with self._database.reading() as session:
            row = session.get(DeskSession, hashed)
            if row is None or row.expires_at <= now or row.seen_at + idle <= now:
                return None
            account = session.get_one(Account, row.account_id)
        if account.closed_at is not None:
            return None
        if active and now - row.seen_at >= SEEN_EVERY:
            with self._database.writing() as session:
                changed(session, update(DeskSession).where(DeskSession.hash == hashed).values(seen_at=now))
        return account

    def end_session(self, hashed: str) -> None:
        """Logged out."""
        with self._database.writing() as session:
            changed(session, delete(DeskSession).where(DeskSession.hash == hashed))

    def end_sessions(self, account: str) -> int:
        """Log somebody out everywhere: how many sessions there were."""
        with self._database.writing() as session:
            return changed(session, delete(DeskSession).where(DeskSession.account_id == account))

    def sessions_open(self, idle: timedelta) -> Mapping[str, int]:
        """How many sessions of each account are on."""
        now = self._now()
        on = (DeskSession.expires_at > now) & (DeskSession.seen_at > now - idle)
        counted = select(DeskSession.account_id, func.count()).where(on).group_by(DeskSession.account_id)
        with self._database.reading() as session:
            return {account: count for account, count in session.execute(counted).all()}

    # Links

    def add_invite(self, hashed: str, account: str | None, lasts: timedelta) -> None:
        """A link for that account, instead of any it had; None: for the first admin."""
        now = self._now()
        with self._database.writing() as session:
            if account is not None:
                changed(session, delete(Invite).where(Invite.account_id == account))
            session.add(Invite(hash=hashed, account_id=account, created_at=now, expires_at=now + lasts))

    def invite(self, hashed: str) -> Invite | None:
        """The link, if it may still be used."""
        with self._database.reading() as session:
            return self._usable(session, hashed)

    def _usable(self, session: Session, hashed: str) -> Invite | None:
        row = session.get(Invite, hashed)
        if row is None or row.used_at is not None or row.expires_at <= self._now():
            return None
        return None if row.account_id is None and _has_admin(session) else row

    def use_invite(self, hashed: str, password: str) -> str | None:
        """Choose the password of the link's account: its id; None when the link may not be used any more."""
        with self._database.writing() as session:
            _alone(session)
            row = self._usable(session, hashed)
            if row is None or row.account_id is None:
                return None
            self._set_password(session, row.account_id, password)
            row.used_at = self._now()
            return row.account_id

    def first_admin(self, hashed: str, account: str, *, name: str, password: str) -> bool:
        """Become the first admin by that link: whether it could still be used. Raises `AccountExists`."""
        with self._database.writing() as session:
            _alone(session)
            row = self._usable(session, hashed)
            if row is None or row.account_id is not None:
                return False
            self._add(session, account, name, DeskRole.ADMIN, None, password)
            row.used_at = self._now()
            return True

    # Throttle

    def try_login(self, limits: Mapping[str, int], window: timedelta) -> datetime | None:
        """Note an attempt under each key, unless one of them had its share within the window: until when it is closed
        then, and nothing is noted.
        """
        now = self._now()
        with self._database.writing() as session:
            _alone(session)
            changed(session, delete(LoginTry).where(LoginTry.at <= now - window))
            for key, most in limits.items():
                tries = list(session.scalars(select(LoginTry.at).where(LoginTry.key == key).order_by(LoginTry.at)))
                if len(tries) >= most:
                    return tries[-most] + window
            session.add_all(LoginTry(key=key, at=now) for key in limits)
            return None

    def forget_tries(self, *keys: str) -> None:
        """They got in, or an admin lets them try again."""
        with self._database.writing() as session:
            changed(session, delete(LoginTry).where(LoginTry.key.in_(keys)))


def _has_admin(session: Session) -> bool:
    admins = select(func.count()).where(Account.role == DeskRole.ADMIN, Account.closed_at.is_(None))
    return bool(session.scalar(admins.select_from(Account)))


def _alone(session: Session) -> None:
    """One at a time, across all replicas, until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
