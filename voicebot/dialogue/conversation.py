"""What a call can do next: each method changes the memory and returns the commands for it.

Rule 1: everything that changes `Memory` lives in this file. Rule 2: this file does not know which event led here;
`table.py` does. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from voicebot.config import Tuning
from voicebot.dialogue.commands import (
    Clip,
    Command,
    Decision,
    HandOver,
    HangUp,
    Listen,
    OpenTicket,
    Pace,
    Play,
    Reason,
    RecordTurn,
    StopPlayback,
    TakeMessage,
    TicketKind,
)
from voicebot.dialogue.memory import Memory, State
from voicebot.dialogue.script import Script, answer_clip, question_clip
from voicebot.events import Hypotheses, UtteranceHeard
from voicebot.faq import Faq
from voicebot.matching.types import Understanding

Commands = list[Command]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the line knows during a call: one version of the FAQ and the matcher built from it."""

    faq: Faq
    understand: Callable[[Hypotheses], Understanding]


_TICKETS = {Reason.COMPLAINT: TicketKind.COMPLAINT, Reason.EMERGENCY: TicketKind.EMERGENCY}

_HAND_OVER_PROMPTS = {
    Reason.GREEN: "green",
    Reason.EMERGENCY: "emergency",
    Reason.COMPLAINT: "complaint",
    Reason.NOT_UNDERSTOOD: "hand_over_sorry",
    Reason.NOT_SOLVED: "hand_over_sorry",
    Reason.SILENCE: "hand_over_silence",
    Reason.SPEECH_FAULT: "hand_over_fault",
    Reason.STORE_FAULT: "hand_over_fault",
    Reason.FAQ_FAULT: "hand_over_fault",
    Reason.FAULT: "hand_over_fault",
}


