"""The report tells what was not answered in the groups of 高频缺口."""

from datetime import date, timedelta

from tests.cases.office import at
from voicebot.dialogue.commands import Decision
from voicebot.insight.period import month_of
from voicebot.insight.unanswered import gaps_of
from voicebot.matching.types import Outcome
from voicebot.store.models import Call, Turn
from voicebot.store.question_models import CountedCall, GapAsk, GapGroup, GapQuestion, GapState, GapWhy
from voicebot.store.words import Channel

MARCH = month_of(date(2026, 3, 1))
BEGIN = at("2026-03-02 09:00")
KEEPING = ("养狗要不要办证", "狗证在哪里办")


def call(n, *, counted=True, department="rsj"):
    began = BEGIN + timedelta(hours=n)
    row = Call(
        id=f"CA{n}", channel=Channel.TWILIO, started_at=began, ended_at=began, weighed_at=began, department=department
    )
    return [row, *([CountedCall(call_id=row.id, counted_at=began)] if counted else [])]


def ask(n, question, *, counts=True):
    return GapAsk(
        question_id=question, call_id=f"CA{n}", at=BEGIN + timedelta(hours=n), why=GapWhy.UNSURE, counts=counts
    )


def heard(n, text):
    return Turn(
        call_id=f"CA{n}",
        n=1,
        at_s=1.0,
        state="listening",
        heard=[{"text": text, "confidence": 1.0}],
        outcome=Outcome.UNSURE,
        decision=Decision.ASKED_REPHRASE,
        audio_s=1.0,
        decode_s=0.1,
    )


def fill(database):
    groups = [
        GapGroup(id=1, title=KEEPING[0], state=GapState.OPEN, created_at=BEGIN),
        GapGroup(id=2, title="喂喂喂", state=GapState.DISMISSED, created_at=BEGIN),
    ]
    texts = [(1, KEEPING[0], 1), (2, KEEPING[1], 1), (3, "喂喂喂", 2), (4, "路灯归谁修", None), (5, "", None)]
    questions = [GapQuestion(id=id_, key=str(id_), text=text, group_id=group) for id_, text, group in texts]
    calls = [row for n in range(5) for row in call(n)] + call(5, counted=False) + call(6, counted=False)
    asks = [ask(0, 1), ask(0, 2, counts=False), ask(1, 2), ask(1, 1), ask(2, 3), ask(3, 4), ask(4, 5)]
    heards = [heard(0, "这一句已经数过了"), heard(5, "路灯归谁修"), heard(6, "暂住证在哪里换")]
    for rows in (groups, questions, calls, asks, heards):
        with database.writing() as session:
            session.add_all(rows)


def test_wordings_that_mean_the_same_are_one_question(database):
    fill(database)

    found = [(gap.text, gap.count, gap.calls) for gap in gaps_of(database, MARCH)]

    assert found == [
        (KEEPING[0], 2, ["CA1", "CA0"]),
        ("路灯归谁修", 2, ["CA5", "CA3"]),
        ("暂住证在哪里换", 1, ["CA6"]),
    ]


def test_of_one_department_and_of_a_period(database):
    fill(database)
    assert gaps_of(database, MARCH, "gjj") == []
    assert gaps_of(database, MARCH.before) == []
    assert gaps_of(database, MARCH, "rsj")[0].last == BEGIN + timedelta(hours=1)
