"""A small office with a few calls and cases: two units, a complaint, a message, a caller who waits, one on the line."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import soundfile

from tests.cases.office import shift
from voicebot.dialogue.commands import Decision, OpenTicket, Reason, RecordTurn, TicketKind
from voicebot.events import EndReason, Hypothesis, TransferOutcome
from voicebot.matching.types import Candidate, Outcome, Ranking
from voicebot.staffing.accounts import Accounts
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.keeping import save
from voicebot.staffing.roster import Person, Role, Roster
from voicebot.store.casebook import add_notice
from voicebot.store.record import Record
from voicebot.store.rings import Whom
from voicebot.store.words import DeskRole, TicketState

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=ZONE)
"""A Tuesday morning, everybody at work."""

PASSWORD = "一句好记的话就够了吧"
ACCOUNTS = {
    "clerk": ("w1", "王一", DeskRole.CLERK, "rsj"),
    "clerk2": ("w2", "李二", DeskRole.CLERK, "rsj"),
    "clerk_gjj": ("w3", "赵三", DeskRole.CLERK, "gjj"),
    "supervisor": ("z1", "周主管", DeskRole.SUPERVISOR, None),
    "leader": ("l1", "钱局", DeskRole.LEADER, None),
    "auditor": ("s1", "孙审计", DeskRole.AUDITOR, None),
    "admin": ("admin", "管理员", DeskRole.ADMIN, None),
}
"""By the name tests use: id, name, role, unit."""

ROSTER = Roster(
    (
        Person("w1", "王一", "+15005550011"),
        Person("w2", "李二", "+15005550012"),
        Person("w3", "赵三", "+15005550013", frozenset({"rsj"})),
        Person("l1", "钱局", "+15005550014"),
        Person("z1", "周主管", "+15005550015"),
    ),
    (
        shift("w1", "rsj", Role.A),
        shift("w2", "rsj", Role.B),
        shift("l1", "rsj", Role.LEAD, "09:00", "11:00"),
        shift("w3", "gjj", Role.A),
    ),
)


def make_accounts(record: Record) -> None:
    """One of each role, and a second clerk of either unit; all with `PASSWORD`."""
    accounts = Accounts(record)
    for account, name, role, unit in ACCOUNTS.values():
        accounts.create(account, name=name, role=role, unit=unit)
    hashed = accounts.hash_of(PASSWORD)
    for account, *_ in ACCOUNTS.values():
        record.set_password(account, hashed)


def fill(record: Record, clock, folder: Path) -> dict[str, str]:
    """Calls and cases; ticket numbers by name. `clock` ends where it began; messages are kept below `folder`."""
    began = clock.time
    save(record, ROSTER, who="z1", why="第一版", based_on=0)
    clock.time = began - timedelta(hours=1, minutes=30)
    numbers = {
        "own": _call(
            record,
            clock,
            "CA-own",
            "+8613100000001",
            "rsj",
            "rsj-001",
            "来电人问社保卡补办，听过答案，未解决。",
            "社保卡丢了咋整",
        ),
        "late": _call(
            record, clock, "CA-late", "+8613100000002", "rsj", "rsj-003", "来电人问医保缴费，要人工。", "我要找人"
        ),
        "free": _call(
            record, clock, "CA-free", "+8613100000007", "rsj", "rsj-002", "来电人问第一次办社保卡。", "第一次办社保卡"
        ),
        "other": _call(
            record, clock, "CA-other", "+8613100000003", "gjj", "gjj-001", "来电人问公积金提取。", "公积金咋往外取呢"
        ),
        "complaint": _call(
            record,
            clock,
            "CA-complaint",
            "+8613100000004",
            "rsj",
            None,
            "投诉社保窗口没人接电话。",
            "我要投诉",
            TicketKind.COMPLAINT,
        ),
    }
    with record.ticket_changing(record.ticket(numbers["late"]).id) as (session, row):
        row.respond_by = began - timedelta(minutes=20)
        words = f"工单 {numbers['late']} 已经超时"
        add_notice(session, clock.time, "late", unit="rsj", level="owner", words=words, ticket=row.id)
    with record.ticket_changing(record.ticket(numbers["free"]).id) as (_, row):
        row.owner, row.state = None, TicketState.OPEN
    _message(record, folder)
    clock.time = began - timedelta(minutes=2)
    _live(record, clock, began)
    clock.time = began
    return numbers


def _call(record, clock, call, number, department, topic, summary, said, kind=TicketKind.CALL) -> str:
    clock.time += timedelta(minutes=3)
    record.call_started(call, number, "+861000000000")
    log = record.for_call(call)
    log.commit(turn(said, topic))
    reason = Reason.COMPLAINT if kind is TicketKind.COMPLAINT else Reason.KEY
    ticket = record.open_ticket(call, OpenTicket(kind, reason, department, topic, summary))
    record.attempt_started(call, "王一")
    clock.time += timedelta(seconds=40)
    record.attempt_ended(call, TransferOutcome.NO_ANSWER)
    record.call_ended(call, EndReason.CALLER_HUNG_UP)
    return ticket.number


def turn(said, entry, question="社保卡丢了怎么补办", decision=Decision.ANSWERED) -> RecordTurn:
    """What a caller said, and the answer."""
    ranking = Ranking((Candidate(entry, question, 0.95),) if entry else ())
    return RecordTurn(
        heard=(Hypothesis(said, 0.9),),
        key=None,
        outcome=Outcome.ANSWER if entry else Outcome.UNSURE,
        ranking=ranking,
        decision=decision if entry else Decision.ASKED_REPHRASE,
        entry=entry,
        state="Listening",
        audio_s=2.0,
        decode_s=0.1,
        said="卡丢了请带身份证到窗口补办。" if entry == "rsj-001" and decision is Decision.ANSWERED else None,
    )


def _message(record, folder) -> None:
    """What the caller of the first call said after the beep: two seconds of a tone."""
    file = folder / "messages" / "sample.wav"
    file.parent.mkdir(exist_ok=True)
    soundfile.write(file, 0.2 * np.sin(np.arange(16000) * 0.3), 8000)
    record.message_taken("CA-own", "https://provider.example/RE1", 2.0)
    record.message_fetched("CA-own", "https://provider.example/RE1", str(file))
    record.message_heard(record.messages_of("CA-own")[0].id, "请尽快给我回电话")


def _live(record, clock, began) -> None:
    """One caller hears an answer, one waits for a person."""
    record.call_started("CA-live", "+8613100000005", "+861000000000")
    record.for_call("CA-live").commit(turn("请问社保卡丢了怎么补办", "rsj-001"))
    record.call_started("CA-wait", "+8613100000006", "+861000000000")
    record.for_call("CA-wait").commit(turn("失业金怎么领", "rsj-007"))
    record.open_ticket(
        "CA-wait", OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", "rsj-007", "来电人问失业金，正在等人工。")
    )
    clock.time = began - timedelta(seconds=75)
    wants = {"w1": Whom("w1", "A", "王一")}
    record.claim_person("CA-wait", wants, lambda waiters, busy: {}, green=False, urgent=False, ring_s=20)
    clock.time = began
    record.seen("CA-wait")
