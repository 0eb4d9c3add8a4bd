"""What a caller hears while a phone rings for them: our words once it rings, then the ringing itself. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np

from voicebot.audio import RATE, pcm_to_ulaw
from voicebot.dialogue.commands import Clip
from voicebot.events import Event, Stage, TransferEnded, TransferProgressed
from voicebot.tones import ringback

CYCLE_S = 5.0
"""The Chinese ringback tone repeats every five seconds."""
HOLD = "hold"
"""Name of this audio on the stream."""
WORDS_WAIT_S = 0.7
"""Our words (“马上为您转人工”) wait so long for the news that somebody can be rung at all: they must be true."""


class Hold:
    """One caller's hold audio. `began` is when they were handed over, in seconds of the clock used with `next`; the
    words are said at once when they are `true` already.
    """

    def __init__(
        self, clips: tuple[Clip, ...] = (), slow: bool = False, began: float = 0.0, *, true: bool = False
    ) -> None:
        self._clips = clips
        self._slow = slow
        self._began = began
        self._true = true
        self._ringing = False

    def news(self, events: Iterable[Event]) -> None:
        """What has become of reaching a person."""
        for event in events:
            if isinstance(event, TransferProgressed):
                self._true = True
                self._ringing = event.stage is not Stage.WAITING
            elif isinstance(event, TransferEnded):
                self._clips = ()

    def next(self, now: float, words: Callable[[tuple[Clip, ...], bool], bytes]) -> bytes:
        """The next stretch of µ-law; empty while it is not known whether somebody can be rung: silence sent ahead would
        only hold up our words when it is.
        """
        if self._clips:
            if not self._true and now - self._began < WORDS_WAIT_S:
                return b""
            clips, self._clips = self._clips, ()
            return words(clips, self._slow)
        return ringback(CYCLE_S) if self._ringing else _chime()


@cache
def _chime() -> bytes:
    """Two soft notes and a pause: nobody's phone rings yet, and the line is not dead."""
    seconds = np.arange(round(0.5 * RATE)) / RATE
    fade = np.sin(np.pi * np.arange(len(seconds)) / len(seconds))
    notes = np.concatenate([np.sin(2 * np.pi * hertz * seconds) * fade for hertz in (523.25, 659.25)])
    quiet = np.zeros(round(CYCLE_S * RATE) - len(notes))
    return pcm_to_ulaw(np.concatenate([notes * 2000.0, quiet]).astype(np.int16))
