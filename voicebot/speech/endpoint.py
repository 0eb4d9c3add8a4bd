"""Where speech begins and ends, decided frame by frame. Pure: its clock is the audio it is given.

Rules
1. Speech begins once `start_voiced` seconds of voice came with no more silence than voice between them.
2. It ends after `end_silence` seconds without voice. Voice shorter than `BLIP` in that silence (a click, a breath)
   does not start the count again.
3. It ends after `max_utterance` seconds whatever happens.
4. A pause that is long enough is held open for at most `HOLD` seconds more while something seems to begin in it, or the
   words before it are still being read: half a word too early is a caller cut off.
5. Outside speech, silence is told in stretches of at most `STRETCH` seconds, so that nobody has to ask the time.
"""

from __future__ import annotations

from dataclasses import dataclass

from voicebot.audio import FRAME_S

BLIP = 0.06
"""Seconds."""
HOLD = 0.12
"""Seconds."""
GAP = 0.1
"""Seconds, at least, from the end of what was said before a stray word until that is certainly a voice (`BLIP`)."""
STRAY = 0.6
"""Seconds of voice, at most, in a stray word."""
STRETCH = 0.5
"""Seconds. The contract of `SilenceHeard`."""
_HALF_FRAME = FRAME_S / 2
"""Seconds; sums of 0.02 are never exact."""


@dataclass(frozen=True, slots=True)
class Began:
    """Someone speaks, since about `start_voiced` seconds ago."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The utterance is over."""

    voiced: float
    """Seconds of voice in it."""
    quiet: float = 0.0
    """Seconds without voice at its end."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A stretch of silence outside speech."""

    seconds: float


class Endpointer:
    """The state of one call. `end_silence` may be changed at any time."""

    def __init__(self, *, start_voiced: float, end_silence: float, max_utterance: float) -> None:
        self.end_silence = end_silence
        self._start_voiced = start_voiced
        self._max_utterance = max_utterance
        self.speaking = False
        self._onset = self._silence = 0.0
        self._voice = self._length = self._pause = self._blip = self._held = self._tail = 0.0

    @property
    def stray(self) -> bool:
        """The last of what was said stands by itself: a short sound after a gap, as “那个…” is said, or a cough."""
        return self._tail < min(STRAY + _HALF_FRAME, self._voice - _HALF_FRAME)

    @property
    def pause(self) -> float:
        """Seconds without voice so far, within an utterance."""
        return self._pause

    def process(
        self, voiced: bool, seconds: float = FRAME_S, *, stirring: bool = False
    ) -> Began | Ended | Silent | None:
        """Take the next `seconds` of audio; at most one thing happens. `stirring`: an end had better wait a moment."""
        return self._in_speech(voiced, seconds, stirring) if self.speaking else self._outside(voiced, seconds)

    def stop(self) -> Ended | None:
        """End an utterance now, for a reason that is not in the audio."""
        return self._end() if self.speaking else None

    def _outside(self, voiced: bool, seconds: float) -> Began | Silent | None:
        self._onset = self._onset + seconds if voiced else max(0.0, self._onset - seconds)
        if self._onset > self._start_voiced - _HALF_FRAME:
            self.speaking = True
            self._voice = self._length = self._tail = self._onset
            self._pause = self._blip = 0.0
            self._held = 0.0
            return Began()
        self._silence += seconds
        if self._silence > STRETCH - _HALF_FRAME:
            stretch, self._silence = self._silence, 0.0
            return Silent(round(stretch, 3))
        return None

    def _in_speech(self, voiced: bool, seconds: float, stirring: bool) -> Ended | None:
        self._length += seconds
        if voiced:
            self._voice += seconds
            self._blip += seconds
            self._tail += seconds
        else:
            self._blip = 0.0
        if self._blip > BLIP - _HALF_FRAME:
            self._tail = self._blip if self._pause > GAP - _HALF_FRAME else self._tail
            self._pause = 0.0
        else:
            self._pause += seconds
        paused = not voiced and self._pause > self.end_silence - _HALF_FRAME
        if paused and stirring and self._held < HOLD - _HALF_FRAME:
            self._held += seconds
            paused = False
        elif not self._pause:
            self._held = 0.0
        return self._end() if paused or self._length > self._max_utterance - _HALF_FRAME else None

    def _end(self) -> Ended:
        ended = Ended(round(self._voice, 3), round(self._pause, 3))
        self._idle()
        return ended

    def _idle(self) -> None:
        self.speaking = False
        self._onset = self._silence = 0.0
        self._voice = self._length = self._pause = self._blip = self._tail = 0.0
