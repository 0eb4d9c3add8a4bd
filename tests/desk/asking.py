"""Calls with questions, for the pages about them."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from voicebot.data_files import load_lexicon
from voicebot.dialogue.commands import Decision, OpenTicket, Reason, TicketKind
from voicebot.events import EndReason
from voicebot.faq.entry import Faq
from voicebot.matching import Bands, Outcome
from voicebot.questions.grouping import group
from voicebot.questions.mining import Mining
from voicebot.store.models import Turn
from voicebot.store.owed import note
from voicebot.store.words import Change, TicketState

ORGANS = ["遗体捐献在哪里登记", "我想捐献遗体去哪登记", "捐遗体怎么登记啊", "遗体捐献登记要什么手续"]
PARKING = ["路边停车位怎么包月", "路边停车包月多少钱", "停车位包月去哪里办"]


def call(record, clock, id_, said, outcome, decision, entry, *, department=None, state="listening", after=()):
    """A call of one question that has ended."""
    record.call_started(id_, f"+86132{abs(hash(id_)) % 10**8:08}", "+861000000000")
    turns = [(state, said, None, outcome, decision, entry), *after]
    with record._database.writing() as session:
        for n, (state, heard, key, outcome, decision, entry) in enumerate(turns, 1):
            heard = [{"text": heard, "confidence": 1.0, "words": []}] if heard else []
            row = {"state": state, "key": key, "outcome": outcome, "decision": decision, "entry": entry}
            session.add(Turn(call_id=id_, n=n, at_s=1.0, heard=heard, audio_s=1, decode_s=0, **row))
        record._locked_call(session, id_).department = department
    clock.pass_(40)
    record.call_ended(id_, EndReason.CALLER_HUNG_UP)


def fill_questions(record, clock):
    """Some weeks of answers, and of questions without one; grouped, one of them settled by a clerk."""
    now = clock.time
    for week in range(10):
        clock.time = now - timedelta(weeks=10 - week)
        for n in range(week % 4 + 1):
            zero = [("answered", "", "0", None, Decision.HANDED_OVER, None)] if n == 3 else []
            call(
                record,
                clock,
                f"CAq{week}-{n}",
                "社保卡丢了怎么补办",
                Outcome.ANSWER,
                Decision.ANSWERED,
                "rsj-001",
                after=zero,
            )
        for n, text in enumerate(ORGANS[: week % 3 + 1]):
            call(record, clock, f"CAo{week}-{n}", text, Outcome.UNSURE, Decision.HANDED_OVER, None, department="rsj")
        for n, text in enumerate(PARKING[: week % 2 + 1]):
            call(record, clock, f"CAp{week}-{n}", text, Outcome.UNSURE, Decision.HANDED_OVER, None, department="gjj")
    ticket = record.open_ticket("CAo9-0", OpenTicket(TicketKind.CALL, Reason.NOT_UNDERSTOOD, "rsj", None, "问遗体捐献"))
    with record.ticket_changing(ticket.id) as (session, row):
        row.unit, row.state = "rsj", TicketState.RESOLVED
        note(session, row, Change.RESOLVE, TicketState.OPEN, clock(), why="请带身份证到红十字会登记，电话13812345678")
    clock.time = now
    lexicon = load_lexicon()
    mining = Mining(
        record,
        lambda: SimpleNamespace(faq=Faq()),
        Bands(),
        clock,
        group=lambda new, there, faq: group(new, there, faq, lexicon),
        shares=lambda groups, faq, bands: dict.fromkeys(groups, 0.75),
    )
    mining.count()
    mining.group()
