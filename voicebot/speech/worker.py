"""The worker process: one Vosk model, one recogniser for each call, one thread.

Kaldi ends the whole process when one of its assertions fails, and Python cannot catch that (vosk-api#481), so nothing
else lives here. Started by `voicebot.speech.process` as a fresh interpreter that imports only this and Vosk; ends
when its standard input does, so that it cannot outlive its parent.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from voicebot.errors import ModelError
from voicebot.speech import modelconf, wire
from voicebot.speech.wire import Kind, Message

NICE = 10
"""When there is too much to do, audio is taken up and answers are sent first: a caller whose audio waits is answered
late however soon the words are there.
"""
ALTERNATIVES = 5
"""Readings asked of the recogniser. More than five are hardly ever different in sound."""


class Listener:
    """The recogniser of one call, used again for each of its utterances."""

    def __init__(self, recogniser: Any, resample: Any, rate: int) -> None:
        """`rate` is what the recogniser is fed, in hertz."""
        self._recogniser = recogniser
        self._resample = resample
        self._rate = rate
        self._utterance = 0
        self._partial = ""
        self._fed_s = 0.0
        self._began_s = 0.0

    def audio(self, message: Message) -> list[tuple[Kind, str]]:
        """Decode some more; what is new is returned."""
        if message.utterance != self._utterance:
            self._begin(message.utterance)
        pcm = self._resample(message.body)
        self._fed_s += len(pcm) / 2 / self._rate
        if self._recogniser.AcceptWaveform(pcm):
            self._partial = ""
            return [(Kind.SEGMENT, self._in_utterance(self._recogniser.Result()))]
        partial = json.loads(self._recogniser.PartialResult())["partial"]
        if partial == self._partial:
            return []
        self._partial = partial
        return [(Kind.PARTIAL, partial)]

    def cut(self) -> str:
        """The words so far, as Vosk's JSON; the utterance may go on."""
        self._partial = ""
        return self._in_utterance(self._recogniser.FinalResult())

    def finish(self) -> str:
        """The utterance is over: the rest of its result."""
        self._utterance = 0
        return self.cut()

    def _begin(self, utterance: int) -> None:
        if self._utterance:  # the one before was given up
            self._recogniser.Reset()
        self._utterance, self._partial = utterance, ""
        self._began_s = self._fed_s

    def _in_utterance(self, result: str) -> str:
        """Vosk counts word times from the first audio of the recogniser; we count from that of the utterance."""
        if not self._began_s:
            return result
        data = json.loads(result)
        for reading in data.get("alternatives", ()):
            for word in reading.get("result", ()):
                word["start"] = max(0.0, word["start"] - self._began_s)
                word["end"] = max(0.0, word["end"] - self._began_s)
        return json.dumps(data, ensure_ascii=False)


class Worker:
    """Answers messages, one after the other."""

    def __init__(self, model: Path) -> None:
        import vosk

        vosk.SetLogLevel(-1)
        modelconf.check(model)
        self._vosk = vosk
        self._path = model
        self._model = vosk.Model(str(model))
        self._listeners: dict[int, Listener] = {}

    def answer(self, message: Message) -> list[tuple[Kind, str]]:
        """Do what the message asks; what there is to tell is returned."""
        match message.kind:
            case Kind.AUDIO:
                listener = self._listeners.get(message.call)
                if listener is None:
                    listener = self._listeners[message.call] = self._listen(message.rate)
                return listener.audio(message)
            case Kind.CUT:
                cut = self._listeners.get(message.call)
                return [(Kind.SEGMENT, cut.cut())] if cut else []
            case Kind.FINISH:
                finished = self._listeners.get(message.call)
                return [(Kind.FINAL, finished.finish() if finished else "{}")]
            case Kind.CLOSE:
                self._listeners.pop(message.call, None)
                return []
        raise ValueError(f"not for a worker: {message.kind!r}")

    def _listen(self, rate: int) -> Listener:
        fed = modelconf.rate_to_feed(self._path, rate)
        recogniser = self._vosk.KaldiRecognizer(self._model, fed)
        recogniser.SetMaxAlternatives(ALTERNATIVES)
        recogniser.SetWords(True)
        return Listener(recogniser, _resampler(rate, fed) if fed != rate else bytes, fed)


def _resampler(rate: int, to: int) -> Any:
    import numpy as np
    import soxr

    stream = soxr.ResampleStream(rate, to, 1, dtype="int16")
    return lambda pcm: stream.resample_chunk(np.frombuffer(pcm, np.int16)).tobytes()


def serve(worker: Worker, messages: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the parent is gone."""
    while (message := wire.read(messages)) is not None:
        for kind, text in worker.answer(message):
            answers.write(wire.encode(Message(kind, message.call, message.utterance, body=text.encode())))
        answers.write(wire.encode(Message(Kind.TAKEN, message.call, message.utterance)))
        answers.flush()


def main(model: str) -> None:
    """Run a worker on standard input and output."""
    # Ctrl-C in a terminal goes to every process in it; the parent decides when a worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError, AttributeError):  # where it may not, or there is no such thing
        os.nice(NICE)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever libraries print must not get among the messages
    try:
        worker = Worker(Path(model))
    except Exception as error:
        text = error.message if isinstance(error, ModelError) else f"语音模型无法载入：{model}（{error}）"
        answers.write(wire.encode(Message(Kind.FAILED, body=text.encode())))
        answers.flush()
        sys.exit(1)
    try:
        answers.write(wire.encode(Message(Kind.READY)))
        answers.flush()
        serve(worker, sys.stdin.buffer, answers)
    except BrokenPipeError:
        os._exit(0)  # the parent is gone: nobody to tell, nothing to flush
