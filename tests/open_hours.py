"""Office hours for tests in real time: what a caller hears must not depend on when the tests run."""

from datetime import datetime, timedelta

from voicebot.staffing.calendar import ZONE

TODAY = datetime.now(ZONE).date()
"""Where the office is."""


def hours(periods, days=()):
    """A calendar file: the same hours every day; of the coming days, `days` are free."""
    week = [TODAY + timedelta(days=n) for n in range(15)]
    free = [TODAY + timedelta(days=n) for n in days]
    return "\n".join(
        [
            f"hours = {periods}",
            f"working = [{', '.join(str(day) for day in week if day not in free)}]",
            f"free = [{', '.join(map(str, free))}]",
            "[weekday]",
            *(f"{n} = {periods}" for n in range(7)),
        ]
    )


ALWAYS = hours('["00:00-23:59"]')
NEVER_TODAY = hours('["00:00-23:59"]', days=[0])

CALLS_AT_ANY_HOUR = """
[callback]
start = 00:00:00
end = 23:59:59.999
"""
