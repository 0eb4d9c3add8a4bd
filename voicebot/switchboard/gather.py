"""<Gather>: keys, and speech where the words are known, while something is spoken."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from voicebot.audio import FRAME_S
from voicebot.switchboard import sound, speaking
from voicebot.switchboard.call import Call, Go
from voicebot.switchboard.node import Node

_SPEAKING = {"Say": speaking.say, "Play": speaking.play, "Pause": speaking.pause}
AUTO_PAUSE_S = 1.0
"""The pause that ends speech when `speechTimeout` is ``auto``."""


@dataclass(slots=True)
class _Input:
    """What came in. `finish` is the key that ended it."""

    digits: str = ""
    finish: str = ""
    speech: str = ""
    keys: asyncio.Queue[str] = field(default_factory=asyncio.Queue)


async def gather(call: Call, node: Node) -> Go | None:
    """Collect input; `action` gets it. Without any the next verb runs, unless the action is wanted all the same."""
    taken = _Input()
    listener = taken.keys.put_nowait if "dtmf" in node.get("input", "dtmf") else _deaf
    call.phone.taps.append(tap := _Listening(call, node, taken.keys).tap)
    call.key_listeners.append(listener)
    try:
        await _collect(call, node, taken)
    finally:
        call.phone.taps.remove(tap)
        call.key_listeners.remove(listener)
    fields: dict[str, str] = {"msg": "Gather End"}
    if taken.speech:
        fields |= {"SpeechResult": taken.speech, "Confidence": "0.9"}
    elif taken.digits or taken.finish:
        fields |= {"Digits": taken.digits, "FinishedOnKey": taken.finish}
    elif node.get("actionOnEmptyResult") != "true":
        return None
    return Go(call.address(node.get("action")), node.get("method", "POST"), fields)


def _deaf(key: str) -> None:
    """Keys do not count."""


async def _collect(call: Call, node: Node, taken: _Input) -> None:
    """Until enough keys, the finishing key, words, or a silence."""
    first = await _first(call, node, taken)
    key: str | None = first
    while key:
        if len(key) > 1:
            taken.speech = key
            return
        if key in node.get("finishOnKey", "#"):
            taken.finish = key
            return
        taken.digits += key
        if len(taken.digits) == int(node.get("numDigits", "0")):
            return
        key = await _key(call, node, taken)


async def _first(call: Call, node: Node, taken: _Input) -> str | None:
    """The first input, which stops what is being spoken; None after it and a silence."""
    prompt = asyncio.ensure_future(_speak(call, node))
    key = asyncio.ensure_future(taken.keys.get())
    both: set[asyncio.Future[object]] = {prompt, key}  # type: ignore[arg-type]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if key.done():
            return key.result()
        prompt.result()
    finally:
        for task in (prompt, key):
            task.cancel()
        await asyncio.wait(both)
    return await _key(call, node, taken)


async def _speak(call: Call, node: Node) -> None:
    for child in node.children:
        await _SPEAKING[child.name](call, child)


async def _key(call: Call, node: Node, taken: _Input) -> str | None:
    timeout = float(node.get("timeout", "5"))
    try:
        return await call.board.clock.within(taken.keys.get(), timeout)
    except TimeoutError:
        return None


class _Listening:
    """A recogniser that knows the script: hears the end of speech and gives the words, if the script has them."""

    def __init__(self, call: Call, node: Node, words: asyncio.Queue[str]) -> None:
        wanted = node.get("speechTimeout", "auto")
        self._pause = AUTO_PAUSE_S if wanted == "auto" else float(wanted)
        self._on = "speech" in node.get("input")
        self._call = call
        self._words = words
        self._before = len(call.person.said)
        self._quiet = 0.0
        self._voiced = False

    def tap(self, frame: bytes, heard: bytes) -> None:
        """The next 20 ms."""
        if not self._on:
            return
        if sound.audible(frame):
            self._voiced, self._quiet = True, 0.0
        elif self._voiced:
            self._quiet += FRAME_S
        if self._voiced and self._quiet >= self._pause:
            self._on = False
            text = "".join(said.text for said in self._call.person.said[self._before :])
            if len(text) > 1:
                self._words.put_nowait(text)
