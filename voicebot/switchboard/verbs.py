"""Every verb this emulator performs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from voicebot.switchboard import dial, gather, queueing, recording, speaking, stream

if TYPE_CHECKING:
    from voicebot.switchboard.board import Verb

VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        "Say": speaking.say,
        "Play": speaking.play,
        "Pause": speaking.pause,
        "Gather": gather.gather,
        "Record": recording.record,
        "Connect": stream.connect,
        "Start": stream.start,
        "Stop": stream.stop,
        "Dial": dial.dial,
        "Enqueue": queueing.enqueue,
        "Redirect": speaking.redirect,
        "Reject": speaking.reject,
        "Hangup": speaking.hangup,
        "Leave": speaking.leave,
    }
)
