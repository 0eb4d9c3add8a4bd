"""What was heard, and what a call comes to: pure parts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.dialogue.commands import Decision, RecordTurn
from voicebot.events import Hypothesis, Word, typed
from voicebot.matching.types import Candidate, Outcome, Ranking
from voicebot.store.codec import heard_from_json, heard_to_json, ranking_from_json, ranking_to_json
from voicebot.store.standing import after_message, after_ticket, after_turn
from voicebot.store.words import CallOutcome as Call

share = st.integers(0, 10_000).map(lambda n: n / 10_000)
seconds = st.integers(0, 20_000).map(lambda n: n / 1000)
words = st.builds(Word, st.text(max_size=4), share, seconds, seconds)
hypotheses = st.lists(st.builds(Hypothesis, st.text(max_size=9), share, st.lists(words, max_size=3).map(tuple))).map(
    tuple
)
candidates = st.builds(Candidate, st.text(max_size=9), st.text(max_size=9), share, st.text(max_size=9))
rankings = st.none() | st.builds(Ranking, st.lists(candidates, max_size=4).map(tuple))


@given(hypotheses, rankings)
def test_what_was_heard_comes_back(heard, ranking):
    assert heard_from_json(json.loads(json.dumps(heard_to_json(heard)))) == heard
    assert ranking_from_json(json.loads(json.dumps(ranking_to_json(ranking)))) == ranking


def turn(decision, *, state="listening", outcome=Outcome.ANSWER, entry="rsj-001"):
    return RecordTurn(typed("社保卡丢了"), None, outcome, None, decision, entry, state)


YES = turn(Decision.ANSWERED, state="confirming", outcome=None)
STANDINGS = {
    "nothing said": ([], Call.LEFT_EARLY),
    "answered": ([turn(Decision.ANSWERED)], Call.ANSWERED),
    "asked back, then gone": ([turn(Decision.ASKED_CONFIRM)], Call.UNSURE),
    "confirmed": ([turn(Decision.ASKED_CONFIRM), YES], Call.CONFIRMED),
    "confirmed after a repeat": ([turn(Decision.ASKED_CONFIRM), turn(Decision.REPEATED), YES], Call.CONFIRMED),
    "chosen by key": ([turn(Decision.ANSWERED, state="choosing", outcome=None)], Call.CONFIRMED),
    "another question while confirming": ([turn(Decision.ANSWERED, state="confirming")], Call.ANSWERED),
    "the second question has no answer": ([turn(Decision.ANSWERED), turn(Decision.ASKED_REPHRASE)], Call.UNSURE),
    "goodbye after an answer": ([turn(Decision.ANSWERED), turn(Decision.FAREWELL)], Call.ANSWERED),
    "a person after an answer": ([turn(Decision.ANSWERED), turn(Decision.HANDED_OVER)], Call.HANDED_OVER),
    "an answer while waiting for a person": ([turn(Decision.HANDED_OVER), turn(Decision.ANSWERED)], Call.HANDED_OVER),
}


@pytest.mark.parametrize(("turns", "expected"), STANDINGS.values(), ids=STANDINGS)
def test_what_a_call_comes_to(turns, expected):
    standing = Call.LEFT_EARLY
    for each in turns:
        standing = after_turn(standing, each)
    assert standing is expected


@pytest.mark.parametrize("decision", Decision)
def test_a_person_is_never_taken_back_by_a_turn(decision):
    for settled in (Call.HANDED_OVER, Call.MESSAGE, Call.CONNECTED):
        assert after_turn(settled, turn(decision)) is settled


def test_tickets_and_messages():
    assert after_ticket(Call.ANSWERED) is Call.HANDED_OVER
    assert after_ticket(Call.CONNECTED) is Call.CONNECTED
    assert after_message(Call.HANDED_OVER, 4.0) is Call.MESSAGE
    assert after_message(Call.HANDED_OVER, 0.0) is Call.HANDED_OVER
    assert after_message(Call.CONNECTED, 4.0) is Call.CONNECTED
