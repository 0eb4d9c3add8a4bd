"""What makes webhooks safe: an answer that stays the same, and a token that joins one stream to one call, once."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, update

from voicebot.errors import StoreLost
from voicebot.store.models import StreamToken, WebhookReceipt
from voicebot.store.shelf import Shelf, changed, insert_once

log = logging.getLogger(__name__)

TOKEN_LIFE: Final = timedelta(minutes=2)
"""Twilio connects within seconds; a long text may be spoken before that."""
CLAIM_LIFE: Final = timedelta(seconds=3)
"""A process that has not answered by then has died. Twilio waits 15 s, so the repeat that takes over is in time."""
LOOK_S = 0.05
"""Seconds between two looks at whether the first request has its answer."""


class Webhooks(Shelf):
    """Receipts and tokens."""

    _pause: Callable[[float], None]

    def once(self, key: str, make: Callable[[], str], keep: Callable[[str], bool] = lambda answer: True) -> str:
        """The answer for this key: made by the first request, and the same for every later or simultaneous one.

        `make` may run again if the process answering first dies or fails half-way, so its own effects must be
        idempotent; whatever it raises is raised here and leaves the key free. Raises `StoreLost` when the key cannot
        be claimed; an answer that was made but cannot be kept is still given. One that must not be kept (`keep`) is
        made again for a later request.
        """
        patience = self._now() + CLAIM_LIFE
        while True:
            claimed_at = self._now()
            answer, mine = self._claim(key, claimed_at, patience)
            if answer is not None:
                return answer
            if mine:
                break
            self._pause(LOOK_S)
        try:
            made = make()
        except BaseException:
            self._release(key, claimed_at)
            raise
        if not keep(made):
            self._release(key, claimed_at)
            return made
        try:
            return self._settle(key, made)
        except StoreLost as error:
            log.error("the answer for %s was given but not kept: %s", key, error)
            return made

    def _claim(self, key: str, at: datetime, patience: datetime) -> tuple[str | None, bool]:
        """The answer if there is one, and whether making it is ours. Another's claim stands until it expires, and
        never longer than our own patience: the clocks of two machines differ.
        """
        with self._database.reading() as session:
            seen = session.get(WebhookReceipt, key)
        if seen is not None and seen.body is not None:
            return seen.body, False
        if seen is not None and seen.claimed_at > at - CLAIM_LIFE and at < patience:
            return None, False
        with self._database.writing() as session:
            if seen is None:
                return None, insert_once(session, WebhookReceipt, key=key, claimed_at=at)
            take_over = (
                update(WebhookReceipt)
                .where(WebhookReceipt.key == key, WebhookReceipt.body.is_(None))
                .where(WebhookReceipt.claimed_at == seen.claimed_at)
                .values(claimed_at=at)
            )
            return None, changed(session, take_over) == 1

    def _settle(self, key: str, body: str) -> str:
        """Keep the answer, unless someone who took over was faster: theirs was given already."""
        with self._database.writing() as session:
            if not insert_once(session, WebhookReceipt, key=key, body=body, claimed_at=self._now()):
                unanswered = (WebhookReceipt.key == key) & WebhookReceipt.body.is_(None)
                changed(session, update(WebhookReceipt).where(unanswered).values(body=body))
            return session.get_one(WebhookReceipt, key, populate_existing=True).body or body

    def _release(self, key: str, claimed_at: datetime) -> None:
        try:
            with self._database.writing() as session:
                unanswered = (WebhookReceipt.key == key) & WebhookReceipt.body.is_(None)
                changed(session, delete(WebhookReceipt).where(unanswered, WebhookReceipt.claimed_at == claimed_at))
        except StoreLost as error:
            log.error("the claim on %s stands until it expires: %s", key, error)

    def issue_token(self, call: str) -> str:
        """A token that lets one stream join this call, once, within `TOKEN_LIFE`. Raises `StoreLost`."""
        token = secrets.token_urlsafe(32)
        with self._database.writing() as session:
            self._locked_call(session, call)
            session.add(StreamToken(hash=_hash(token), call_id=call, expires_at=self._now() + TOKEN_LIFE))
        return token

    def use_token(self, token: str, call: str) -> bool:
        """Whether the token is this call's and had not been used: the first to ask gets True. Raises `StoreLost`."""
        now = self._now()
        valid = (
            (StreamToken.hash == _hash(token))
            & (StreamToken.call_id == call)
            & StreamToken.used_at.is_(None)
            & (StreamToken.expires_at > now)
        )
        with self._database.writing() as session:
            return changed(session, update(StreamToken).where(valid).values(used_at=now)) == 1


def _hash(token: str) -> str:
    """Whoever reads the table cannot join a stream."""
    return hashlib.sha256(token.encode()).hexdigest()
