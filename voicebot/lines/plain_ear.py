"""An ear that hears that someone speaks but not what: for typed text, and for when no recogniser can listen."""

from __future__ import annotations

import numpy as np

from voicebot import audio
from voicebot.audio import Pcm
from voicebot.events import Event, SilenceHeard, SpeechStarted, UtteranceHeard
from voicebot.speech.endpoint import Began, Ended, Endpointer, Silent

_FRAME = round(audio.FRAME_S * audio.RATE)
_VOICE_RMS = 300.0
"""Least root mean square of a frame with voice, int16 scale (-41 dBFS): above a quiet room, below soft speech."""
_START_VOICED = 0.1
_END_SILENCE = 0.6
_MAX_UTTERANCE = 20.0


class PlainEar:
    """A `voicebot.speech.ear.Ear` without words: loud is voice."""

    def __init__(self) -> None:
        self._endpointer = Endpointer(
            start_voiced=_START_VOICED, end_silence=_END_SILENCE, max_utterance=_MAX_UTTERANCE
        )
        self._rest: Pcm = np.zeros(0, np.int16)
        self._events: list[Event] = []

    def hear(self, pcm: Pcm) -> None:
        """The next audio."""
        pcm = np.concatenate((self._rest, pcm)) if len(self._rest) else pcm
        whole = len(pcm) - len(pcm) % _FRAME
        for start in range(0, whole, _FRAME):
            samples = pcm[start : start + _FRAME].astype(np.float32)
            voiced = float(samples @ samples) > _FRAME * _VOICE_RMS**2
            match self._endpointer.process(voiced):
                case Began():
                    self._events.append(SpeechStarted())
                case Ended(voice):
                    self._events.append(UtteranceHeard((), voice))
                case Silent(seconds):
                    self._events.append(SilenceHeard(seconds))
        self._rest = pcm[whole:]

    def events(self) -> list[Event]:
        """What was heard since the last call of this."""
        events, self._events = self._events, []
        return events

    def pace(self, end_silence: float) -> None:
        """Seconds of silence that end an utterance, from now on."""
        self._endpointer.end_silence = end_silence

    def settle(self, timeout: float) -> bool:
        """Nothing is ever awaited."""
        return True

    def close(self) -> None:
        """Nothing is held."""
