"""The office as it is just now: fresh within seconds, and the last good one when something is broken."""

import pytest

from tests.cases.office import OFFICE
from voicebot.errors import SettingsError, StoreLost
from voicebot.staffing.keeping import FRESH_S, OfficeKeeper, body_of, roster_of
from voicebot.staffing.plan import Office

FIRST = Office(desk_number="+15005550099")


class Source:
    """What is written down, or what is wrong with it."""

    def __init__(self, now=OFFICE):
        self.now, self.loads, self.time = now, 0, 100.0

    def __call__(self):
        self.loads += 1
        if isinstance(self.now, Exception):
            raise self.now
        return self.now

    def clock(self):
        return self.time


def test_it_is_read_when_asked_and_again_after_a_while():
    source = Source()
    keeper = OfficeKeeper(source, source.clock, FIRST)

    assert [keeper(), keeper()] == [OFFICE, OFFICE]
    assert source.loads == 1
    source.now = FIRST
    source.time += FRESH_S - 0.1
    assert keeper() is OFFICE
    source.time += 0.2
    assert keeper() is FIRST


BROKEN = [SettingsError(["hours: 25:00"]), StoreLost("store-lost", "the disk is gone"), ZeroDivisionError("a bug")]


@pytest.mark.parametrize("problem", BROKEN, ids=repr)
def test_what_is_broken_leaves_the_last_good_one_in_force_and_is_told_once(problem, caplog):
    source = Source(problem)
    keeper = OfficeKeeper(source, source.clock, FIRST)
    assert keeper() is FIRST
    source.now = OFFICE
    source.time += FRESH_S
    assert keeper() is OFFICE
    source.now = problem
    for _ in range(3):
        source.time += FRESH_S
        assert keeper() is OFFICE

    assert caplog.text.count("the last good one stays in force") == 2


def test_a_roster_there_and_back():
    assert roster_of(body_of(OFFICE.roster)) == OFFICE.roster
