"""A standard Vosk server: the WebSocket protocol of alphacep/vosk-server, with the same wheel and one model.

It stands for that server where none can be installed: as a remote backend in tests, and as the peer that
`voicebot evaluate capacity` measures the line against. Like the original it decodes whatever it is sent, one message
of a connection at a time, in as many threads as there are cores, and answers every message with one.

Protocol. Text: ``{"config": {"sample_rate": 8000, "max_alternatives": 5, "words": true, "phrase_list": [...]}}`` before
the first audio (no answer), ``{"eof" : 1}`` at the end. Binary: int16 samples. Answers: ``{"partial": ...}``, a result
with ``text`` or ``alternatives`` where the recogniser found an end, and after ``eof`` the final result; then the server
closes.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from voicebot.speech.remote import EOF


@dataclass(slots=True)
class Session:
    """One connection's recogniser and its settings."""

    vosk: Any
    model: Any
    sample_rate: float = 8000.0
    max_alternatives: int = 0
    words: bool = True
    phrases: list[str] = field(default_factory=list)
    recogniser: Any = None

    def configure(self, config: dict[str, Any]) -> None:
        """What a client asks for; unknown settings are ignored, as by the original."""
        self.sample_rate = float(config.get("sample_rate", self.sample_rate))
        self.max_alternatives = int(config.get("max_alternatives", self.max_alternatives))
        self.words = bool(config.get("words", self.words))
        self.phrases = config.get("phrase_list", self.phrases)

    def take(self, message: str | bytes) -> str:
        """Decode one message. Runs in a thread; the recogniser lets others run meanwhile."""
        recogniser = self.recogniser = self.recogniser or self._made()
        if isinstance(message, str):
            return str(recogniser.FinalResult())
        if recogniser.AcceptWaveform(message):
            return str(recogniser.Result())
        return str(recogniser.PartialResult())

    def _made(self) -> Any:
        grammar = [json.dumps(self.phrases, ensure_ascii=False)] if self.phrases else []
        recogniser = self.vosk.KaldiRecognizer(self.model, self.sample_rate, *grammar)
        recogniser.SetWords(self.words)
        recogniser.SetMaxAlternatives(self.max_alternatives)
        return recogniser


def application(model: str) -> web.Application:
    """The server. The model is loaded here."""
    import vosk  # loads native code

    vosk.SetLogLevel(-1)
    loaded = vosk.Model(model)
    threads = ThreadPoolExecutor(os.cpu_count() or 1)

    async def recognise(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False, max_msg_size=0)
        await ws.prepare(request)
        session = Session(vosk, loaded)
        async for message in ws:
            if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                break
            if isinstance(message.data, str) and "config" in message.data:
                session.configure(json.loads(message.data)["config"])
                continue
            loop = asyncio.get_running_loop()
            await ws.send_str(await loop.run_in_executor(threads, session.take, message.data))
            if message.data == EOF:
                break
        return ws

    app = web.Application()
    app.router.add_get("/", recognise)
    return app


if __name__ == "__main__":
    web.run_app(application(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), print=None, access_log=None)
