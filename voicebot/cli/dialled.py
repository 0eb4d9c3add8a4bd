"""Calls of the emulated telephone network as a readable transcript. The words are in ``data/dial.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape

from voicebot import content
from voicebot.switchboard.result import CallResult

_STYLES = {
    "caller": "cyan",
    "line": "green",
    "callee": "magenta",
    "phone": "dim",
    "fault": "bold red",
    "warning": "yellow",
}
_VERB = re.compile(r"<([A-Z]\w*)")
Line = tuple[float, str, str]
"""Second, who (a key of ``[who]``), what."""


def show(console: Console, number: int, result: CallResult) -> None:
    """Print one call."""
    words = tomllib.loads(content.data_text("dial.toml"))
    note = words["note"]
    console.print(f"[bold]{escape(note['title'].format(number=number, caller=result.identity.from_))}[/bold]")
    for t, who, text in sorted(story(result, words), key=lambda line: line[0]):
        style = _STYLES[who]
        console.print(f"{t:6.1f}s  [{style}]{words['who'][who]}[/{style}]  {escape(text)}")
    for text in _figures(result, note):
        console.print(f"         [dim]{escape(text)}[/dim]")
    console.print()


def show_total(console: Console, results: Sequence[CallResult]) -> None:
    """Print how many calls failed."""
    note = tomllib.loads(content.data_text("dial.toml"))["note"]
    failed = sum(bool(result.errors) or result.answered is None for result in results)
    console.print(note["total"].format(calls=len(results), failed=failed))


def story(result: CallResult, words: Mapping[str, Any]) -> Iterator[Line]:
    """What happened, in no particular order."""
    note = words["note"]
    yield from _exchanges(result, note)
    yield from _people(result, note)
    yield from _streams(result, words)
    for dial in result.dials:
        yield dial.t, "phone", note["ringing"].format(number=dial.number)
        outcome = words["outcome"]["bridged" if dial.bridged else dial.status]
        yield (
            dial.end if dial.end is not None else dial.t,
            "phone",
            note["dialled"].format(number=dial.number, outcome=outcome),
        )
    for leg in result.legs:
        yield from _leg(leg, note)
    for problem in result.problems:
        who = "fault" if problem.level == "error" else "warning"
        yield problem.t, who, f"{problem.code} {problem.message}"
    if result.answered is not None:
        yield result.answered, "phone", note["answered"]
    if result.end is not None:
        ended = note["end"].format(by=words["by"].get(result.ended_by, result.ended_by))
        yield (
            result.end,
            "phone",
            ended if result.answered is not None else note["unanswered"].format(status=result.status),
        )


def _exchanges(result: CallResult, note: Mapping[str, str]) -> Iterator[Line]:
    for item in result.exchanges:
        parts = urlsplit(item.url)
        verbs = " ".join(name for name in _VERB.findall(item.body) if name != "Response")
        text = note["request"].format(
            method=item.method,
            path=parts.path,
            status=item.note or item.status,
            ms=item.elapsed_s * 1000,
            verbs=verbs,
        )
        yield item.t, "phone", text


def _people(result: CallResult, note: Mapping[str, str]) -> Iterator[Line]:
    for said in result.said:
        yield said.t, "caller", said.text or said.name
    for press in result.keys:
        yield press.t, "caller", note["key"].format(key=press.key)
    for heard in result.heard:
        if heard.kind == "bridge":
            yield heard.t, "callee", note["bridge"]
        elif heard.kind == "beep":
            yield heard.t, "line", note["beep"]
        else:
            unknown = note["sound"].format(seconds=heard.end - heard.t)
            yield heard.t, "line", heard.text or " ".join(heard.clips) or heard.source or unknown
    for recording in result.recordings:
        yield recording.t, "phone", note["recording"].format(seconds=recording.duration_s)


def _streams(result: CallResult, words: Mapping[str, Any]) -> Iterator[Line]:
    for stream in result.streams:
        if stream.sent:
            yield stream.t, "phone", words["note"]["stream"].format(url=stream.url)
        if stream.end is not None:
            ended_by = "dropped" if stream.ended_by == "fault" else stream.ended_by
            by = words["by"].get(ended_by, ended_by)
            yield stream.end, "phone", words["note"]["stream_end"].format(by=by)


def _leg(leg: CallResult, note: Mapping[str, str]) -> Iterator[Line]:
    number = leg.identity.to
    for heard in leg.heard:
        text = heard.text or " ".join(heard.clips) or heard.source
        if text:
            yield heard.t, "callee", note["whisper"].format(number=number, text=text)
    for press in leg.keys:
        yield press.t, "callee", note["press"].format(number=number, key=press.key)


def _figures(result: CallResult, note: Mapping[str, str]) -> Iterator[str]:
    waits = [
        f"{item.seconds:.2f}" if item.seconds is not None and not item.overlapped else note["overlap"]
        for item in result.latencies
        if (item.seconds is not None or item.overlapped) and not item.recorded
    ]
    if waits:
        yield note["latency"].format(seconds="、".join(waits))
    for stream in result.streams:
        yield note["frames"].format(
            sent=sum(stream.sent.values()),
            received=sum(stream.received.values()),
            marks=len(stream.marks),
            returned=sum(mark.returned is not None for mark in stream.marks),
            lead=stream.max_lead_s,
        )
