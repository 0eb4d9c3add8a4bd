"""What a call can do on its way to a person, and at its end: each method changes the memory and returns the commands
for it. Pure.
"""

from __future__ import annotations

from voicebot.dialogue.commands import (
    Clip,
    HandOver,
    HangUp,
    Join,
    OpenTicket,
    Reason,
    SendText,
    TakeMessage,
    TicketKind,
    WantCallback,
)
from voicebot.dialogue.ending import ANSWER_WAIT_S, Ending
from voicebot.dialogue.memory import Promised, State
from voicebot.dialogue.script import Script, question_clip
from voicebot.dialogue.speaking import Commands
from voicebot.dialogue.spoken_time import digits_clips, number_clips, time_clips
from voicebot.events import Stage, TransferProgressed
from voicebot.faq import Entry

_MINUTES = Clip("prompts/numbers/分钟", "分钟")

_TICKETS = {Reason.COMPLAINT: TicketKind.COMPLAINT, Reason.EMERGENCY: TicketKind.EMERGENCY}

_HAND_OVER_PROMPTS = {
    Reason.GREEN: "green",
    Reason.EMERGENCY: "emergency",
    Reason.COMPLAINT: "complaint",
    Reason.NOT_UNDERSTOOD: "hand_over_sorry",
    Reason.NOT_SOLVED: "hand_over_sorry",
    Reason.SILENCE: "hand_over_silence",
    Reason.HANDED_ON: "handed_on",
    Reason.SPEECH_FAULT: "hand_over_fault",
    Reason.STORE_FAULT: "hand_over_fault",
    Reason.FAQ_FAULT: "hand_over_fault",
    Reason.FAULT: "hand_over_fault",
}

_WHISPERS = {
    Reason.KEY: "whisper_key",
    Reason.ASKED: "whisper_asked",
    Reason.GREEN: "whisper_green",
    Reason.COMPLAINT: "whisper_complaint",
    Reason.EMERGENCY: "whisper_emergency",
    Reason.NOT_UNDERSTOOD: "whisper_not_understood",
    Reason.SILENCE: "whisper_silence",
    Reason.BUSY: "whisper_busy",
    Reason.NOT_SOLVED: "whisper_not_solved",
    Reason.HANDED_ON: "whisper_handed_on",
}


def whisper_clips(script: Script, reason: Reason, entry: Entry | None, *, answered: bool = False) -> tuple[Clip, ...]:
    """Why a caller needs a person, and about which question, for that person."""
    clips = [script.clip(_WHISPERS.get(reason, "whisper_fault"))]
    if entry is not None:
        clips += [script.clip("whisper_about"), question_clip(entry)]
    if answered:
        clips.append(script.clip("whisper_answered"))
    return tuple(clips)


