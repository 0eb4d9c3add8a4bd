"""Recordings for `<Play>`: where Twilio fetches them, and what it gets there."""

from __future__ import annotations

import io
import logging
from urllib.parse import quote

import soundfile

from voicebot import audio
from voicebot.bot import Bot
from voicebot.dialogue.commands import Clip
from voicebot.dialogue.script import answer_clip, question_clip
from voicebot.dialogue.spoken_time import word_clip

log = logging.getLogger(__name__)


class Clips:
    """The recordings of one bot, by URL."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    def url(self, clip: Clip, slow: bool) -> str | None:
        """Where the clip's recording is; None when it has to be spoken."""
        if self._audio(clip, slow) is None:
            return None
        speed = "slow" if slow else "normal"
        return f"{self._bot.settings.public_url}/twilio/clip/{speed}/{quote(clip.name)}.wav"

    def wav(self, name: str, slow: bool) -> bytes | None:
        """The recording as a µ-law WAV file; None when there is none of that name."""
        clip = self._named(name)
        ulaw = self._audio(clip, slow) if clip else None
        return None if ulaw is None else wav(ulaw)

    def _audio(self, clip: Clip, slow: bool) -> bytes | None:
        """A recording that cannot even be looked for is one that is missing: the words still have to be said."""
        try:
            return self._bot.voice.audio(clip, slow)
        except Exception:
            log.exception("no audio for %s", clip.name)
            return None

    def _named(self, name: str) -> Clip | None:
        kind, _, key = name.partition("/")
        faq = self._bot.knowledge().faq
        if kind == "prompts" and key in self._bot.script.prompts:
            return self._bot.script.clip(key)
        word = key.removeprefix("numbers/")
        if kind == "prompts" and word != key and word.isalnum():  # a name that leads nowhere else on the disk
            return word_clip(word)
        if kind in ("answers", "questions") and key in faq:
            return (answer_clip if kind == "answers" else question_clip)(faq[key])
        return None


def wav(ulaw: bytes) -> bytes:
    """A µ-law WAV file, 8 kHz mono."""
    file = io.BytesIO()
    soundfile.write(file, audio.ulaw_to_pcm(ulaw), audio.RATE, format="WAV", subtype="ULAW")
    return file.getvalue()
