"""The special report (运行专报) of a week or a month: what happened, what to do, on which calls each claim stands."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any, Final

from voicebot.content import data_text
from voicebot.faq.entry import Faq
from voicebot.insight.advice import GOALS, Advice
from voicebot.insight.behind import Part, behind, behind_missed
from voicebot.insight.counting import Counting
from voicebot.insight.demand import WEEKS
from voicebot.insight.document import CITED, Basis, Claim, Report, Section, Table
from voicebot.insight.figures import load_figures, load_missed
from voicebot.insight.missed import missed_map
from voicebot.insight.moves import advice_of, move_words
from voicebot.insight.period import Period
from voicebot.insight.sources import OFTEN, Sources
from voicebot.insight.sums import Row, Tally
from voicebot.insight.weighing import Weighing
from voicebot.questions.redact import Masks, redacted
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.plan import Office
from voicebot.store.database import Database
from voicebot.store.models import Ticket
from voicebot.store.words import SETTLED

TOP: Final = 5
"""Rows on the one page."""
ANNEX: Final = 20
WEEK: Final = "一二三四五六日"


@cache
def report_words() -> dict[str, Any]:
    """The packaged words; shared, so nobody changes them."""
    return tomllib.loads(data_text("report.toml"))


def percent(tally: Tally) -> str:
    """``93.1%``; a dash of nothing."""
    return "—" if tally.rate is None else f"{tally.rate * 100:.1f}%"


@dataclass
class Reporter:
    """Makes reports. `department`: of one department alone. Every method may raise `StoreLost`."""

    database: Database
    office: Office
    faq: Faq
    now: datetime
    department: str | None = None

    @cached_property
    def words(self) -> dict[str, Any]:
        """The words of the report."""
        return report_words()

    def name_of(self, unit: str) -> str:
        """A department or unit in Chinese."""
        names = {department.id: department.name for department in self.faq.departments}
        return names.get(unit, unit) or self.words["nobody"]

    def make(self, period: Period) -> Report:
        """The report of a period."""
        Weighing(self.database, lambda: self.office, lambda: self.now).run()
        return _Making(self, period).report()

    def clean(self, text: str) -> str:
        """Somebody's words, with nobody in them."""
        masks = Masks(*(self.words[f"redacted_{what}"] for what in ("number", "name", "place")))
        return redacted(text, masks)


