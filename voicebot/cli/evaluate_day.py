"""`voicebot evaluate day`: a working day of the line, in simulated time, through the real scheduling code."""

from __future__ import annotations

import heapq
import itertools
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import click

from voicebot.cases.terms import terms_maker
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.events import EndReason, FaultOccurred, PersonAccepted, TransferEnded, TransferOutcome, TransferProgressed
from voicebot.staffing.calendar import Calendar, Hours
from voicebot.staffing.plan import Office
from voicebot.staffing.reaching import Reaching, Request
from voicebot.staffing.roster import Person, Role, Roster, Shift
from voicebot.store.database import Database
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.store.seal import Seal
from voicebot.store.words import SETTLED

BEGIN = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
"""A Monday, eight in the morning in Shanghai."""
WITHIN_S = 15.0
SECRET = "only for a day that is simulated"  # noqa: S105  # of a record that is thrown away
LEAST_PATIENCE_S = 30.0
PICK_UP_S = (1.5, 4.0)
"""A clerk at the desk picks up after so many seconds, evenly spread."""
WHISPER_S = 4.1
"""From picking up to pressing 1: “来电人按零转人工，按一接听” lasts so long as it was rendered."""


@dataclass(frozen=True, slots=True)
class Day:
    """What kind of day."""

    calls_per_hour: float = 60.0
    clerks: int = 6
    handling_s: float = 150.0
    """Mean time a call takes a clerk, from the first ring to the end (average handling time)."""
    hours: float = 8.0
    patience_s: float = 180.0
    """Mean time after which a caller who waits hangs up, beyond the half minute that everyone waits."""
    green_share: float = 0.1
    away: float = 0.0
    """Share of rings that nobody answers although the roster says somebody is there."""
    seed: int = 1


@dataclass(slots=True)
class Caller:
    """One caller and what became of them."""

    call: str
    asked_at: float
    waited_s: float | None = None
    """Until a person talked with them."""
    over: bool = False


@dataclass(slots=True)
class Result:
    """A day that has passed."""

    callers: list[Caller] = field(default_factory=list)
    ticketed: int = 0
    lost: int = 0

    def figures(self) -> dict[str, object]:
        """For `--json`."""
        waits = sorted(c.waited_s for c in self.callers if c.waited_s is not None)
        return {
            "calls": len(self.callers),
            "connected": len(waits),
            "within_15s": sum(wait <= WITHIN_S for wait in waits),
            "ticketed": self.ticketed,
            "lost": self.lost,
            "p50_s": round(statistics.median(waits), 1) if waits else None,
            "p95_s": round(waits[int(0.95 * (len(waits) - 1))], 1) if waits else None,
        }


