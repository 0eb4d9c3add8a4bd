"""The FAQ being served, as days pass and files change."""

from datetime import date

import pytest

from tests.faq.samples import GOOD, HEADER, OTHER, entry, write
from voicebot.data_files import load_lexicon
from voicebot.events import typed
from voicebot.faq.load import load_folder
from voicebot.knowledge import KnowledgeKeeper
from voicebot.matching import Bands

LATER = HEADER + entry("rsj-002", "怎么打印社保缴费证明", "缴费证明去哪里打", validity="2026-06-02 至 2026-12-31")
DAY = date(2026, 6, 1)


@pytest.fixture
def kept(tmp_path):
    """The keeper of some files, and the day, which may be set."""

    def keep(**files):
        days = [DAY]
        return KnowledgeKeeper(
            load_folder(write(tmp_path, **files), DAY), load_lexicon(), Bands(), lambda: days[0]
        ), days

    return keep


def test_what_begins_today_is_known_from_midnight(kept):
    keeper, days = kept(rsj=GOOD, b=LATER.replace("rsj\n", "b\n", 1))
    assert [one.id for one in keeper().faq.entries] == ["rsj-001"]
    days[0] = date(2026, 6, 2)
    assert {one.id for one in keeper().faq.entries} == {"rsj-001", "rsj-002"}
    assert keeper().understand(typed("缴费证明去哪里打")).ranking.best.entry == "rsj-002"


def test_what_ends_is_not_known_the_day_after(kept):
    keeper, days = kept(rsj=GOOD, ybj=OTHER.replace("2026-12-31", "2026-06-01"))
    assert keeper.department_of("ybj-001") == "ybj"
    days[0] = date(2026, 6, 2)
    assert keeper.department_of("ybj-001") is None


def test_a_new_day_with_the_same_entries_costs_no_caller_anything(kept):
    keeper, days = kept(rsj=GOOD, ybj=OTHER)
    yesterday = keeper()
    days[0] = date(2026, 6, 2)
    assert keeper() is yesterday
