"""How long the caller waited for sound after each thing they said. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from voicebot.switchboard.result import Heard, Latency, Said


def latencies(said: Sequence[Said], audible: Sequence[tuple[float, float]], heard: Sequence[Heard]) -> list[Latency]:
    """For each thing said, the time from its last voiced frame to the first sound played after it.

    Sound that was already playing then does not count (`overlapped`), nor does sound after the next thing said.
    """
    result = []
    for index, item in enumerate(said):
        until = said[index + 1].t if index + 1 < len(said) else float("inf")
        overlapped = any(begin <= item.end < end for begin, end in audible)
        first = next((begin for begin, _ in audible if item.end < begin < until), None)
        kind = next((piece.kind for piece in heard if first is not None and piece.t <= first < piece.end), "")
        wait = None if first is None else first - item.end
        last = max((piece for piece in heard if piece.t < item.end), key=lambda piece: piece.t, default=None)
        recorded = last is not None and last.kind == "beep"
        result.append(Latency(item.name, item.end, first, wait, kind, overlapped, recorded))
    return result
