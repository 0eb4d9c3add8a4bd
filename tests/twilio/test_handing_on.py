"""What a caller hears while the person they talked with chooses whom to hand them on to."""

from types import SimpleNamespace

import pytest

from voicebot.store.words import HandingState
from voicebot.twilio.handing_on import WORDS_EVERY, HandingOnPages

OFFERED, CHOOSING = HandingState.OFFERED, HandingState.CHOOSING
SPOKEN = {
    "choosing from the second look": ([OFFERED, *[CHOOSING] * 10], [1, 1 + WORDS_EVERY]),
    "choosing from the first": ([CHOOSING] * 11, [1, 1 + WORDS_EVERY]),
    "choosing seen late": ([OFFERED, OFFERED, *[CHOOSING] * 10], [2, 2 + WORDS_EVERY]),
    "later still": ([OFFERED, OFFERED, OFFERED, *[CHOOSING] * 10], [3, 3 + WORDS_EVERY]),
    "chosen at once": ([OFFERED, OFFERED, CHOOSING], [2]),
}


@pytest.mark.parametrize(("states", "spoken"), SPOKEN.values(), ids=SPOKEN)
def test_the_caller_hears_so_however_late_choosing_is_seen(states, spoken):
    now = iter(states)
    record = SimpleNamespace(
        offer_handing_on=lambda call: True, handing_on=lambda call: SimpleNamespace(state=next(now))
    )
    bot = SimpleNamespace(record=record, script=SimpleNamespace(clip=lambda name: name))
    pages = HandingOnPages(bot, SimpleNamespace(being_handed_on=lambda words, slow, looks: (words, looks)))
    looks, heard = 0, []
    for n in range(len(states)):
        words, looks = pages.caller("CA1", looks)
        heard += [n] if words else []
    assert heard == spoken
