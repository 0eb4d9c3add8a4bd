"""Is a voice the caller's own, or somebody's behind them: a television, a colleague at the next desk? Pure.

Who holds the phone is louder than the room. Once the caller has spoken, a voice far below theirs neither keeps an
utterance open nor interrupts the line. Of what they say themselves even the softest syllables are nearer to the loudest
than that: see `FAR`.
"""

from __future__ import annotations

from collections import deque

from voicebot.audio import FRAME_S

FAR = 0.2
"""Factor on the caller's loudest syllables (-14 dB) below which a voice is somebody else's."""
_SYLLABLE = 8
"""Frames (0.16 s): within so many every syllable has its loudest one."""
_HELD = round(20.0 / FRAME_S)
"""Frames without the caller's voice for which their loudness is remembered as it was. An answer is heard out in that
time; and another, softer person who takes the phone is not unheard for longer."""
_FADE = 0.998
"""Factor a frame by which it falls while they speak, and after that time: it halves in 7 s."""


class Foreground:
    """One call's. Told every frame in order."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=_SYLLABLE)
        self._caller = 0.0
        self._since = 0

    def near(self, loudness: float, voiced: bool) -> bool:
        """Whether a frame of this loudness (root mean square, any scale), `voiced` as far as the network can tell, is
        the caller's voice.
        """
        self._recent.append(loudness)
        now = max(self._recent)
        if voiced and now >= FAR * self._caller:
            self._caller = max(now, self._caller * _FADE)
            self._since = 0
            return True
        self._since += 1
        if self._since > _HELD:
            self._caller *= _FADE
        return False
