"""What calls say about the FAQ: counted once, grouped by meaning, kept as staff decided, forgotten in time."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from tests.store.conftest import all_at_once
from voicebot.data_files import load_lexicon
from voicebot.dialogue.commands import Decision, OpenTicket, Reason, TicketKind
from voicebot.events import EndReason
from voicebot.faq.entry import Faq
from voicebot.matching import Bands, Outcome
from voicebot.questions.grouping import group
from voicebot.questions.mining import Mining, count_with
from voicebot.questions.tally import Said, tally
from voicebot.store.counting import Fared
from voicebot.store.gaps import GapFilter
from voicebot.store.models import Turn
from voicebot.store.owed import note
from voicebot.store.question_models import GapState, GapWhy
from voicebot.store.words import Change, TicketState

A, CONFIRM, CHOOSE = Decision.ANSWERED, Decision.ASKED_CONFIRM, Decision.ASKED_CHOICE
REPHRASE, HANDED = Decision.ASKED_REPHRASE, Decision.HANDED_OVER


def said(state, heard, outcome, decision, entry=None, key=None):
    return Said(state, heard, key, outcome, decision, entry)


def asked(text, outcome=Outcome.UNSURE, decision=REPHRASE, entry=None, state="listening"):
    return said(state, text, outcome, decision, entry)


ANSWER = asked("社保卡丢了怎么办", Outcome.ANSWER, A, "e1")
MAYBE = asked("社保的卡没有了", Outcome.CONFIRM, CONFIRM, "e1")
YES = said("confirming", "对", None, A, "e1")
NO = said("confirming", "不是", None, REPHRASE)
ZERO = said("answered", "", None, HANDED, key="0")
CARD_LOST = "社保卡丢了怎么办"
CARD_GONE = "社保的卡没有了"
CALLS = {
    "answered": ([ANSWER], [("e1", "right")], []),
    "answered, thanked": ([ANSWER, said("answered", "谢谢", None, Decision.FAREWELL)], [("e1", "right")], []),
    "answered, repeated, then 0": (
        [ANSWER, said("answered", "", None, Decision.REPEATED, key="*"), ZERO],
        [("e1", "wrong")],
        [(CARD_LOST, GapWhy.WRONG, True)],
    ),
    "answered, another question, then 0 at once": (
        [ANSWER, asked("医保怎么异地备案", state="answered"), said("listening", "", None, HANDED, key="0")],
        [("e1", "right")],
        [("医保怎么异地备案", GapWhy.HUMAN, True)],
    ),
    "“不对” after an answer": (
        [ANSWER, said("answered", "不对", None, REPHRASE)], [("e1", "wrong")], [(CARD_LOST, GapWhy.WRONG, True)]
    ),
    "danger after an answer": (
        [ANSWER, asked("着火了", Outcome.EMERGENCY, HANDED, state="answered")], [("e1", "right")], []
    ),
    "confirmed": ([MAYBE, YES], [("e1", "confirmed")], []),
    "confirmed by key": ([MAYBE, said("confirming", "", None, A, "e1", key="1")], [("e1", "confirmed")], []),
    "confirmed, then 0": ([MAYBE, YES, ZERO], [("e1", "wrong")], [(CARD_GONE, GapWhy.WRONG, True)]),
    "refused": ([MAYBE, NO], [("e1", "refused")], [(CARD_GONE, GapWhy.REFUSED, True)]),
    "refused by key": (
        [MAYBE, said("confirming", "", None, REPHRASE, key="2")],
        [("e1", "refused")],
        [(CARD_GONE, GapWhy.REFUSED, True)],
    ),
    "refused, then answered in other words": (
        [MAYBE, NO, asked("怎么办居住证", Outcome.ANSWER, A, "e2")], [("e1", "refused"), ("e2", "right")], []
    ),
    "refused, the next likely confirmed": (
        [MAYBE, said("confirming", "不是", None, CONFIRM, "e2"), said("confirming", "对", None, A, "e2")],
        [("e1", "refused"), ("e2", "confirmed")],
        [],
    ),
    "refused in the same breath as another question": (
        [MAYBE, said("confirming", "不是我想问居住证", Outcome.ANSWER, A, "e2")],
        [("e1", "refused"), ("e2", "confirmed")],
        [],
    ),
    "refused in the same breath, and nothing else heard": (
        [MAYBE, said("confirming", "不是我想问社保的卡", Outcome.UNSURE, REPHRASE)],
        [("e1", "refused")],
        [(CARD_GONE, GapWhy.REFUSED, False), ("不是我想问社保的卡", GapWhy.REFUSED, True)],
    ),
    "refused twice": (
        [MAYBE, said("confirming", "", None, CONFIRM, "e2", key="2"), said("confirming", "不是", None, HANDED)],
        [("e1", "refused"), ("e2", "refused")],
        [(CARD_GONE, GapWhy.REFUSED, True)],
    ),
    "not understood twice": (
        [asked("遗体捐献在哪里登记"), asked("就是那个捐献", decision=HANDED)],
        [],
        [("遗体捐献在哪里登记", GapWhy.UNSURE, True), ("就是那个捐献", GapWhy.UNSURE, False)],
    ),
    "a person instead of our question": (
        [MAYBE, said("confirming", "转人工", Outcome.HUMAN, HANDED)], [], [(CARD_GONE, GapWhy.HUMAN, True)]
    ),
    "hung up at our question": ([MAYBE], [], [(CARD_GONE, GapWhy.LEFT, True)]),
    "a person at once": ([asked("转人工", Outcome.HUMAN, HANDED)], [], []),
    "fillers only": ([asked("嗯那个")], [], []),
    "a complaint": ([asked("我要投诉你们", Outcome.COMPLAINT, HANDED)], [], []),
    "nothing": ([], [], []),
}  # fmt: skip


@pytest.fixture(scope="module")
def lexicon():
    return load_lexicon()


@pytest.fixture(scope="module")
def count_of(lexicon):
    return count_with(lexicon)


@pytest.mark.parametrize("name", CALLS)
def test_what_a_call_says(name):
    turns, fates, unanswered = CALLS[name]
    found = tally(turns, lambda text: text.replace("嗯那个", ""))
    assert [(entry, str(fate)) for entry, fate in found.fates] == fates
    assert [(one.text, one.why, one.counts) for one in found.unanswered] == unanswered


@pytest.fixture
def place(record, clock):
    """`place(call, turns, …)`: a call of the past that has ended."""

    def put(call, turns, number="+8613100000001", department=None):
        record.call_started(call, number, "+861000000000")
        with record._database.writing() as session:
            for n, turn in enumerate(turns, 1):
                heard = [{"text": turn.heard, "confidence": 1.0, "words": []}] if turn.heard else []
                row = {"state": turn.state, "key": turn.key, "outcome": turn.outcome, "decision": turn.decision}
                session.add(
                    Turn(call_id=call, n=n, at_s=1.0, heard=heard, entry=turn.entry, audio_s=1, decode_s=0, **row)
                )
        with record._database.writing() as session:
            row = record._locked_call(session, call)
            row.department = department
            row.topic = next((turn.entry for turn in turns if turn.decision is A), None)
        clock.pass_(60)
        record.call_ended(call, EndReason.CALLER_HUNG_UP)
        clock.pass_(200)

    return put


WEEK = date(2026, 3, 2)


def test_each_call_is_counted_once_however_many_count(place, replicas, record, clock, count_of):
    for n in range(20):
        place(f"CA{n}", [ANSWER] if n % 2 else [MAYBE, NO], number=f"+86131000001{n:02}")
    for replica in replicas:
        replica._now = clock
    all_at_once(replicas, lambda part: [part.count_calls(count_of, most=7) for _ in range(6)])
    assert record.fared(WEEK, WEEK + timedelta(days=7)) == {"e1": Fared(calls=20, right=10, refused=10)}
    assert record.count_calls(count_of) == (0, None)
    assert record.weekly(["e1"], WEEK)["e1"][WEEK].refused == 10


def test_who_calls_again_within_a_day_was_not_helped(place, record, clock, count_of):
    place("CA1", [ANSWER])
    record.count_calls(count_of)
    assert record.fared(WEEK, WEEK + timedelta(days=7))["e1"] == Fared(calls=1, right=1)
    clock.pass_(3600)
    place("CA2", [ANSWER])
    place("CA3", [ANSWER], number="+8613100000002")
    clock.pass_(hours=25)
    place("CA4", [ANSWER])
    record.count_calls(count_of)
    assert record.fared(WEEK, WEEK + timedelta(days=7))["e1"] == Fared(calls=4, right=3, wrong=1)


def test_a_call_that_is_on_is_not_counted(record, clock, count_of):
    record.call_started("CA1", "+8613100000001", "+861000000000")
    clock.pass_(3600)
    assert record.count_calls(count_of) == (0, None)


ORGANS = ["遗体捐献在哪里登记", "我想捐献遗体去哪登记", "捐遗体怎么登记啊", "遗体捐献登记要什么手续"]
PARKING = ["路边停车位怎么包月", "路边停车包月多少钱", "停车位包月去哪里办"]


@pytest.fixture
def mining(record, clock, lexicon, count_of):
    made = Mining(
        record,
        lambda: SimpleNamespace(faq=Faq()),
        Bands(),
        clock,
        group=lambda new, there, faq: group(new, there, faq, lexicon),
        shares=lambda groups, faq, bands: dict.fromkeys(groups, 0.5),
    )
    made._count_of = count_of  # reading the word lists takes half a second
    return made


def lines(record, clock, **more):
    which = GapFilter(clock() - timedelta(days=90), clock() + timedelta(days=1), **more)
    return record.gap_lines(which, limit=20)


def texts(record, group):
    return {one.text for one in record.gap_wordings(group)}


def ask_all(place, said, department="rsj", tag=""):
    for n, text in enumerate(said):
        place(f"CA{tag}{text}", [asked(text, decision=HANDED)], f"+86131{n:03}{len(tag):05}", department)


def test_questions_are_grouped_counted_and_titled(place, record, clock, mining):
    ask_all(place, ORGANS)
    ask_all(place, PARKING, "gjj")
    place("CAagain", [asked("请问一下遗体捐献在哪里登记", decision=HANDED)], "+8613199999999")
    assert mining.count() == 8
    assert mining.group() == 7  # what differs only in politeness is one wording
    (organs, parking), total = lines(record, clock)
    assert total == 2
    assert (organs.calls, parking.calls) == (5, 3)
    assert texts(record, organs.group.id) == set(ORGANS)
    assert organs.group.title in ORGANS
    assert (organs.group.department, parking.group.department) == ("rsj", "gjj")
    assert organs.group.told == 0.5
    assert record.gap_wordings(organs.group.id)[0].calls == 2
    assert [line.group.id for line in lines(record, clock, department="gjj")[0]] == [parking.group.id]
    assert record.gap_reasons(organs.group.id, clock() - timedelta(days=9)) == {"unsure": 5}


def test_new_questions_come_to_the_group_that_is_there(place, record, clock, mining):
    ask_all(place, ORGANS[:2])
    mining.count(), mining.group()
    ask_all(place, ORGANS[2:], tag="later")
    mining.count(), mining.group()
    (organs,), _ = lines(record, clock)
    assert texts(record, organs.group.id) == set(ORGANS)


def test_what_staff_split_stays_split_and_what_they_joined_joined(place, record, clock, mining):
    ask_all(place, ORGANS[:3])
    ask_all(place, PARKING[:2], "gjj")
    mining.count(), mining.group()
    (organs, parking), _ = lines(record, clock)
    out = [one.id for one in record.gap_wordings(organs.group.id) if one.text == ORGANS[2]]
    split = record.split_gap(organs.group.id, out, "w1")
    moved = record.join_gaps(split.id, parking.group.id, "w1")
    ask_all(place, [ORGANS[3], PARKING[2]], tag="later")
    mining.count(), mining.group()
    found = {line.group.id: texts(record, line.group.id) for line in lines(record, clock)[0]}
    assert {*ORGANS[:2]} <= found[organs.group.id]
    assert {ORGANS[2], *PARKING[:2]} <= found[split.id]
    assert len(moved) == 2
    assert record.gap(parking.group.id) is None
    assert record.gap(split.id).by_hand


@pytest.mark.parametrize("which", [[], "all", [999_999]])
def test_nothing_to_split(place, record, clock, mining, which):
    ask_all(place, ORGANS)
    mining.count(), mining.group()
    (organs,), _ = lines(record, clock)
    out = [one.id for one in record.gap_wordings(organs.group.id)] if which == "all" else which
    assert record.split_gap(organs.group.id, out, "w1") is None
    assert record.join_gaps(organs.group.id, organs.group.id, "w1") is None


def test_what_is_not_for_the_faq_is_put_away(place, record, clock, mining):
    ask_all(place, ORGANS)
    mining.count(), mining.group()
    (organs,), _ = lines(record, clock)
    record.decide_gap(organs.group.id, GapState.DISMISSED, "w1")
    assert lines(record, clock) == ([], 0)
    assert lines(record, clock, state=GapState.DISMISSED)[1] == 1


def test_what_staff_said_in_the_end(place, record, clock, mining):
    ask_all(place, ORGANS[:1])
    call = f"CA{ORGANS[0]}"
    ticket = record.open_ticket(call, OpenTicket(TicketKind.CALL, Reason.NOT_UNDERSTOOD, "rsj", None, "问捐献"))
    with record.ticket_changing(ticket.id) as (session, row):
        row.unit = "rsj"
        note(session, row, Change.RESOLVE, TicketState.OPEN, clock(), why="请到红十字会登记")
    mining.count(), mining.group()
    (organs,), _ = lines(record, clock)
    assert [why for _, why in record.gap_outcomes(organs.group.id, "rsj")] == ["请到红十字会登记"]
    assert record.gap_outcomes(organs.group.id, "gjj") == []


def test_words_go_with_their_calls_and_figures_stay(place, record, clock, mining, count_of, sql):
    ask_all(place, ORGANS)
    ask_all(place, PARKING[:2], "gjj")
    mining.count(), mining.group()
    clock.pass_(days=30)
    place("CAlast", [asked(ORGANS[0], decision=HANDED)])
    mining.count()
    record.forget(clock() - timedelta(days=1), lambda file: None)
    (organs,), _ = lines(record, clock)
    assert organs.calls == 5
    assert texts(record, organs.group.id) == {ORGANS[0]}  # somebody who is remembered has said it
    kept = {row.text for row in sql("SELECT text FROM gap_questions")}
    assert kept == {"", ORGANS[0]}  # a group of two that nobody is remembered of is gone
    assert record.count_calls(count_of) == (0, None)


def test_numbers_and_names_are_not_kept(place, record, clock, mining):
    place("CA1", [asked("我叫王小明，身份证110101199003071234，遗体捐献在哪登记", decision=HANDED)])
    mining.count(), mining.group()
    (line,), _ = lines(record, clock)
    assert "王小明" not in line.group.title
    assert "1101" not in line.group.title
    assert "遗体捐献在哪登记" in line.group.title
