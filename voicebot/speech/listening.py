"""The ear of one call: what is voice goes to the call's worker, what the worker hears comes back as events.

All state belongs to the call's thread. Other threads only put things into the inbox.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from voicebot.audio import FRAME_S, RATE, Pcm
from voicebot.config import Tuning
from voicebot.events import (
    Event,
    Fault,
    FaultOccurred,
    PartialHeard,
    RecogniserLost,
    SilenceHeard,
    SpeechStarted,
    UtteranceHeard,
)
from voicebot.speech import nbest
from voicebot.speech.endpoint import Began, Ended, Endpointer, Silent
from voicebot.speech.frontend import FrontEnd, Prepared
from voicebot.speech.hearer import Hearer, Moved, Punctuality, Utterance
from voicebot.speech.wire import Kind, Message

_BATCH = 5
"""Frames sent at once (0.1 s). Vosk decodes in steps of 0.2 s, so smaller pieces would only cost."""
_ASK_AFTER = 0.17
"""Seconds of a pause after which the words before it are asked for: fewer are the gaps between words."""
_CALM = 5
"""Frames (0.1 s) of real quiet that a pause must have by then: of a faint voice parts are not taken for one."""
PATIENCE_S = 5.0
"""Seconds a call waits for another worker before the caller goes to a person."""


class CallEar:
    """Implements `voicebot.speech.ear.Ear`, at 8000 Hz on the line and at 16000 Hz for wide-band files."""

    def __init__(
        self,
        call: int,
        worker: Hearer | None,
        tuning: Tuning,
        on_close: Callable[[int], None],
        *,
        rate: int = RATE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._call = call
        self._worker = worker
        self._on_close = on_close
        self._rate = rate
        self._clock = clock
        self._front = FrontEnd(rate)
        self._endpointer = Endpointer(
            start_voiced=tuning.start_voiced,
            end_silence=tuning.end_silence_normal,
            max_utterance=tuning.max_utterance,
        )
        self._pre_roll: deque[Pcm] = deque(maxlen=round((tuning.pre_roll + tuning.start_voiced) / FRAME_S))
        self._batch: list[Pcm] = []
        self._number = 0
        self._current: Utterance | None = None
        """What is being said; None outside speech and while what is said is not listened to."""
        self._awaited: dict[int, Utterance] = {}
        """Utterances whose result is still to come, the current one among them."""
        self._inbox: deque[Moved | tuple[Message, float]] = deque()
        self._arrived = threading.Event()
        self._out: list[Event] = []
        self._asked = self._answer_due = False
        self._calm = 0
        """Frames since anything was last above the quiet of the line."""
        self.whole = False
        """Nobody waits: utterances are heard in one piece."""
        self._punctuality = Punctuality(clock)
        self._deaf_since = clock() if worker is None else None
        self._closed = False

    # For the call's thread.

    def hear(self, pcm: Pcm) -> None:
        """See `Ear.hear`."""
        self._read_inbox()
        if self._worker:
            self._worker.check()
        self._punctuality.took(len(pcm) / self._rate)
        for frame in self._front.frames(pcm):
            self._hear_frame(self._front.prepare(frame))

    def events(self) -> list[Event]:
        """See `Ear.events`."""
        self._read_inbox()
        if self._worker:
            self._worker.check()
        elif self._deaf_since is not None and self._clock() - self._deaf_since > PATIENCE_S:
            self._deaf_since = None
            self._out.append(FaultOccurred(Fault.SPEECH))
        out, self._out = self._out, []
        return out

    def pace(self, end_silence: float) -> None:
        """See `Ear.pace`."""
        self._endpointer.end_silence = end_silence

    def close(self) -> None:
        """See `Ear.close`."""
        if not self._closed:
            self._closed = True
            self._send(Kind.CLOSE)
            self._worker = None
            self._on_close(self._call)

    def finish(self) -> None:
        """No more audio will come: what is being said ends here. For files, not for calls."""
        ended = self._endpointer.stop()
        if ended:
            self._end(ended)

    def settle(self, timeout: float) -> bool:
        """Wait until every utterance that has ended has its result, or is lost; False when time ran out first.

        For whoever feeds audio faster than it can be spoken and wants what it gave, and for tests.
        """
        return self._until(lambda: all(heard.ended_at is None for heard in self._awaited.values()), timeout, 0.5)

    def catch_up(self, timeout: float) -> bool:
        """Wait until the worker has taken everything it was sent; False when time ran out first. As `settle`."""
        return self._until(lambda: self._worker is None or self._worker.idle, timeout, 0.004)

    def _until(self, done: Callable[[], bool], timeout: float, wake_s: float) -> bool:
        deadline = self._clock() + timeout
        while not done():
            left = deadline - self._clock()
            if left <= 0:
                return False
            self._arrived.wait(min(left, wake_s))  # wakes to look after a stuck worker too
            self._arrived.clear()
            if self._worker:
                self._worker.check()
            self._read_inbox()
        return True

    # For any thread.

    def post(self, item: Moved | tuple[Message, float]) -> None:
        """Something from the pool: a worker's message and when it came, or another worker."""
        self._inbox.append(item)
        self._arrived.set()

    def audio_of(self, utterance: int) -> bytes:
        """What has been sent of an utterance whose result has not come, int16; empty for any other."""
        sent = self._awaited.get(utterance)
        return b"".join(tuple(sent.audio)) if sent else b""

    @property
    def behind(self) -> float:
        """Seconds by which the call's audio is taken up late."""
        return self._punctuality.behind

    @property
    def rate(self) -> int:
        """Hertz."""
        return self._rate

    # The audio's way in.

    def _hear_frame(self, heard: Prepared) -> None:
        frame = heard.pcm
        self._calm = 0 if heard.stirring else self._calm + 1
        step = self._endpointer.process(heard.voiced, stirring=heard.stirring or self._answer_due)
        if not self._endpointer.speaking and step is None:
            self._pre_roll.append(frame)
            return
        match step:
            case Silent(seconds):
                self._pre_roll.append(frame)
                self._out.append(SilenceHeard(seconds))
            case Began():
                self._begin(frame)
            case Ended():
                self._add(frame)
                self._end(step)
                self._pre_roll.append(frame)
            case None:
                self._add(frame)
                self._ask_in_pause()

    def _begin(self, frame: Pcm) -> None:
        self._out.append(SpeechStarted())
        if not self._worker:  # whoever speaks now is asked to say it again when somebody listens
            return
        self._answer_due = False
        self._number += 1
        self._current = self._awaited[self._number] = Utterance(self._number)
        self._batch = [*self._pre_roll, frame]
        self._pre_roll.clear()
        self._flush()

    def _add(self, frame: Pcm) -> None:
        if self._current:
            self._batch.append(frame)
            if len(self._batch) >= _BATCH:
                self._flush()

    def _ask_in_pause(self) -> None:
        """Have the recogniser finish the words before a pause: which they are decides how long a pause ends it all.

        Its partial results will not do: they withhold the last word as long as a longer one may begin with it. What is
        said after the pause is put together with this.
        """
        if not self._endpointer.pause:
            self._asked = self._answer_due = False
        elif self._current and not self._asked and not self.whole and self._is_pause():
            self._asked = True
            if not (self._worker and self._worker.takes_cuts):
                return
            self._answer_due = True
            self._flush()
            self._send(Kind.CUT, self._current.number)

    def _is_pause(self) -> bool:
        return self._endpointer.pause > _ASK_AFTER and self._calm >= _CALM

    def _flush(self) -> None:
        if self._current and self._batch:
            body = np.concatenate(self._batch).tobytes()
            self._batch = []
            self._current.audio.append(body)
            self._send(Kind.AUDIO, self._current.number, body)

    def _end(self, ended: Ended) -> None:
        utterance, self._current = self._current, None
        if utterance:
            self._current = utterance
            self._flush()
            self._current = None
            utterance.voiced, utterance.quiet = ended.voiced, ended.quiet
            utterance.ended_at = self._clock()
            self._send(Kind.FINISH, utterance.number)

    def _send(self, kind: Kind, utterance: int = 0, body: bytes = b"") -> None:
        if self._worker:
            self._worker.send(Message(kind, self._call, utterance, self._rate, body))

    # The words' way out.

    def _read_inbox(self) -> None:
        while self._inbox:
            match self._inbox.popleft():
                case Moved(worker):
                    self._move(worker)
                case (message, at):
                    self._read(message, at)

    def _read(self, message: Message, at: float) -> None:
        utterance = self._awaited.get(message.utterance)
        if utterance is None:
            return
        text = message.body.decode()
        if message.kind is Kind.PARTIAL:
            # Vosk takes a partial back now and then; nothing is no news, and the last words may have to stand in
            # for an empty result.
            utterance.partial = nbest.joined(text) or utterance.partial
            self._tell(utterance)
            return
        heard = nbest.hypotheses(text) or nbest.from_partial(utterance.partial)
        utterance.parts.append(heard)
        utterance.partial = ""
        if message.kind is Kind.SEGMENT:
            self._answer_due = False
            self._tell(utterance)
        else:
            del self._awaited[utterance.number]
            decode_s = max(0.0, at - utterance.ended_at) if utterance.ended_at is not None else 0.0
            heard = nbest.join(utterance.parts)
            self._out.append(UtteranceHeard(heard, utterance.voiced, round(decode_s, 4), utterance.quiet))

    def _tell(self, utterance: Utterance) -> None:
        told = utterance.text(), utterance is self._current and self._endpointer.stray
        if told[0] and told != utterance.told:
            utterance.told = told
            self._out.append(PartialHeard(*told))

    def _move(self, worker: Hearer | None) -> None:
        """Another worker listens. What was being said is lost, its rest too: half a question is worse than none."""
        if self._closed:
            return
        had_one, self._worker = self._worker is not None, worker
        self._awaited.clear()
        self._current = None
        self._batch = []
        if worker is None:
            self._deaf_since = self._clock() if had_one else self._deaf_since
        elif had_one or self._deaf_since is not None:
            self._deaf_since = None
            self._out.append(RecogniserLost(replaced=True))
