"""A ticket's history is only ever added to, whoever asks the database; on both."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from tests.store.test_calls import TICKET
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind

REWRITTEN = {
    "who": "UPDATE ticket_history SET who = 'w9'",
    "when": "UPDATE ticket_history SET at = '2020-01-01 00:00:00+00:00'",
    "the words": "UPDATE ticket_history SET why = '没有这回事'",
    "no words": "UPDATE ticket_history SET why = ''",
    "what": "UPDATE ticket_history SET change = 'note', why = ''",
    "from what": "UPDATE ticket_history SET before = 'open', why = ''",
    "whose": "UPDATE ticket_history SET owner = 'w9', why = ''",
    "of which": "UPDATE ticket_history SET id = id + 100, why = ''",
    "gone": "DELETE FROM ticket_history",
}


@pytest.fixture
def lines(record, sql):
    """What stands in the history now."""
    record.open_ticket("CA1", TICKET)
    return lambda: sql("SELECT * FROM ticket_history ORDER BY id")


@pytest.mark.parametrize("statement", REWRITTEN.values(), ids=REWRITTEN)
def test_nothing_is_changed(lines, sql, statement):
    before = lines()
    with pytest.raises(DBAPIError, match="only ever added to"):
        sql(statement)
    assert lines() == before


@pytest.mark.parametrize("name", [name for name in REWRITTEN if name != "no words"])
def test_of_a_forgotten_ticket_only_the_words_may_go(lines, sql, name):
    sql("UPDATE tickets SET forgotten_at = :at", at="2026-03-02 09:00:00+00:00")
    with pytest.raises(DBAPIError, match="only ever added to"):
        sql(REWRITTEN[name])
    sql(REWRITTEN["no words"])
    assert {line.why for line in lines()} == {""}


def test_a_ticket_that_is_not_forgotten_keeps_its_words(record, lines, sql):
    record.open_ticket("CA2", OpenTicket(TicketKind.CALL, Reason.KEY, "gjj", None, "另一件"))
    sql("UPDATE tickets SET forgotten_at = :at WHERE call_id = 'CA1'", at="2026-03-02 09:00:00+00:00")
    with pytest.raises(DBAPIError, match="only ever added to"):
        sql("UPDATE ticket_history SET why = ''")
    assert "另一件" in [line.why for line in lines()]


def test_no_way_round(lines, sql, database):
    """Replacing and truncating ask no trigger for rows."""
    before = lines()
    ways = {
        True: "INSERT OR REPLACE INTO ticket_history SELECT * FROM ticket_history",
        False: "TRUNCATE ticket_history",
    }
    with pytest.raises(DBAPIError, match="only ever added to"):
        sql(ways[database.is_sqlite])
    assert lines() == before
