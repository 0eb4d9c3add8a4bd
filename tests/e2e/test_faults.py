"""`voicebot evaluate faults` in small: the line is really killed, started again, and nobody is lost or served twice."""

import asyncio

from voicebot.cli.evaluate_faults import kill_at, summary


def test_whoever_was_on_the_line_is_connected_or_owed_a_call():
    async def both():
        return await asyncio.gather(kill_at("ticket-stored"), kill_at("accept-kept", "worker"))

    found = summary(asyncio.run(both()))
    assert (found["points"], found["runs"]) == (2, 2), "each died where it should"
    assert (found["lost"], found["duplicated"]) == (0, 0)
    assert found["connected"] + found["ticketed"] == 2
