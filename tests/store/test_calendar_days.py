"""The office's own days are kept version after version."""

from __future__ import annotations

import pytest

from tests.store.conftest import all_at_once
from voicebot.store.calendar_days import CalendarChanged


def test_the_latest_version_is_in_force_and_older_ones_stay(record):
    assert record.office_days() == (0, {})
    assert record.save_office_days({"free": ["2027-02-08"]}, who="管理员", why="春节", based_on=0) == 1
    assert record.save_office_days({}, who="管理员", why="撤回", based_on=1) == 2

    assert record.office_days() == (2, {})
    assert [(v.id, v.why, v.body) for v in record.office_days_versions()] == [
        (2, "撤回", {}),
        (1, "春节", {"free": ["2027-02-08"]}),
    ]


def test_who_changes_what_has_changed_is_told(record):
    record.save_office_days({}, who="甲", why="", based_on=0)
    with pytest.raises(CalendarChanged, match="别人改过"):
        record.save_office_days({}, who="乙", why="", based_on=0)


def test_of_two_at_once_one_saves(replicas):
    def save(replica):
        try:
            return replica.save_office_days({}, who="甲", why="", based_on=0)
        except CalendarChanged:
            return None

    assert sorted(all_at_once(replicas * 2, save), key=str) == [1, None, None, None]
