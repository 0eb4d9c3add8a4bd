"""Numbers and moments as the line says them: one recorded word after the other. Pure.

The words are those of ``data/numbers.toml``, each with its recording under ``prompts/numbers/``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from voicebot.dialogue.commands import Clip

ZONE = ZoneInfo("Asia/Shanghai")
HALF_HOUR = timedelta(minutes=30)
_DIGITS = "零一二三四五六七八九"
_WEEKDAYS = "一二三四五六日"
_DAYS = ("今天", "明天", "后天")
_PARTS = ((12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
"""Until which hour a part of the day lasts."""


def word_clip(word: str) -> Clip:
    """One word of ``numbers.toml``."""
    return Clip(f"prompts/numbers/{word}", word)


def digits_clips(digits: str) -> tuple[Clip, ...]:
    """A number digit by digit, 1 as 幺 as on the telephone; anything else in it is left out."""
    return tuple(word_clip("幺" if d == "1" else _DIGITS[int(d)]) for d in digits if d in "0123456789")


def number_clips(n: int, *, counting: bool = False) -> tuple[Clip, ...]:
    """A number from 0 to 999 as spoken; `counting` things, two is 两. Larger ones are said digit by digit."""
    if not 0 <= n <= 999:
        return digits_clips(str(n))
    if n == 2 and counting:
        return (word_clip("两"),)
    return tuple(word_clip(word) for word in _words(n))


def _words(n: int) -> list[str]:
    hundreds, rest = divmod(n, 100)
    words = [_DIGITS[hundreds], "百"] if hundreds else []
    if hundreds and 0 < rest < 10:
        words.append("零")
    if hundreds and 10 <= rest < 20:
        words.append("一")
    return [*words, *_below_hundred(rest)] if rest or not hundreds else words


def _below_hundred(n: int) -> list[str]:
    if n <= 31:  # recorded whole
        tens, ones = divmod(n, 10)
        lead = "" if tens < 2 else _DIGITS[tens]
        return [_DIGITS[n] if n < 10 else f"{lead}十{_DIGITS[ones] if ones else ''}"]
    tens, ones = divmod(n, 10)
    whole = f"{_DIGITS[tens]}十"
    words = [whole] if tens in (4, 5) else [_DIGITS[tens], "十"]
    return [*words, *([_DIGITS[ones]] if ones else [])]


def promised(by: datetime) -> datetime:
    """The moment that is said: the next half hour in office time, never before `by`."""
    local = by.astimezone(ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    steps = -((midnight - local) // HALF_HOUR)
    return midnight + steps * HALF_HOUR


def time_clips(by: datetime, now: datetime) -> tuple[Clip, ...]:
    """“今天下午四点半”: the promised moment as it is said at `now`."""
    at = promised(by)
    return tuple(word_clip(word) for word in (*_day_words(at, now), *_clock_words(at)))


def _day_words(at: datetime, now: datetime) -> list[str]:
    today = now.astimezone(ZONE).date()
    ahead = (at.date() - today).days
    if 0 <= ahead < len(_DAYS):
        return [_DAYS[ahead]]
    same_week = at.date().isocalendar()[:2] == today.isocalendar()[:2]
    if same_week and ahead > 0:
        return [f"星期{_WEEKDAYS[at.weekday()]}"]
    return [*_words(at.month), "月", *_words(at.day), "号"]


def _clock_words(at: datetime) -> list[str]:
    part = next(name for until, name in _PARTS if at.hour < until)
    hour = at.hour - 12 if at.hour > 12 else at.hour
    return [part, "两" if hour == 2 else _words(hour)[0], "点半" if at.minute else "点"]


def written_time(by: datetime) -> str:
    """“11月25日（星期三）16:30”, for text messages and tickets."""
    at = promised(by)
    return f"{at.month}月{at.day}日（星期{_WEEKDAYS[at.weekday()]}）{at:%H:%M}"