class Clock:
    """Simulated time: what is due happens in order."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def __call__(self) -> datetime:
        """The moment, for the record and the roster."""
        return BEGIN + timedelta(seconds=self.now)

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        """Do something then."""
        heapq.heappush(self._due, (self.now + seconds, next(self._count), do))

    def run(self) -> None:
        """Until nothing is due."""
        while self._due:
            self.now, _, do = heapq.heappop(self._due)
            do()


class Simulation:
    """Callers and clerks around the real record, plan and reaching."""

    def __init__(self, day: Day, record: Record, clock: Clock, office: Office) -> None:
        self._day = day
        self._record = record
        self._clock = clock
        self._office = office
        self._random = random.Random(day.seed)  # a simulation
        self._by_call: dict[str, Callable[[], None]] = {}
        self._call_of: dict[int, str] = {}
        self._ended_legs: set[str] = set()
        self.result = Result()

    # Callers

    def fill(self) -> int:
        """Let callers come all day, at random: how many."""
        at, n = 0.0, 0
        while (at := at + self._random.expovariate(self._day.calls_per_hour / 3600)) < self._day.hours * 3600:
            n += 1
            self._clock.later(at, lambda n=n: self._ask(n))  # type: ignore[misc]
        return n

    def _ask(self, n: int) -> None:
        """A caller asks for a person: the ticket first, as in a call."""
        caller = Caller(f"CA{n}", self._clock.now)
        self.result.callers.append(caller)
        self._record.call_started(caller.call, f"+1500{5000000 + n}")
        self._record.for_call(caller.call).commit(OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", None, "来电人按零"))
        request = Request("rsj", "+15005550001", green=self._random.random() < self._day.green_share)
        reaching = Reaching(caller.call, request, lambda: self._office, self._record, self, self._clock)
        self._by_call[caller.call] = lambda: self._step(caller, reaching, again=False)
        patience = LEAST_PATIENCE_S + self._random.expovariate(1 / self._day.patience_s)
        self._clock.later(patience, lambda: self._leave(caller, reaching))
        self._step(caller, reaching)

    def _step(self, caller: Caller, reaching: Reaching, *, again: bool = True) -> None:
        """One step, and the next one when it says."""
        if caller.over:
            return
        events, pause = reaching.step()
        for event in events:
            match event:
                case PersonAccepted():
                    self._talk(caller)
                case TransferProgressed(offer_callback=True) if self._random.random() < 0.5:
                    self._leave(caller, reaching)
                case TransferEnded() | FaultOccurred():
                    self._hang_up(caller)
        if again and not caller.over:
            self._clock.later(pause, lambda: self._step(caller, reaching))

    def _leave(self, caller: Caller, reaching: Reaching) -> None:
        """The caller hangs up, or takes the call back that is offered."""
        if not caller.over:
            reaching.stop(TransferOutcome.CALLER_LEFT)
            self._hang_up(caller)

    def _hang_up(self, caller: Caller) -> None:
        caller.over = True
        self._record.call_ended(caller.call, EndReason.CALLER_HUNG_UP)
        self._record.release(caller.call)

    def _talk(self, caller: Caller) -> None:
        caller.over, caller.waited_s = True, self._clock.now - caller.asked_at
        self._record.joined(caller.call)
        self._record.met(caller.call)
        talk = max(1.0, self._day.handling_s - WHISPER_S - sum(PICK_UP_S) / 2)
        self._clock.later(self._random.expovariate(1 / talk), lambda: self._talked(caller))

    def _talked(self, caller: Caller) -> None:
        attempt = self._record.attempts_of(caller.call)[-1]
        self._record.leg_news(attempt.id, "completed")
        self._record.call_ended(caller.call, EndReason.CONNECTED_AND_OVER)
        self._record.release(caller.call)

    # Clerks' phones (a `voicebot.staffing.legs.Legs`)

    def ring(self, attempt: int, number: str, caller_id: str, ring_s: float) -> str:
        """Ring a clerk."""
        row = self._record.attempt(attempt)
        self._call_of[attempt] = row.call_id if row else ""
        self._news(0.3, attempt, "ringing")
        if self._random.random() < self._day.away:
            self._news(ring_s, attempt, "no-answer")
        else:
            picked = self._random.uniform(*PICK_UP_S)
            self._news(picked, attempt, "in-progress")
            self._clock.later(picked + WHISPER_S, lambda: self._accept(attempt))
        return f"leg-{attempt}"

    def ring_for_callback(self, attempt: int, number: str, caller_id: str, ring_s: float) -> str:
        """Nobody is called back in a day that is simulated."""
        raise NotImplementedError

    def end(self, leg: str) -> None:
        """Hang up."""
        self._ended_legs.add(leg)
        self._news(0.1, int(leg.removeprefix("leg-")), "completed")

    def move(self, call: str, page: str) -> None:
        """Nothing to move."""

    def _news(self, seconds: float, attempt: int, status: str) -> None:
        self._clock.later(seconds, lambda: self._tell(attempt, status))

    def _tell(self, attempt: int, status: str) -> None:
        if f"leg-{attempt}" not in self._ended_legs or status == "completed":
            self._record.leg_news(attempt, status)
            self._by_call[self._call_of[attempt]]()

    def _accept(self, attempt: int) -> None:
        if f"leg-{attempt}" in self._ended_legs:
            return
        if not self._record.accept(attempt):
            self._record.leg_news(attempt, "completed")
        self._by_call[self._call_of[attempt]]()

    # The end

    def judge(self) -> None:
        """What the record says of everyone who was not connected."""
        for caller in self.result.callers:
            tickets = self._record.tickets_of(caller.call)
            if caller.waited_s is None:
                owed = any(t.state not in SETTLED and t.owner and t.respond_by for t in tickets)
                self.result.ticketed += owed
                self.result.lost += not owed


def simulate(day: Day, folder: Path, told: Callable[[int], None] = lambda n: None) -> Result:
    """Let a day pass in a record in `folder`. `told` is called for every caller who comes."""
    clock = Clock()
    always = (time(8), time(17), frozenset(range(7)))
    people = tuple(Person(f"w{n}", f"窗口{n}", f"+1500{6000000 + n}") for n in range(day.clerks))
    shifts = tuple(Shift(p.id, "rsj", Role.B if n else Role.A, *always) for n, p in enumerate(people))
    office = Office(Roster(people, shifts), Calendar(Hours(((time(8), time(17)),))))
    database = Database(f"sqlite:///{folder / 'day.sqlite3'}")
    database.upgrade()
    record = Record(
        database, NumberKey(SECRET), clock, terms=terms_maker(lambda: office), seal=Seal(SECRET), pause=lambda s: None
    )
    simulation = Simulation(day, record, clock, office)
    total = simulation.fill()
    for n in range(total):
        clock.later(day.hours * 3600 * n / max(total, 1), lambda: told(1))
    clock.run()
    simulation.judge()
    database.close()
    return simulation.result


@click.command()
@click.option("--calls-per-hour", default=60.0, show_default=True, type=click.FloatRange(1, 2000), help="每小时来电。")
@click.option("--clerks", default=6, show_default=True, type=click.IntRange(1, 200), help="值班人数。")
@click.option("--handling", default=150.0, show_default=True, type=click.FloatRange(1, 3600), help="平均通话秒数。")
@click.option("--away", default=0.0, show_default=True, type=click.FloatRange(0, 1), help="没有人接的铃声占多少。")
@click.option("--hours", default=8.0, show_default=True, type=click.FloatRange(0.1, 9), help="多少小时。")
@click.option("--seed", default=1, show_default=True, help="随机数种子。")
@click.option("--json", "as_json", is_flag=True, help="用一行 JSON 报告。")
def day(
    calls_per_hour: float, clerks: int, handling: float, away: float, hours: float, seed: int, as_json: bool
) -> None:
    """模拟一个工作日：来电随机到达，真实的排队和派号程序，模拟的时间。

    within_15s 是从要人工到有人接起讲话不超过 15 秒的来电数。每个来电都要有下落：接通，或有负责人、有时限的工单；
    丢了一个，退出码为 1。
    """
    kind = Day(calls_per_hour, clerks, handling, hours, away=away, seed=seed)
    with (
        tempfile.TemporaryDirectory(prefix="voicebot-day-") as folder,
        click.progressbar(length=round(calls_per_hour * hours), label="来电", file=sys.stderr) as bar,
    ):
        figures = simulate(kind, Path(folder), bar.update).figures()
    if as_json:
        click.echo(json.dumps(figures))
    else:
        for name, words in _WORDS.items():
            click.echo(f"{words}  {figures[name]}")
    if figures["lost"]:
        sys.exit(1)


_WORDS = {
    "calls": "来电      ",
    "connected": "接通      ",
    "within_15s": "15 秒内   ",
    "ticketed": "留下工单  ",
    "lost": "丢失      ",
    "p50_s": "等候中位数（秒）",
    "p95_s": "等候九五分位（秒）",
}
