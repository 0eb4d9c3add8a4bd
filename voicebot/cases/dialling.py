"""Calls back by hand, as staff may make them: within the hours for calling, and never by the unit complained of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from voicebot.cases.book import complained_of
from voicebot.cases.calling_back import next_permitted, permitted
from voicebot.cases.ticket import ChangeRefused
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.plan import Office
from voicebot.store.dial_list import LOOKED
from voicebot.store.record import Record
from voicebot.store.words import CallbackOutcome, CallbackState

CALLBACK_STATES: Final = {
    CallbackState.DUE: "等待回电",
    CallbackState.CALLING: "正在回电",
    CallbackState.BY_HAND: "请人工拨打",
    CallbackState.DONE: "已经通话",
    CallbackState.DROPPED: "不用打了",
}
OUTCOMES: Final = {
    CallbackOutcome.REACHED: "已通话",
    CallbackOutcome.NO_ANSWER: "没有人接",
    CallbackOutcome.BUSY: "占线",
    CallbackOutcome.WRONG_NUMBER: "号码不对",
    CallbackOutcome.NOT_WANTED: "对方不需要了",
    CallbackOutcome.UNREACHABLE: "打不通",
    CallbackOutcome.CUT_SHORT: "一接就断",
    CallbackOutcome.STAFF_NO_ANSWER: "值班人员没有接",
    CallbackOutcome.STAFF_BUSY: "值班人员占线",
    CallbackOutcome.STAFF_DECLINED: "值班人员没有接",
    CallbackOutcome.STAFF_VOICEMAIL: "值班人员的语音信箱",
    CallbackOutcome.STAFF_FAILED: "值班人员的电话打不通",
    CallbackOutcome.STAFF_LEFT: "值班人员先挂机",
    CallbackOutcome.LOST: "结果不明",
    CallbackOutcome.TOO_LATE: "过了回电时间",
    CallbackOutcome.SETTLED: "不用再回电",
}


class Dialling:
    """`who` is the person id of whoever does it. Every method may raise `StoreLost`, and `ChangeRefused` when it cannot
    be done: what is not there, is over, or is on just now.
    """

    def __init__(self, record: Record, office: Callable[[], Office], now: Callable[[], datetime]) -> None:
        self._record = record
        self._office = office
        self._now = now

    def number(self, callback: int, who: str, *, anyway: bool = False) -> str:
        """The caller's number (E.164); that it was looked at is kept. Outside the hours for calling only `anyway`."""
        self._seen_by(callback, who)
        policy, now = self._office().callback, self._now()
        late = not permitted(policy, now)
        if late and not anyway:
            hours = f"{policy.start:%H:%M} 到 {policy.end:%H:%M}"
            clock = f"{now.astimezone(ZONE):%H:%M}"
            raise ChangeRefused("not-now", f"现在是 {clock}，回电时间是 {hours}")
        number = self._record.number_to_dial(callback, who, f"{LOOKED}（在回电时间以外）" if late else LOOKED)
        if not number:
            raise ChangeRefused("no-such-callback", "没有这个回电，或者不用再打、正在打、号码已经不在了")
        return number

    def done(self, callback: int, outcome: CallbackOutcome, who: str, why: str = "") -> None:
        """What came of dialling: one of `BY_HAND`."""
        self._seen_by(callback, who)
        policy = self._office().callback
        again = next_permitted(policy, self._now() + timedelta(seconds=policy.spacing_s))
        _told(self._record.dialled_by_hand(callback, outcome, who, again_at=again, why=why))

    def retry(self, callback: int, who: str) -> int:
        """Let the line call again: the id of the callback that stands for this one."""
        self._seen_by(callback, who)
        fresh = self._record.retry_callback(callback, next_permitted(self._office().callback, self._now()), who)
        _told(fresh is not None)
        return fresh or 0

    def drop(self, callback: int, who: str, why: str) -> None:
        """Nobody has to call any more."""
        self._seen_by(callback, who)
        _told(self._record.drop_callback(callback, who, why))

    def _seen_by(self, callback: int, who: str) -> None:
        ticket = self._record.ticket_called_about(callback)
        _told(ticket is not None and not complained_of(self._office(), ticket, who))


def _told(done: bool) -> None:
    if not done:
        raise ChangeRefused("no-such-callback", "没有这个回电，或者已经打通、取消，或者正在打")
