"""A small office: two clerks and a lead for one department, one clerk for another."""

from datetime import datetime, time

from voicebot.staffing.calendar import ZONE
from voicebot.staffing.plan import Office
from voicebot.staffing.roster import Person, Role, Roster, Shift

WEEK = frozenset(range(5))


def at(text):
    """A moment in office time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def shift(person, department, role, start="08:30", end="17:30", **differs):
    return Shift(
        person, department, role, time.fromisoformat(start), time.fromisoformat(end), **({"weekdays": WEEK} | differs)
    )


PEOPLE = (
    Person("w1", "王一", "+15005550011"),
    Person("w2", "李二", "+15005550012"),
    Person("w3", "赵三", "+15005550013", frozenset({"rsj"})),
    Person("l1", "钱局", "+15005550014"),
)
SHIFTS = (
    shift("w1", "rsj", Role.A),
    shift("w2", "rsj", Role.B),
    shift("l1", "rsj", Role.LEAD, "09:00", "11:00"),
    shift("w3", "gjj", Role.A),
)
OFFICE = Office(Roster(PEOPLE, SHIFTS), units={"rsj": "zfb"})