class Conversation:
    """The memory of one call and everything that may be done with it."""

    def __init__(self, knowledge: Knowledge, script: Script, tuning: Tuning, memory: Memory) -> None:
        self.knowledge = knowledge
        self.script = script
        self.tuning = tuning
        self.memory = memory

    # Speaking

    def say(self, *clips: Clip, to: State | None = None) -> Commands:
        """Say clips (stopping what is being said) and go to a state."""
        memory = self.memory
        stop = self.hush()
        memory.playbacks += 1
        memory.playing = memory.playbacks
        memory.quiet = 0.0
        if to is not None:
            memory.state = to
        return [*stop, Play(memory.playbacks, clips, memory.slow)]

    def prompt(self, *names: str, to: State | None = None) -> Commands:
        """Say prompts by name."""
        return self.say(*(self.script.clip(name) for name in names), to=to)

    def hush(self) -> Commands:
        """Stop what is being said, if anything."""
        self.memory.quiet = 0.0
        if self.memory.playing is None:
            return []
        self.memory.playing = None
        return [StopPlayback()]

    def heard_out(self) -> Commands:
        """The caller has heard the playback to its end."""
        self.memory.playing = None
        self.memory.quiet = 0.0
        return []

    # Hearing

    def listen(self) -> Command:
        """The pace this caller needs."""
        end = self.tuning.end_silence_slow if self.memory.slow else self.tuning.end_silence_normal
        return Listen(Pace(self.memory.slow, end))

    def voice_began(self) -> Commands:
        """The caller makes a sound."""
        self.memory.voicing = True
        self.memory.quiet = 0.0
        return []

    def voice_ended(self, hypotheses: Hypotheses) -> None:
        """The caller has finished an utterance."""
        self.memory.voicing = False
        self.memory.quiet = 0.0
        if hypotheses and hypotheses[0].text:
            self.memory.heard = hypotheses[0].text

    def made_sense(self) -> None:
        """The caller is there: silences count from 0 again."""
        self.memory.silences = 0

    def silence_passed(self, seconds: float) -> float:
        """Add silence; the total since anyone last spoke. Nothing counts while we speak."""
        if self.memory.playing is None and not self.memory.voicing:
            self.memory.quiet += seconds
        return self.memory.quiet

    # Asking and answering

    def serve_slowly(self) -> None:
        """This caller is served the slow way throughout."""
        self.memory.green = self.memory.slow = True

    def open(self) -> Commands:
        """Begin the call: the one greeting, then we listen."""
        self.memory.said = (self.script.clip("listening"),)
        return [self.listen(), *self.prompt("greeting", to=State.LISTENING)]

    def answer(self, entry_id: str) -> Commands:
        """Say the answer. The third request for the same answer goes to a person: it does not solve the problem."""
        memory = self.memory
        if memory.answers.count(entry_id) >= 2:
            return self.hand_over(Reason.NOT_SOLVED)
        entry = self.knowledge.faq[entry_id]
        memory.failures = memory.silences = 0
        memory.asked = ()
        memory.topic = entry_id
        memory.answers = (*memory.answers, entry_id)
        memory.said = (answer_clip(entry),)
        return self.say(*memory.said, self.script.clip("after_answer"), to=State.ANSWERED)

    def ask_confirm(self, entry_id: str) -> Commands:
        """“您是想问…吗？”"""
        self.memory.asked = (entry_id,)
        self.memory.topic = entry_id
        self.memory.said = (
            self.script.clip("confirm_lead"),
            question_clip(self.knowledge.faq[entry_id]),
            self.script.clip("confirm_tail"),
        )
        return self.say(*self.memory.said, to=State.CONFIRMING)

    def ask_choice(self, first: str, second: str) -> Commands:
        """“您是想问甲，还是乙？按 1 或按 2，也可以直接说。”"""
        self.memory.asked = (first, second)
        self.memory.topic = first
        self.memory.said = (
            self.script.clip("choose_lead"),
            question_clip(self.knowledge.faq[first]),
            self.script.clip("choose_or"),
            question_clip(self.knowledge.faq[second]),
            self.script.clip("choose_keys"),
        )
        return self.say(*self.memory.said, to=State.CHOOSING)

    def failed(self, prompt: str) -> Commands:
        """We did not get it: ask once more with this prompt, the second time a person takes over."""
        self.memory.failures += 1
        if self.memory.failures >= self.tuning.max_failures:
            return self.hand_over(Reason.NOT_UNDERSTOOD)
        self.memory.asked = ()
        self.memory.said = (self.script.clip(prompt),)
        return self.say(*self.memory.said, to=State.LISTENING)

    def count_failure(self) -> None:
        """We asked about the wrong thing."""
        self.memory.failures += 1

    def was_silent(self) -> Commands:
        """The caller said nothing for too long: ask once, then a person takes over."""
        self.memory.silences += 1
        if self.memory.silences >= self.tuning.max_silences:
            return self.hand_over(Reason.SILENCE)
        if self.memory.state in (State.CONFIRMING, State.CHOOSING):
            return self.say(*self.memory.said)
        return self.prompt("listening")

    def was_silent_after_answer(self) -> Commands:
        """Nobody asks more: offer help once, say that they may hang up, and in the end say goodbye.

        The only hang-up on a silent caller, and it comes a minute after an answer was heard.
        """
        self.memory.silences += 1
        if self.memory.silences == 1:
            return self.prompt("still_there")
        if self.memory.silences == 2:
            return self.prompt("free_to_go")
        return self.farewell()

    def repeat(self) -> Commands:
        """Say the last thing again."""
        if not self.memory.said:
            return self.prompt("nothing_to_repeat")
        return self.say(*self.memory.said)

    def slow_down(self) -> Commands:
        """Speak slowly and wait longer from now on, and say the last thing again."""
        self.memory.slow = True
        return [self.listen(), *self.say(self.script.clip("slower"), *self.memory.said)]

    # Leaving

    def hand_over(self, reason: Reason, *, ticket: bool = True) -> Commands:
        """To a person. The ticket comes first, so that a crash anywhere after it loses nobody."""
        memory = self.memory
        entry = self.knowledge.faq[memory.topic] if memory.topic and memory.topic in self.knowledge.faq else None
        department = entry.department if entry else None
        summary = self.script.summary(
            reason,
            heard=memory.heard,
            question=entry.question if entry else "",
            answered=memory.topic in memory.answers,
        )
        commands = self.hush()
        kind = _TICKETS.get(reason, TicketKind.CALL)
        if ticket and kind not in memory.tickets:
            memory.tickets = (*memory.tickets, kind)
            commands.append(OpenTicket(kind, reason, department, memory.topic, summary))
        memory.state = State.TRANSFERRING
        clips = (self.script.clip(_HAND_OVER_PROMPTS.get(reason, "hand_over")),)
        urgent = reason is Reason.EMERGENCY
        return [*commands, HandOver(reason, department, summary, urgent, clips, memory.slow)]

    def take_message(self, *, ticket: bool = True) -> Commands:
        """Nobody is free: a message, on a ticket that is stored before the caller is told of it."""
        memory = self.memory
        commands = self.hush()
        if ticket and not memory.tickets:
            memory.tickets = (TicketKind.CALL,)
            summary = self.script.summary(Reason.NOBODY, heard=memory.heard, question="", answered=False)
            commands.append(OpenTicket(TicketKind.CALL, Reason.NOBODY, None, memory.topic, summary))
        memory.state = State.TAKING_MESSAGE
        prompt = "take_message" if memory.tickets else "take_message_fault"
        return [*commands, TakeMessage((self.script.clip(prompt),), memory.slow)]

    def ticket_lost(self) -> None:
        """What we wanted to store was not stored."""
        self.memory.tickets = ()

    def message_taken(self, seconds: float) -> Commands:
        """Say only what is true: a stored message, else a stored ticket, else just goodbye."""
        stored = "message_empty" if self.memory.tickets else "goodbye"
        return self.farewell("message_saved" if seconds > 0 else stored)

    def farewell(self, prompt: str = "goodbye") -> Commands:
        """Say goodbye and hang up."""
        stop = self.hush()
        self.memory.state = State.LEAVING
        return [*stop, HangUp((self.script.clip(prompt),), self.memory.slow)]

    def conversation_over(self) -> Commands:
        """The talk with a person has ended; there is nothing to add."""
        self.memory.state = State.LEAVING
        return [HangUp()]

    def end(self) -> Commands:
        """The call is over."""
        self.memory.state = State.ENDED
        self.memory.playing = None
        return []

    # The record

    def turn(
        self,
        decision: Decision,
        state: State,
        *,
        heard: UtteranceHeard | None = None,
        key: str | None = None,
        understanding: Understanding | None = None,
    ) -> RecordTurn:
        """What was heard or pressed in `state`, and what became of it."""
        asked = decision in (Decision.ANSWERED, Decision.ASKED_CONFIRM, Decision.ASKED_CHOICE)
        return RecordTurn(
            heard=heard.hypotheses if heard else (),
            key=key,
            outcome=understanding.outcome if understanding else None,
            ranking=understanding.ranking if understanding else None,
            decision=decision,
            entry=self.memory.topic if asked else None,
            state=state,
            audio_s=heard.audio_s if heard else 0.0,
            decode_s=heard.decode_s if heard else 0.0,
        )