class _Making:
    """One report on its way."""

    def __init__(self, reporter: Reporter, period: Period) -> None:
        self.reporter, self.period = reporter, period
        self.database, self.now, self.department = reporter.database, reporter.now, reporter.department
        self.words, self.say = reporter.words, reporter.words["say"]
        counting = Counting(self.database, lambda: self.now)
        self.numbers = counting.numbers(period, self.department)
        self.total = self.numbers.total
        self.before = counting.total(compared(period, self.now), self.department)
        self.sources = Sources(self.database, self.department)

    def report(self) -> Report:
        sections = (self._overview, self._asked, self._gaps, self._hard, self._overdue, self._missed, self._staffing)
        title = self.words["title"].format(period=self.period.name)
        made = self.words["made"].format(made=self.now.astimezone(ZONE).strftime("%Y-%m-%d %H:%M"))
        if not self.total.volume("calls") and not any(t.of for t in self.total.tallies.values()):
            nothing = Section(self.words["section"]["overview"], (Claim(self.words["empty"]),))
            return Report(title, made, (nothing,), (), self._facts())
        main = tuple(section() for section in sections)
        return Report(title, made, main, (self._figures(), self._departments()), self._facts())

    def _facts(self) -> dict[str, Any]:
        def row(of: Row) -> dict[str, Any]:
            rates = {id_: {"hit": t.hit, "of": t.of, "rate": t.rate} for id_, t in of.tallies.items()}
            return {**of.volumes, "figures": rates}

        first, last = self.period.first.isoformat(), self.period.last.isoformat()
        return {"first": first, "last": last, "total": row(self.total), "before": row(self.before)}

    def _behind(self, figure: str, part: Part) -> Basis:
        found = behind(
            self.database,
            load_figures()[figure],
            self.period,
            self.now,
            part=part,
            department=self.department,
            own_unit=self.department,
            limit=CITED,
        )
        ids = tuple(row.number if isinstance(row, Ticket) else row.id for row in found.rows)
        tickets = bool(found.rows) and isinstance(found.rows[0], Ticket)
        return Basis(() if tickets else ids, ids if tickets else (), found.total)

    # Sections

    def _overview(self) -> Section:
        total, say = self.total, self.say
        counts = {name: total.volume(name) for name in ("calls", "asked", "served", "wanted", "talked")}
        change = self._change(total.volume("calls"), self.before.volume("calls"))
        reach = total["reach"]
        meets = load_figures()["reach"].meets(reach.rate) if reach.rate is not None else None
        judged = self.words["judged"]["none" if meets is None else "good" if meets else "bad"]
        claims = [
            Claim(say["volume"].format(change=change, **counts), self._behind("direct", Part.ALL)),
            Claim(
                say["reach"].format(rate=percent(reach), judged=judged, quick=percent(total["in-15s"])),
                self._behind("reach", Part.MISS),
            ),
        ]
        worst = self.numbers.worst
        if worst is not None and worst.tally.miss:
            start = f"{worst.start.month}月{worst.start.day}日{worst.start.hour}时"
            claims.append(Claim(say["worst"].format(start=start, of=worst.tally.of, hit=worst.tally.hit)))
        honest = say["honest"].format(
            again=percent(total["again"]), wrong=percent(total["wrong"]), complaints=total["complaints"].hit
        )
        claims.append(Claim(honest, self._behind("again", Part.HIT)))
        changed = self._most_changed()
        if changed:
            claims.append(Claim(changed))
        keys = ("reach", "in-15s", "same-day", "direct", "on-time", "satisfied")
        return Section(self.words["section"]["overview"], tuple(claims), self._figure_table(keys))

    def _change(self, now: int, before: int) -> str:
        words = self.words["change"]
        if now == before:
            return str(words["same"])
        return str(words["up" if now > before else "down"].format(n=f"{abs(now - before)} 通"))

    def _most_changed(self) -> str:
        """The figure that moved farthest, in its own standard errors; nothing when it may be chance."""
        found: list[tuple[float, str, Tally, Tally]] = []
        for id_, figure in load_figures().items():
            now, before = self.total[id_], self.before[id_]
            if now.rate is None or before.rate is None:
                continue
            pooled = (now.hit + before.hit) / (now.of + before.of)
            error = (pooled * (1 - pooled) * (1 / now.of + 1 / before.of)) ** 0.5
            if error:
                found.append((abs(now.rate - before.rate) / error, figure.name, before, now))
        far = max(found, default=None, key=lambda one: one[0])
        if far is None or far[0] < 2.0:
            return ""
        return str(self.say["changed"].format(name=far[1], before=percent(far[2]), now=percent(far[3])))

    def _figure_table(self, keys: Sequence[str]) -> Table:
        rows = []
        for id_ in keys:
            figure, now, before = load_figures()[id_], self.total[id_], self.before[id_]
            words = self.words["change"]
            change = words["first"]
            if now.rate is not None and before.rate is not None:
                change = words["points"].format(n=f"{(now.rate - before.rate) * 100:+.1f}")
            target = "—" if figure.target is None else f"{'≥' if figure.better == 'high' else '≤'}{figure.target:.0%}"
            rows.append((figure.name, percent(now), percent(before), change, target, f"{now.hit}/{now.of}"))
        return Table(tuple(self.words["head"]["figures"]), tuple(rows))

    def _asked(self) -> Section:
        topics, before = self.sources.topics(self.period), self.sources.topics(compared(self.period, self.now))
        rows, bases = [], []
        for topic, count in list(topics.items())[:TOP]:
            entry = self.reporter.faq[topic] if topic in self.reporter.faq else None
            name = entry.question if entry else topic
            unit = self.reporter.name_of(entry.department) if entry else "—"
            was = before.get(topic, 0)
            rows.append((name, unit, str(count), str(was), f"{count - was:+d}"))
            bases.append(self.sources.calls_about(self.period, topic, count))
        table = Table(tuple(self.words["head"]["asked"]), tuple(rows), tuple(bases))
        return Section(self.words["section"]["asked"], (), table)

    def _gaps(self) -> Section:
        gaps = self.sources.gaps(self.period)
        title = self.words["section"]["gaps"]
        if not gaps:
            return Section(title, (Claim(self.say["gaps_none"]),))
        calls = list(dict.fromkeys(call for gap in gaps for call in gap.calls))
        text = self.reporter.clean(gaps[0].text)
        basis = Basis(tuple(calls[:CITED]), (), len(calls))
        claim = Claim(self.say["gaps"].format(n=len(calls), text=text), basis)
        rows, bases = [], []
        for gap in gaps[:TOP]:
            last = gap.last.astimezone(ZONE) if gap.last else None
            rows.append((self.reporter.clean(gap.text), str(gap.count), f"{last.month}月{last.day}日" if last else "—"))
            bases.append(Basis(tuple(gap.calls[:CITED]), (), gap.count))
        return Section(title, (claim,), Table(tuple(self.words["head"]["gaps"]), tuple(rows), tuple(bases)))

    def _hard(self) -> Section:
        tickets = self.sources.hard(self.period, self.now)[:TOP]
        title = self.words["section"]["hard"]
        if not tickets:
            return Section(title, (Claim(self.say["hard_none"]),))
        rows = tuple(
            (t.number, self.reporter.name_of(t.unit), self.reporter.clean(t.summary), self._why_hard(t))
            for t in tickets
        )
        bases = tuple(Basis((), (t.number,), 1) for t in tickets)
        return Section(title, (), Table(tuple(self.words["head"]["hard"]), rows, bases))

    def _why_hard(self, ticket: Ticket) -> str:
        words, found = self.words["hard"], []
        settled = ticket.state in SETTLED
        end = ticket.closed_at if settled and ticket.closed_at else self.now
        if ticket.reopened:
            found.append(words["reopened"].format(n=ticket.reopened))
        if ticket.justified:
            found.append(words["justified"])
        if ticket.calls >= OFTEN:
            found.append(words["calls"].format(n=ticket.calls))
        if ticket.resolve_by is not None and end > ticket.resolve_by:
            days = max(1, -((ticket.resolve_by - end) // timedelta(days=1)))
            found.append(words["late" if settled else "overdue"].format(days=days))
        if not settled and ticket.first_response_at is None:
            found.append(words["unanswered"])
        if ticket.tries > 1:
            found.append(words["tries"].format(n=ticket.tries))
        if not settled and ticket.owner is None:
            found.append(words["owner"])
        return "".join(found)

    def _overdue(self) -> Section:
        overdue, left = self.sources.overdue(self.period, self.now), self.sources.open_tickets()
        tallies = {u: row["on-time"] for u, row in self.numbers.by_department.items() if row["on-time"].of}
        order = sorted(tallies, key=lambda u: (-tallies[u].miss, u))
        title, late = self.words["section"]["overdue"], self.total["on-time"]
        if not late.miss:
            return Section(title, (Claim(self.say["overdue_none"], self._behind("on-time", Part.ALL)),))
        name = self.reporter.name_of
        text = self.say["overdue"].format(of=late.of, n=late.miss, unit=name(order[0]), count=tallies[order[0]].miss)
        rows = tuple(
            (name(u), str(t.of), str(t.hit), str(t.miss), percent(t), str(left.get(u, 0)))
            for u, t in ((u, tallies[u]) for u in order[:TOP])
        )
        bases = tuple(overdue.get(u, Basis()) for u in order[:TOP])
        table = Table(tuple(self.words["head"]["overdue"]), rows, bases)
        return Section(title, (Claim(text, self._behind("on-time", Part.MISS)),), table)

    def _missed(self) -> Section:
        found, title = missed_map(self.database, self.period, self.department), self.words["section"]["missed"]
        if not found.total:
            return Section(title, (Claim(self.words["judged"]["none"] if not self.total["reach"].of else "—"),))
        names = load_missed()
        rows, bases = [], []
        for reason, count in found.by_reason.items():
            cells = {(w, h): n for (w, h, r), n in found.counts.items() if r is reason}
            weekday, hour = max(cells, key=lambda cell: (cells[cell], cell))
            when = f"周{WEEK[weekday]} {hour}—{hour + 1} 时"
            rows.append((names[reason].name, str(count), f"{count / found.total:.1%}", when))
            calls = behind_missed(
                self.database,
                self.period,
                reason=reason,
                department=self.department,
                own_unit=self.department,
                limit=CITED,
            )
            bases.append(Basis(tuple(row.id for row in calls.rows), (), count))
        top = rows[0]
        text = self.say["missed"].format(n=found.total, reason=top[0], share=top[2], when=top[3])
        table = Table(tuple(self.words["head"]["missed"]), tuple(rows[:TOP]), tuple(bases[:TOP]))
        return Section(title, (Claim(text, bases[0]),), table)

    def _staffing(self) -> Section:
        title, advice = self.words["section"]["staffing"], advice_for(self)
        moves = sorted(((m, a) for a in advice for m in a.moves[:1]), key=lambda pair: -pair[0].gain)
        if not moves:
            return Section(title, (Claim(self.say["staffing_none"]),))
        office, words = self.reporter.office, self.words["move"]
        hours = sum(a.short_hours for a in advice)
        first = move_words(moves[0][0], office, words)
        text = self.say["staffing"].format(hours=f"{hours:g}", move=first, gain=f"{moves[0][0].gain:.1f}")
        rows = tuple(
            (self.reporter.name_of(a.department), move_words(m, office, words), f"{m.gain:.1f}") for m, a in moves[:TOP]
        )
        table = Table(tuple(self.words["head"]["staffing"]), rows)
        return Section(title, (Claim(text, self._behind("in-15s", Part.MISS)),), table)

    def _figures(self) -> Section:
        return Section(self.words["section"]["figures"], (), self._figure_table(list(load_figures())))

    def _departments(self) -> Section:
        rows = []
        for unit, row in self.numbers.by_department.items():
            rates = (percent(row[id_]) for id_ in ("reach", "in-15s", "direct", "satisfied", "on-time"))
            counts = (str(row.volume("calls")), str(row.volume("wanted")))
            rows.append((self.reporter.name_of(unit), *counts, *rates))
        return Section(
            self.words["section"]["departments"], (), Table(tuple(self.words["head"]["departments"]), tuple(rows))
        )


def compared(period: Period, now: datetime) -> Period:
    """What a period is compared with: of one that is not over yet, as many days of the one before."""
    today, before = now.astimezone(ZONE).date(), period.before
    if not period.first <= today < period.last:
        return before
    return Period(before.first, min(before.last, before.first + (today - period.first)))


def advice_for(making: _Making) -> list[Advice]:
    """Advice for every department with a roster, from the weeks up to the end of a report."""
    office, last = making.reporter.office, min(making.period.last, making.now.astimezone(ZONE).date())
    weeks = Period(last - timedelta(days=7 * WEEKS - 1), last)
    return advice_of(making.database, office, weeks, making.department, GOALS["80"])
