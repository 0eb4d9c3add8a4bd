"""Sections of a report that stand on calls. Each may raise `StoreLost`."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from voicebot.insight.advice import GOALS, Advice
from voicebot.insight.behind import Part
from voicebot.insight.demand import WEEKS
from voicebot.insight.document import CITED, Basis, Claim, Section, Table
from voicebot.insight.figures import load_figures, load_missed
from voicebot.insight.making import FEW, TOP, Making, compared, percent
from voicebot.insight.missed import missed_map
from voicebot.insight.moves import advice_of, move_words
from voicebot.insight.period import Period
from voicebot.insight.sections_figures import figure_table, most_changed
from voicebot.staffing.calendar import ZONE

WEEK: Final = "一二三四五六日"


def overview(making: Making) -> Section:
    """How much there was, how it went, what changed."""
    total, say = making.total, making.say
    counts = {name: total.volume(name) for name in ("calls", "asked", "served", "wanted", "talked")}
    change = _change(making, total.volume("calls"), making.before.volume("calls"))
    reach = total["reach"]
    meets = load_figures()["reach"].meets(reach.rate) if reach.rate is not None else None
    judged = making.words["judged"]["none" if meets is None else "good" if meets else "bad"]
    claims = [
        Claim(say["volume"].format(change=change, **counts), making.behind("direct", Part.ALL)),
        Claim(
            say["reach"].format(rate=percent(reach), judged=judged, quick=percent(total["in-15s"])),
            making.behind("reach", Part.MISS),
        ),
    ]
    worst = making.numbers.worst
    if worst is not None and worst.tally.miss:
        start = f"{worst.start.month}月{worst.start.day}日{worst.start.hour}时"
        claims.append(Claim(say["worst"].format(start=start, of=worst.tally.of, hit=worst.tally.hit)))
    honest = say["honest"].format(
        again=percent(total["again"]), wrong=percent(total["wrong"]), complaints=total["complaints"].hit
    )
    claims.append(Claim(honest, making.behind("again", Part.HIT)))
    changed = most_changed(making)
    if changed:
        claims.append(Claim(changed))
    keys = ("reach", "in-15s", "same-day", "direct", "on-time", "satisfied")
    return Section(making.words["section"]["overview"], tuple(claims), figure_table(making, keys))


def _change(making: Making, now: int, before: int) -> str:
    words = making.words["change"]
    if now == before:
        return str(words["same"])
    return str(words["up" if now > before else "down"].format(n=f"{abs(now - before)} 通"))


def asked(making: Making) -> Section:
    """What people asked most."""
    topics, before = making.sources.topics(making.period), making.sources.topics(compared(making.period, making.now))
    shown = list(topics)[:TOP]
    calls = making.sources.calls_about(making.period, shown)
    rows, bases = [], []
    for topic in shown:
        count = topics[topic]
        entry = making.faq[topic] if topic in making.faq else None
        name = making.brief(entry.question) if entry else topic
        unit = making.name_of(entry.department) if entry else "—"
        was = before.get(topic, 0)
        rows.append((name, unit, str(count), str(was), f"{count - was:+d}"))
        bases.append(Basis(calls.get(topic, ()), (), count))
    table = Table(tuple(making.words["head"]["asked"]), tuple(rows), tuple(bases))
    return Section(making.words["section"]["asked"], (), table)


def gaps(making: Making) -> Section:
    """What they asked and the line could not answer."""
    found = making.sources.gaps(making.period)
    title = making.words["section"]["gaps"]
    if not found:
        return Section(title, (Claim(making.say["gaps_none"]),))
    calls = list(dict.fromkeys(call for gap in found for call in gap.calls))
    text = making.brief(found[0].text)
    basis = Basis(tuple(calls[:CITED]), (), len(calls))
    claim = Claim(making.say["gaps"].format(n=len(calls), text=text), basis)
    rows, bases = [], []
    for gap in found[:TOP]:
        last = gap.last.astimezone(ZONE)
        rows.append((making.brief(gap.text), str(gap.count), f"{last.month}月{last.day}日"))
        bases.append(Basis(tuple(gap.calls[:CITED]), (), gap.count))
    return Section(title, (claim,), Table(tuple(making.words["head"]["gaps"]), tuple(rows), tuple(bases)))


def missed(making: Making) -> Section:
    """Why callers who wanted a person had none."""
    found, title = missed_map(making.database, making.period, making.department), making.words["section"]["missed"]
    if not found.total:
        return Section(title, (Claim(making.words["judged"]["none"] if not making.total["reach"].of else "—"),))
    names, calls = load_missed(), making.sources.calls_missed(making.period)
    rows, bases = [], []
    for reason, count in list(found.by_reason.items())[:TOP]:
        cells = {(w, h): n for (w, h, r), n in found.counts.items() if r is reason}
        weekday, hour = max(cells, key=lambda cell: (cells[cell], cell))
        when = f"周{WEEK[weekday]} {hour}—{hour + 1} 时"
        rows.append((names[reason].name, str(count), f"{count / found.total:.1%}", when))
        bases.append(Basis(calls.get(reason, ()), (), count))
    top = rows[0]
    text = making.say["missed"].format(n=found.total, reason=top[0], share=top[2], when=top[3])
    table = Table(tuple(making.words["head"]["missed"]), tuple(rows), tuple(bases))
    return Section(title, (Claim(text, bases[0]),), table)


def staffing(making: Making) -> Section:
    """What moving one shift would bring."""
    title, advice = making.words["section"]["staffing"], _advice(making)
    moves = sorted(((m, a) for a in advice for m in a.moves[:1]), key=lambda pair: -pair[0].gain)
    if not moves:
        return Section(title, (Claim(making.say["staffing_none"]),))
    office, words = making.office, making.words["move"]
    hours = sum(a.short_hours for a in advice)
    first = move_words(moves[0][0], office, words)
    text = making.say["staffing" if hours else "staffing_enough"].format(
        hours=f"{hours:g}", move=first, gain=f"{moves[0][0].gain:.1f}"
    )
    rows = tuple((making.name_of(a.department), move_words(m, office, words), f"{m.gain:.1f}") for m, a in moves[:FEW])
    table = Table(tuple(making.words["head"]["staffing"]), rows)
    return Section(title, (Claim(text, making.behind("in-15s", Part.MISS)),), table)


def _advice(making: Making) -> list[Advice]:
    """Advice for every department with a roster, from the weeks up to the end of a report."""
    office, last = making.office, min(making.period.last, making.now.astimezone(ZONE).date())
    weeks = Period(last - timedelta(days=7 * WEEKS - 1), last)
    return advice_of(making.database, office, weeks, making.department, GOALS["80"])
