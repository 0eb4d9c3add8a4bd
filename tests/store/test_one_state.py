"""Many questions whose answers must agree are asked of one state of the database."""

from sqlalchemy import func, select

from voicebot.store.models import CallState


def count(reads):
    with reads.reading() as session:
        return session.scalar(select(func.count()).select_from(CallState))


def test_a_state_stays_as_it_is_while_others_write(database, another):
    with database.state() as state:
        before = count(state)
        another.save_state("CA1", {"n": 1})

        assert count(state) == before == 0
        assert count(database) == 1

    with database.state() as state:
        assert count(state) == 1
