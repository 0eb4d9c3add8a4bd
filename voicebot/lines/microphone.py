"""A caller at this machine's microphone and keyboard, as a `voicebot.call.Line`.

The microphone is the clock: time is the seconds of audio it has given. Keys come between two pieces of audio.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from voicebot import audio
from voicebot.audio import Pcm
from voicebot.dialogue.commands import Command, Listen
from voicebot.errors import DeviceError
from voicebot.events import CallEnded, CallStarted, EndReason, Event, KeyPressed
from voicebot.lines.exchange import Doing, Exchange
from voicebot.lines.turns import KEYS
from voicebot.speech.ear import Ear

log = logging.getLogger(__name__)

WAIT_S = 0.1
"""Longest wait for the next piece of audio or key."""
DEAD_S = 3.0
"""Seconds without any audio after which the microphone is taken as gone."""
HANG_UP_KEYS = "qQ"


class Handset(Protocol):
    """The caller's microphone and keyboard."""

    def next(self, timeout: float) -> Pcm | str | None:
        """The next audio (int16 at 8000 Hz, any length) or typed character; None when there was none in time.

        Raises `DeviceError` when the microphone is gone.
        """


class MicrophoneLine:
    """One call at the microphone. `half_duplex` does not listen while the line speaks: for loudspeakers, which the
    microphone would hear; headphones need no such thing, and only without it can the caller interrupt by voice.
    """

    def __init__(
        self, handset: Handset, *, exchange: Exchange, ear: Ear, opening: CallStarted, half_duplex: bool = False
    ) -> None:
        self._handset = handset
        self._exchange = exchange
        self._ear = ear
        self._opening = opening
        self._half_duplex = half_duplex
        self._samples = 0
        self._waited = 0.0

    @property
    def now(self) -> float:
        """Seconds since the call began."""
        return self._samples / audio.RATE

    def perform(self, command: Command) -> None:
        """Do it, without waiting."""
        if isinstance(command, Listen):
            self._ear.pace(command.pace.end_silence)
        else:
            self._exchange.perform(command, self.now)

    def events(self) -> Iterator[Event]:
        """The call as it happens, until it ends."""
        yield self._opening
        while True:
            for event in self._happening():
                self._exchange.heard(event)
                yield event
                if isinstance(event, CallEnded):
                    return

    def _happening(self) -> Iterator[Event]:
        try:
            yield from self._take(self._handset.next(WAIT_S))
        except DeviceError as error:
            log.error("%s", error)
            yield from self._leave(EndReason.CONNECTION_LOST)
        except KeyboardInterrupt:
            yield from self._leave(EndReason.CALLER_HUNG_UP)
        yield from self._ear.events()
        while (event := self._exchange.due(self.now)) is not None:
            yield event

    def _take(self, item: Pcm | str | None) -> Iterator[Event]:
        if item is None:
            self._waited += WAIT_S
            if self._waited > DEAD_S:
                raise DeviceError("microphone-silent", f"麦克风 {DEAD_S:.0f} 秒没有声音数据，可能已经拔掉。")
        elif isinstance(item, str):
            if item in HANG_UP_KEYS:
                yield from self._leave(EndReason.CALLER_HUNG_UP)
            elif item in KEYS:
                yield KeyPressed(item)
        else:
            self._waited = 0.0
            self._hear(item)

    def _hear(self, pcm: Pcm) -> None:
        deaf = self._half_duplex and self._exchange.doing in (Doing.SAYING, Doing.RINGING)
        self._exchange.hear(pcm)
        self._ear.hear(np.zeros_like(pcm) if deaf else pcm)
        self._samples += len(pcm)

    def _leave(self, reason: EndReason) -> Iterator[Event]:
        self._exchange.caller_left(self.now)
        yield CallEnded(reason)