class HandingOver(Ending):
    """To a person, or to a message."""

    # To a person

    def hand_over(self, reason: Reason, *, ticket: bool = True, direct: bool = False) -> Commands:
        """To a person. The ticket comes first, so that a crash anywhere after it loses nobody."""
        memory = self.memory
        memory.reason, memory.direct = reason, direct
        memory.complaining |= reason is Reason.COMPLAINT
        commands = self.hush()
        kind = _TICKETS.get(reason, TicketKind.CALL)
        if ticket and kind not in memory.tickets:
            memory.tickets = (*memory.tickets, kind)
            entry = self._entry()
            department = entry.department if entry else None
            commands.append(OpenTicket(kind, reason, department, memory.topic, self._summary(reason)))
        memory.state = State.TRANSFERRING
        clips = self.clips(_HAND_OVER_PROMPTS.get(reason, "hand_over"))
        return [*commands, self._hand_over(reason, clips)]

    def hand_on(self, department: str) -> Commands:
        """Whoever had the caller hands them on; their ticket is open again already."""
        self.memory.handed_to = department
        return self.hand_over(Reason.HANDED_ON, ticket=False)

    def hand_over_again(self, reason: Reason) -> Commands:
        """Waiting for a person the caller says what changes whom they need, or how soon."""
        if reason is not self.memory.reason:
            commands = self.hand_over(reason)
            self.memory.just_told = True
            return commands
        return self.prompt("emergency") if reason is Reason.EMERGENCY else self.still_trying()

    def go_on_reaching(self) -> Commands:
        """The stream broke while a person was being reached, or whoever accepted did not come: go on with that."""
        stop = self.hush()
        self.memory.just_told = True
        self.memory.state = State.TRANSFERRING
        words = "handed_on" if self.memory.reason is Reason.HANDED_ON else "ringing_wait"
        return [*stop, self._hand_over(self.memory.reason or Reason.FAULT, self.clips(words))]

    def _hand_over(self, reason: Reason, clips: tuple[Clip, ...]) -> HandOver:
        memory, entry = self.memory, self._entry()
        return HandOver(
            reason,
            memory.handed_to or (entry.department if entry else None),
            self._summary(reason),
            urgent=reason is Reason.EMERGENCY,
            clips=clips,
            slow=memory.slow,
            green=memory.green,
            direct=memory.direct,
            complaint=memory.complaining and not memory.handed_to and reason is not Reason.EMERGENCY,
        )

    def whisper(self) -> tuple[Clip, ...]:
        """What the person who picks up hears before pressing 1: why the caller comes, and about what."""
        memory, entry = self.memory, self._entry()
        answered = entry is not None and entry.id in memory.answers
        return whisper_clips(self.script, memory.reason or Reason.FAULT, entry, answered=answered)

    def ticket_stored(self, promised: Promised) -> Commands:
        """What we owe is durable; a complaint made at the very end is confirmed at once."""
        self.memory.promised = promised
        if self.memory.state is State.RATING:
            self.memory.state = State.LEAVING
            clips = (*self.clips("rate_complaint"), *digits_clips(promised.number), *self.clips("goodbye"))
            return [HangUp(clips, self.memory.slow)]
        return []

    def where_they_stand(self, progress: TransferProgressed) -> Commands:
        """Tell the caller where they stand, and once which keys end the waiting."""
        if self.memory.just_told:
            self.memory.just_told = False
            return []
        clips = list(self._standing(progress))
        if progress.offer_callback and self._owed():
            clips += self.clips("callback_offer")
            self.memory.told_keys = True
        elif not self.memory.told_keys and self._owed() and progress.waited_s > 0:
            clips += self.clips("wait_keys")
            self.memory.told_keys = True
        return self.say(*clips) if clips else []

    def _standing(self, progress: TransferProgressed) -> tuple[Clip, ...]:
        match progress.stage:
            case Stage.NEXT:
                return self.clips("ringing_next")
            case Stage.WAITING:
                ahead = progress.position - 1
                place = (
                    (*self.clips("queue_lead"), *number_clips(ahead, counting=True), *self.clips("queue_tail"))
                    if ahead > 0
                    else self.clips("queue_first")
                )
                if not progress.minutes:
                    return place
                minutes = (*number_clips(progress.minutes, counting=True), _MINUTES)
                return (*place, *self.clips("wait_lead"), *minutes)
        return self.clips("ringing_wait") if progress.waited_s > 0 else ()

    def _owed(self) -> bool:
        """A stored ticket stands behind what we would offer."""
        return self.memory.promised is not None

    def still_trying(self) -> Commands:
        """The caller pressed something while waiting: they hear that we are at it, and the keys."""
        self.memory.told_keys = True
        return self.prompt("ringing_wait", *(["wait_keys"] if self._owed() else []))

    def call_back(self) -> Commands:
        """The caller would rather be called back. Only when a ticket stands behind it."""
        if not self._owed():
            return self.still_trying()
        commands = self.hush()
        clips = (*self.clips("callback_booked"), *self._promise())
        return [WantCallback(), *commands, self._last_words(clips, "goodbye")]

    def join(self, room: str) -> Commands:
        """A person waits for the caller."""
        commands = self.hush()
        self.memory.state = State.CONNECTED
        return [*commands, Join(room)]

    # A message

    def take_message(self, *, ticket: bool = True) -> Commands:
        """Nobody is free: a message, on a ticket that is stored before the caller is told of it."""
        memory = self.memory
        commands = self.hush()
        if ticket and not memory.tickets:
            memory.tickets = (TicketKind.CALL,)
            memory.promised = None
            summary = self.script.summary(Reason.NOBODY, heard=memory.heard, question="", answered=False)
            commands.append(OpenTicket(TicketKind.CALL, Reason.NOBODY, None, memory.topic, summary))
        memory.state = State.TAKING_MESSAGE
        return [*commands, TakeMessage(self._before_message(), memory.slow)]

    def _before_message(self) -> tuple[Clip, ...]:
        """Honest: that nobody comes now, what is stored, and by when a person will call."""
        promised = self.memory.promised
        if promised is None:
            return self.clips("take_message" if self.memory.tickets else "take_message_fault")
        closed = "nobody_open" if promised.open_now else "nobody_closed"
        return (*self.clips(closed), *self._promise(), *self.clips("message_offer"))

    def leave_message(self) -> Commands:
        """The caller would rather leave a message than wait."""
        if not self._owed():
            return self.still_trying()
        commands = self.hush()
        self.memory.state = State.TAKING_MESSAGE
        return [*commands, TakeMessage((*self._promise(), *self.clips("message_offer")), self.memory.slow)]

    def _promise(self) -> tuple[Clip, ...]:
        """“您的来电已经登记，登记号是…，工作人员会在今天下午四点半之前给您回电话。”"""
        promised = self.memory.promised
        if promised is None:
            return ()
        return (
            *self.clips("registered"),
            *digits_clips(promised.number),
            *self.clips("promise_lead"),
            *time_clips(promised.by, promised.at),
            *self.clips("promise_tail"),
        )

    def ticket_lost(self) -> None:
        """What we wanted to store was not stored."""
        self.memory.tickets = ()
        self.memory.promised = None

    def message_taken(self, seconds: float) -> Commands:
        """Say only what is true: a stored message, else a stored ticket, else just goodbye."""
        stored = "message_empty" if self.memory.tickets else "goodbye"
        commands = self.hush()
        if not (self.memory.may_text and self._owed()):
            return [*commands, *self.farewell("message_saved" if seconds > 0 else stored)]
        return [*commands, self._last_words(self.clips("message_kept") if seconds > 0 else (), "goodbye")]

    def _last_words(self, clips: tuple[Clip, ...], bye: str) -> HangUp:
        """The end of a call to which we owe something: whom a text message can reach may have that in writing."""
        memory = self.memory
        if memory.may_text:
            memory.state = State.TEXTING
            return HangUp((*clips, *self.clips("text_offer")), memory.slow, ANSWER_WAIT_S)
        memory.state = State.LEAVING
        return HangUp((*clips, *self.clips(bye)), memory.slow)

    def text_promise(self) -> Commands:
        """The caller wants what they were promised in writing."""
        self.memory.may_text = False
        return [SendText(None), *self.farewell("text_saved")]

    def complain(self) -> Commands:
        """A complaint at the end, by key: a ticket of the supervising unit. `ticket_stored` says goodbye."""
        memory = self.memory
        if TicketKind.COMPLAINT in memory.tickets:
            return self.farewell("rate_thanks")
        memory.complaining = True
        memory.tickets = (*memory.tickets, TicketKind.COMPLAINT)
        entry = self._entry()
        summary = self._summary(Reason.COMPLAINT)
        department = entry.department if entry else None
        return [OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, department, memory.topic, summary)]
