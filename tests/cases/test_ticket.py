"""What may happen to a ticket, in which state."""

import itertools

import pytest

from voicebot.cases.ticket import ANYWHERE, CHANGES, NEEDS_WHY, NEXT, STATES, ChangeRefused, after
from voicebot.store.words import Change, TicketState


def through(*changes, state=TicketState.OPEN):
    for change in changes:
        state = after("100024", state, change, "因为")
    return state


PATHS = {
    "the usual way": ("assign contact resolve confirm", "confirmed"),
    "reached at the third attempt": ("assign try try contact", "contacted"),
    "solved without a call": ("assign resolve", "resolved"),
    "the caller got through": ("connect", "resolved"),
    "not solved after all": ("assign resolve reopen", "reopened"),
    "solved the second time": ("assign resolve reopen contact resolve confirm", "confirmed"),
    "handed on": ("assign assign", "assigned"),
    "a note changes nothing": ("assign note join remind escalate", "assigned"),
}


@pytest.mark.parametrize(("changes", "state"), PATHS.values(), ids=PATHS.keys())
def test_path(changes, state):
    assert through(*map(Change, changes.split())) == state


REFUSED = {
    "resolve what nobody has": "resolve",
    "confirm what is not resolved": "assign confirm",
    "contact after the end": "assign resolve confirm contact",
    "reopen what is open": "reopen",
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED.keys())
def test_refused(changes):
    with pytest.raises(ChangeRefused, match="不能"):
        through(*map(Change, changes.split()))


@pytest.mark.parametrize("change", sorted(NEEDS_WHY))
def test_reason_is_needed(change):
    state = TicketState.RESOLVED if change is Change.REOPEN else TicketState.ASSIGNED
    with pytest.raises(ChangeRefused, match="写明"):
        after("100024", state, change, "  ")


def test_every_state_and_change_has_its_chinese_word():
    assert set(STATES) == set(TicketState)
    assert set(CHANGES) == set(Change)


def test_every_state_can_be_left_by_somebody():
    assert set(NEXT) == set(TicketState)
    assert all(NEXT[state] for state in TicketState)


EVERY = list(itertools.product(TicketState, Change))


@pytest.mark.parametrize(("state", "change"), [(s, c) for s, c in EVERY if c in ANYWHERE or c in NEXT[s]])
def test_nothing_leaves_the_states_there_are(state, change):
    follows = after("100024", state, change, "因为")

    assert follows is state if change in ANYWHERE else follows in TicketState


@pytest.mark.parametrize(("state", "change"), [(s, c) for s, c in EVERY if c not in ANYWHERE and c not in NEXT[s]])
def test_everything_else_is_refused(state, change):
    with pytest.raises(ChangeRefused) as refused:
        after("100024", state, change, "因为")
    assert refused.value.code == "wrong-state"
