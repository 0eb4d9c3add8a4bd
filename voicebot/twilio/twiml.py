"""The TwiML this line returns, made with Twilio's own SDK classes so that it is legal by construction. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from twilio.twiml.voice_response import Connect, Dial, Gather, VoiceResponse

from voicebot.dialogue.commands import Clip

SAY = {"voice": "Polly.Zhiyu-Neural", "language": "cmn-CN"}
"""Mandarin voice for text without a recording."""
RING_S = 20
"""Seconds a desk rings."""
RING_CALLER_S = 30
"""Seconds the phone of a caller rings whom we call back; old people need time."""
MESSAGE_S = 180
"""Longest message in seconds."""
MESSAGE_PAUSE_S = 4
"""Seconds of silence that end a message: who thinks what else to say pauses for two or three, and who has finished and
does not press a key hears nothing for so long."""
MESSAGE_PAUSE_SLOW_S = 6
"""The same for a caller who is served slowly."""
_MEET = {"beep": "false", "start_conference_on_enter": True, "end_conference_on_exit": True}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that may not stand in XML 1.0, not even escaped: one of them and Twilio refuses the whole page."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Where Twilio comes back to. Absolute URLs, so that nothing depends on the document they stand in."""

    base: str
    """Public URL without a trailing slash."""
    clip_url: Callable[[Clip, bool], str | None]
    """URL of a clip's recording, None when it must be spoken."""

    def url(self, name: str, **query: str) -> str:
        """A page of ours under /twilio/."""
        return f"{self.base}/twilio/{name}" + (f"?{urlencode(query)}" if query else "")

    def stream(self, socket_url: str, token: str, response: VoiceResponse | None = None) -> str:
        """Talk with the line over a media stream; what follows is decided when it closes."""
        response = response or VoiceResponse()
        connect = Connect(action=self.url("continue"))
        connect.stream(url=socket_url).parameter(name="token", value=token)
        response.append(connect)
        return str(response)

    def speak_then_stream(self, clips: tuple[Clip, ...], slow: bool, socket_url: str, token: str) -> str:
        """Speak what the stream could not, then go back to a stream."""
        response = VoiceResponse()
        self._speak_listening(response, clips, slow)
        return self.stream(socket_url, token, response)

    def ring(self, number: str, caller_id: str, call: str, clips: tuple[Clip, ...], slow: bool) -> str:
        """Ring a desk; whoever picks up is connected only after pressing 1."""
        response = VoiceResponse()
        self._speak(response, clips, slow)
        dial = Dial(action=self.url("dialled"), timeout=RING_S, caller_id=caller_id or None, ring_tone="cn")
        dial.number(number, url=self.url("whisper", call=call))
        response.append(dial)
        return str(response)

    def record(self, clips: tuple[Clip, ...], slow: bool) -> str:
        """Take a message. Where Twilio goes on without one (nothing but silence), so do we."""
        response = VoiceResponse()
        self._speak_listening(response, clips, slow)
        response.record(
            action=self.url("recorded"),
            recording_status_callback=self.url("recording"),
            recording_status_callback_event="completed absent",
            max_length=MESSAGE_S,
            timeout=MESSAGE_PAUSE_SLOW_S if slow else MESSAGE_PAUSE_S,
            finish_on_key="0#",
            play_beep=True,
        )
        response.redirect(self.url("recorded"))
        return str(response)

    def hang_up(self, clips: tuple[Clip, ...], slow: bool) -> str:
        """Last words, a moment for a key, then the end."""
        response = VoiceResponse()
        self._speak_listening(response, clips, slow)
        response.hangup()
        return str(response)

    def ask(self, clips: tuple[Clip, ...], slow: bool, wait_s: float) -> str:
        """A question at the end, and so many seconds for a key. Nothing is an answer too."""
        response = VoiceResponse()
        self._speak_listening(response, clips, slow, wait_s)
        response.redirect(self.url("key", silent=str(round(wait_s))))
        return str(response)

    # The conference in which caller and staff meet. Both leave when one does: nobody is left alone in it.

    def join(self, room: str, call: str) -> str:
        """The caller meets whoever accepted. While they are alone there we keep asking whether somebody still comes."""
        response = VoiceResponse()
        dial = Dial(action=self.url("dialled"))
        begun = {"status_callback": self.url("room", call=call), "status_callback_event": "start"}
        dial.conference(room, **_MEET, **begun, wait_url=self.url("alone", call=call))
        response.append(dial)
        return str(response)

    def meet(self, room: str, attempt: int) -> str:
        """A person who accepted meets the caller."""
        response = VoiceResponse()
        self._meet(response, room, attempt)
        return str(response)

    def _meet(self, response: VoiceResponse, room: str, attempt: int, **differs: bool) -> None:
        """By star they leave it, to hand the caller on."""
        dial = Dial(action=self.url("leg/left", attempt=str(attempt)), hangup_on_star=True)
        dial.conference(room, **(_MEET | differs), wait_url="")
        response.append(dial)

    def leave_again(self, attempt: int, looks: int) -> str:
        """They left the conference, and it is not known yet why."""
        response = VoiceResponse()
        response.pause(length=1)
        response.redirect(self.url("leg/left", attempt=str(attempt), looks=str(looks)))
        return str(response)

    def choose_unit(self, attempt: int, units: Sequence[str], clips: tuple[Clip, ...]) -> str:
        """To which unit do they hand the caller on? The order of the units comes back with the answer."""
        response = VoiceResponse()
        page = self.url("leg/choose", attempt=str(attempt), units=",".join(units))
        gather = Gather(num_digits=2, timeout=5, finish_on_key="#", action=page, action_on_empty_result=True)
        self._speak(gather, clips, False)
        response.append(gather)
        return str(response)

    def stay(self, attempt: int, clips: tuple[Clip, ...], looks: int) -> str:
        """They stay on the line until the next one has the caller."""
        response = VoiceResponse()
        self._speak(response, clips, False)
        response.pause(length=1)
        response.redirect(self.url("leg/stay", attempt=str(attempt), looks=str(looks)))
        return str(response)

    def meet_after(self, room: str, attempt: int, clips: tuple[Clip, ...], *, third: bool) -> str:
        """After these words they meet the caller: as the `third`, who may leave the two others alone, or again."""
        response = VoiceResponse()
        self._speak(response, clips, False)
        self._meet(response, room, attempt, **({"end_conference_on_exit": False} if third else {}))
        return str(response)

    def being_handed_on(self, clips: tuple[Clip, ...], slow: bool, looks: int) -> str:
        """The caller waits while the person they talked with chooses the unit they hand them on to."""
        response = VoiceResponse()
        self._speak(response, clips, slow)
        response.pause(length=1)
        response.redirect(self.url("dialled", looks=str(looks)))
        return str(response)

    def alone(self, call: str, clips: tuple[Clip, ...], looks: int) -> str:
        """While the caller is alone in the conference; `looks` comes back with the next request."""
        response = VoiceResponse()
        self._speak(response, clips, False)
        response.pause(length=1)
        response.redirect(self.url("alone", call=call, looks=str(looks)))
        return str(response)

    def leg_whisper(self, attempt: int, clips: tuple[Clip, ...]) -> str:
        """What a person who picks up for a waiting caller hears, twice. Without 1 the caller stays with us: a voicemail
        box presses nothing.
        """
        return self._staff_whisper("leg", attempt, clips)

    def _staff_whisper(self, group: str, attempt: int, clips: tuple[Clip, ...]) -> str:
        response = VoiceResponse()
        query = {"attempt": str(attempt)}
        gather = Gather(num_digits=1, timeout=6, finish_on_key="", action=self.url(f"{group}/accept", **query))
        for _ in range(2):
            self._speak(gather, clips, False)
            gather.pause(length=1)
        response.append(gather)
        response.redirect(self.url(f"{group}/silent", **query))
        return str(response)

    def leg_accept_again(self, attempt: int, tries: int) -> str:
        """Their 1 could not be kept just now: ask once more for them."""
        response = VoiceResponse()
        response.pause(length=1)
        response.redirect(self.url("leg/accept", attempt=str(attempt), Digits="1", tries=str(tries)))
        return str(response)

    def say_and_hang_up(self, clips: tuple[Clip, ...]) -> str:
        """Last words to staff."""
        response = VoiceResponse()
        self._speak(response, clips, False)
        response.hangup()
        return str(response)

    # A call back: staff first, and only who takes it is connected with the caller.

    def callback_whisper(self, attempt: int, clips: tuple[Clip, ...]) -> str:
        """What staff who pick up for a call back hear, twice. Without 1 the caller's phone does not ring."""
        return self._staff_whisper("callback", attempt, clips)

    def call_back(self, attempt: int, number: str, caller_id: str, clips: tuple[Clip, ...]) -> str:
        """Ring the caller. Whoever picks up hears first who is calling; staff hear ringing until then."""
        response = VoiceResponse()
        query = {"attempt": str(attempt)}
        self._speak(response, clips, False)
        dial = Dial(
            action=self.url("callback/dialled", **query),
            timeout=RING_CALLER_S,
            caller_id=caller_id or None,
            ring_tone="cn",
        )
        dial.number(
            number,
            url=self.url("callback/hello", **query),
            status_callback=self.url("callback/caller", **query),
            status_callback_event="initiated ringing answered completed",
        )
        response.append(dial)
        return str(response)

    def say(self, clips: tuple[Clip, ...]) -> str:
        """Said to who picked up, before they are connected."""
        response = VoiceResponse()
        self._speak(response, clips, False)
        return str(response)

    def whisper(self, call: str, summary: str, clips: tuple[Clip, ...]) -> str:
        """What the person who picks up hears, twice. Without 1 they are not connected: a voicemail box presses
        nothing.
        """
        response = VoiceResponse()
        gather = Gather(num_digits=1, timeout=6, finish_on_key="", action=self.url("accept", call=call))
        for _ in range(2):
            _say(gather, summary)
            self._speak(gather, clips, False)
        response.append(gather)
        response.hangup()
        return str(response)

    def _speak_listening(
        self,
        response: VoiceResponse,
        clips: tuple[Clip, ...],
        slow: bool,
        wait_s: float = 1.0,
    ) -> None:
        """Speak; a key is heard then and for `wait_s` after. Without one the call goes on with what follows."""
        if clips:
            timeout = max(1, round(wait_s))
            gather = Gather(num_digits=1, timeout=timeout, finish_on_key="", action=self.url("key"))
            self._speak(gather, clips, slow)
            response.append(gather)

    def _speak(self, verb: VoiceResponse | Gather, clips: tuple[Clip, ...], slow: bool) -> None:
        """Recordings where there are some, Twilio's voice where there are none."""
        for clip in clips:
            url = self.clip_url(clip, slow)
            if url:
                verb.play(url)
            else:
                _say(verb, clip.text)


def _say(verb: VoiceResponse | Gather, text: str) -> None:
    speakable = _NOT_XML.sub("", text).strip()
    if speakable:
        verb.say(speakable, **SAY)


def nothing() -> str:
    """No instructions: the call goes on as it was, or is over."""
    return str(VoiceResponse())


def refuse() -> str:
    """End this leg."""
    response = VoiceResponse()
    response.hangup()
    return str(response)
