"""A call as a readable Chinese transcript on a terminal, as it happens. The words are in ``transcript.toml``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

from voicebot.dialogue.commands import (
    Command,
    Decision,
    HandOver,
    HangUp,
    OpenTicket,
    Play,
    RecordRating,
    RecordTurn,
    RememberGreen,
    SendText,
    TakeMessage,
    WantCallback,
)
from voicebot.events import (
    CallEnded,
    CallStarted,
    Event,
    Fault,
    FaultOccurred,
    KeyPressed,
    MessageTaken,
    PartialHeard,
    PersonAccepted,
    PromptFinished,
    RecogniserLost,
    SilenceHeard,
    TicketStored,
    TransferEnded,
    TransferProgressed,
    UtteranceHeard,
)
from voicebot.matching.matter import MOST_OFFERED
from voicebot.matching.types import Outcome

Labels = Mapping[str, Mapping[str, str]]
"""``transcript.toml`` as parsed."""

_COLOURS = {"line": "cyan", "caller": "green", "office": "yellow"}
_DETAIL = "dim"


class Transcript:
    """Shows a call. While `live()` lasts, what is being heard is shown on the last line of a terminal."""

    def __init__(self, console: Console, labels: Labels, departments: Mapping[str, str] | None = None) -> None:
        """`departments` are names by id; an id without one stands for itself."""
        self._console = console
        self._labels = labels
        self._departments = departments or {}
        self._live: Live | None = None
        self._silence = 0.0

    def live(self) -> AbstractContextManager[object]:
        """Show partial results while this lasts; on anything but a terminal nothing changes."""
        if not self._console.is_terminal:
            return nullcontext()
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        return self._live

    def note(self, name: str, **values: object) -> str:
        """One of the texts of the ``note`` table, filled in."""
        return self._labels["note"][name].format(**values)

    def hint(self, name: str) -> None:
        """Tell the person at the terminal how this works."""
        self._console.print(Text(self.note(name), _DETAIL))

    def __call__(self, at: float, item: Event | Command) -> None:
        """Show it, if it is worth showing."""
        show = _SHOWN.get(type(item))
        if show is not None:
            show(self, at, item)
        self._silence = self._silence + item.seconds if isinstance(item, SilenceHeard) else 0.0

    # One method for each kind of thing

    def started(self, at: float, item: CallStarted) -> None:
        """The call comes in."""
        caller = item.caller
        name = "started" if caller.last4 else "started_unknown"
        marks = [self.note("green")] if caller.green else []
        marks += [] if item.speech_ready else [self.note("deaf")]
        self._print(at, "office", "，".join([self.note(name, last4=caller.last4), *marks]))

    def partial(self, at: float, item: PartialHeard) -> None:
        """Something is being said."""
        self._show_status(Text("  ").join(_row(at, self._who("caller"), "caller", f"{item.text}…", "italic")))

    def uttered(self, at: float, item: UtteranceHeard) -> None:
        """Something was said."""
        text = item.hypotheses[0].text if item.hypotheses else ""
        self._print(at, "caller", text or self.note("noise"))

    def pressed(self, at: float, item: KeyPressed) -> None:
        """A key."""
        self._print(at, "caller", self.note("typing", key=item.key))

    def spoke(self, at: float, item: Play | HandOver | TakeMessage | HangUp) -> None:
        """The line speaks; before a transfer it says to whom."""
        if item.clips:
            self._print(at, "line", "".join(clip.text for clip in item.clips))
        if isinstance(item, HandOver):
            id = item.department
            department = self._departments.get(id, id) if id else self.note("any_department")
            self._print(at, "office", self.note("ringing", department=department, summary=item.summary))
        self._show_status(None if isinstance(item, HandOver) else Text(self.note("speaking"), _DETAIL))

    def spoken(self, at: float, item: PromptFinished) -> None:
        """The line has finished."""
        self._show_status(Text(self.note("listening"), _DETAIL))

    def turned(self, at: float, item: RecordTurn) -> None:
        """What was decided, and how sure matching was."""
        if item.decision is Decision.PROMPTED and item.key is None and self._silence:
            self._print(at, "caller", self.note("silence", seconds=f"{self._silence:.1f}"))
        decision = self._labels["decision"][item.decision]
        parts = [self.note("turn_entry", decision=decision, entry=item.entry) if item.entry else decision]
        parts += [self._labels["outcome"][item.outcome]] if item.outcome else []
        shown = MOST_OFFERED if item.outcome is Outcome.CHOOSE else 1
        for one in item.ranking.candidates[:shown] if item.ranking else ():
            probability = f"{one.probability:.2f}"
            parts.append(self.note("candidate", entry=one.entry, question=one.question, probability=probability))
        self._print_row(_row(at, "", "office", "└ " + " · ".join(parts), _DETAIL))

    def ticketed(self, at: float, item: OpenTicket) -> None:
        """A ticket was stored."""
        kind = self._labels["ticket"][item.kind]
        self._print(at, "office", self.note("ticket", ticket=kind, summary=item.summary))

    def stored(self, at: float, item: TicketStored) -> None:
        """What is owed is durable."""
        by = item.by.astimezone(item.at.tzinfo)
        self._print(at, "office", self.note("stored", number=item.number, by=f"{by:%m-%d %H:%M}"))

    def kept(self, at: float, item: WantCallback | RecordRating | RememberGreen | SendText) -> None:
        """Something the caller wants kept."""
        match item:
            case WantCallback():
                text = self.note("callback")
            case RecordRating(score):
                text = self.note("rated", score=score)
            case SendText():
                text = self.note("texted")
            case _:
                text = self.note("remembered")
        self._print(at, "office", text)

    def waits(self, at: float, item: TransferProgressed) -> None:
        """Where the caller stands."""
        stage = self._labels["stage"][item.stage].format(position=item.position)
        self._print(at, "office", self.note("waiting", stage=stage))

    def joined(self, at: float, item: PersonAccepted) -> None:
        """A person waits for the caller."""
        self._print(at, "office", self.note("joined"))

    def transferred(self, at: float, item: TransferEnded) -> None:
        """The desk was rung."""
        self._print(at, "office", self.note("transfer", outcome=self._labels["transfer"][item.outcome]))

    def messaged(self, at: float, item: MessageTaken) -> None:
        """A message was recorded."""
        text = self.note("message", seconds=f"{item.seconds:.1f}") if item.seconds else self.note("no_message")
        self._print(at, "caller", text)

    def recogniser_lost(self, at: float, item: RecogniserLost) -> None:
        """The recogniser died."""
        self._print(at, "office", self.note("lost" if item.replaced else "lost_all"))

    def broke(self, at: float, item: FaultOccurred) -> None:
        """Something of ours broke."""
        self._print(at, "office", self.note("fault", fault=self._labels["fault"][Fault(item.fault)]))

    def ended(self, at: float, item: CallEnded) -> None:
        """The call is over."""
        self._show_status(None)
        self._print(at, "office", self.note("ended", reason=self._labels["end"][item.reason]))

    # Printing

    def _who(self, who: str) -> str:
        return self._labels["who"][who]

    def _print(self, at: float, who: str, text: str) -> None:
        self._print_row(_row(at, self._who(who), who, text))

    def _print_row(self, row: Row) -> None:
        """On a terminal long texts wrap under themselves; elsewhere a line is a line."""
        if self._console.is_terminal:
            grid = Table.grid("", "", Column(overflow="fold"), padding=(0, 2))
            grid.add_row(*row)
            self._console.print(grid)
        else:
            self._console.print(Text("  ").join(row), soft_wrap=True)

    def _show_status(self, status: Text | None) -> None:
        if self._live is not None:
            self._live.update(status or Text(), refresh=True)


Row = tuple[Text, Text, Text]


def _row(at: float, label: str, who: str, text: str, style: str = "") -> Row:
    """Time, who, what; names are padded to three full-width characters."""
    pad = "　" * (3 - len(label))
    return Text(f"{at:7.1f}", _DETAIL), Text(label + pad, f"bold {_COLOURS[who]}"), Text(text, style)


_SHOWN: dict[type[Any], Callable[[Transcript, float, Any], None]] = {
    CallStarted: Transcript.started,
    PartialHeard: Transcript.partial,
    UtteranceHeard: Transcript.uttered,
    KeyPressed: Transcript.pressed,
    PromptFinished: Transcript.spoken,
    RecogniserLost: Transcript.recogniser_lost,
    FaultOccurred: Transcript.broke,
    TicketStored: Transcript.stored,
    TransferProgressed: Transcript.waits,
    PersonAccepted: Transcript.joined,
    TransferEnded: Transcript.transferred,
    MessageTaken: Transcript.messaged,
    CallEnded: Transcript.ended,
    Play: Transcript.spoke,
    HandOver: Transcript.spoke,
    WantCallback: Transcript.kept,
    RecordRating: Transcript.kept,
    RememberGreen: Transcript.kept,
    SendText: Transcript.kept,
    TakeMessage: Transcript.spoke,
    HangUp: Transcript.spoke,
    RecordTurn: Transcript.turned,
    OpenTicket: Transcript.ticketed,
}
"""What is shown; silences, sounds without words and listening are not."""
