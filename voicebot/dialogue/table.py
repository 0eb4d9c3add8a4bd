"""Which event in which state leads to what: the whole call in one table. Pure.

Every (state, event) pair is decided; `IGNORE` is a decision too. Handlers change nothing themselves: they choose
among the methods of `Conversation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from voicebot.dialogue.afterwards import (
    deaf_in_remembering,
    fault_in_leaving,
    fault_in_message,
    fault_in_texting,
    go_on_remembering,
    heard_in_remembering,
    key_away,
    key_in_rating,
    key_in_remembering,
    key_in_texting,
    key_zero,
    message_taken,
    silence_in_rating,
    silence_in_remembering,
    silence_in_texting,
)
from voicebot.dialogue.commands import Decision, Reason
from voicebot.dialogue.conversation import Commands, Conversation
from voicebot.dialogue.memory import Promised, State
from voicebot.dialogue.utterance import (
    heard_in_transit,
    heard_question,
    heard_reply_to_choice,
    heard_reply_to_confirm,
    heard_while_waiting,
)
from voicebot.dialogue.waiting import (
    FAULTS,
    accepted,
    fault_in_transfer,
    go_on_reaching,
    handed_on,
    key_in_transfer,
    progressed,
    recogniser_lost_in_transfer,
    talk_ended,
    transfer_ended,
)
from voicebot.events import (
    EVENTS,
    CallEnded,
    CallStarted,
    Event,
    Fault,
    FaultOccurred,
    HandedOn,
    KeyPressed,
    MessageTaken,
    PartialHeard,
    PersonAccepted,
    PromptFinished,
    RecogniserLost,
    SilenceHeard,
    SpeechStarted,
    TicketStored,
    TransferEnded,
    TransferProgressed,
    UtteranceHeard,
)
from voicebot.matching.replies import is_speech

Handler = Callable[[Conversation, Any], Commands]

FREE_TO_GO_S = 60.0
"""Seconds of silence granted after an answer before the line says goodbye; an answered caller is never hurried."""


def ignore(call: Conversation, event: Event) -> Commands:
    """Nothing to do here."""
    return []


def start(call: Conversation, event: CallStarted) -> Commands:
    """Green callers and callers we cannot serve go to a person at once; the rest are greeted."""
    call.met(event.caller)
    if event.caller.green:
        call.serve_slowly()
        return call.hand_over(Reason.GREEN)
    if not event.speech_ready:
        return call.hand_over(_deaf(event))
    if not call.knowledge.faq.entries:
        return call.hand_over(Reason.FAQ_FAULT)
    return call.open()


def go_on(call: Conversation, event: CallStarted) -> Commands:
    """The call goes on on a new stream: its ear has to learn our pace, and must be there."""
    return [call.listen()] if event.speech_ready else call.hand_over(_deaf(event))


def _deaf(event: CallStarted) -> Reason:
    return Reason.BUSY if event.busy else Reason.SPEECH_FAULT


def voice_began(call: Conversation, event: SpeechStarted) -> Commands:
    """A sound; it may be a cough."""
    return call.voice_began()


def partial(call: Conversation, event: PartialHeard) -> Commands:
    """Real words interrupt us; “嗯” does not, nor our own voice. What was said decides which pause ends it."""
    hush = call.hush() if is_speech(event.text) and not call.is_echo(event.text) else []
    return [*hush, *call.wait_after(event.text, stray=event.stray)]


def silence(call: Conversation, event: SilenceHeard) -> Commands:
    """Dead air after a question of ours, or before any."""
    state = call.memory.state
    if call.silence_passed(event.seconds) < call.tuning.silence:
        return []
    return [call.turn(Decision.PROMPTED, state), *call.was_silent()]


def silence_after_answer(call: Conversation, event: SilenceHeard) -> Commands:
    """Dead air after an answer."""
    state = call.memory.state
    limit = call.tuning.silence_after_answer if call.memory.silences < 2 else FREE_TO_GO_S
    if call.silence_passed(event.seconds) < limit:
        return []
    return [call.turn(Decision.PROMPTED, state), *call.was_silent_after_answer()]


def finished(call: Conversation, event: PromptFinished) -> Commands:
    """Only the playback that is on counts; one we stopped may still report."""
    return call.heard_out() if event.playback == call.memory.playing else []


def key(call: Conversation, event: KeyPressed) -> Commands:
    """0 is a person, * says it again, any other key asks what is wanted."""
    if event.key == "0":
        return key_zero(call)
    if event.key == "*":
        return [call.turn(Decision.REPEATED, call.memory.state, key="*"), *call.repeat()]
    return [call.turn(Decision.PROMPTED, call.memory.state, key=event.key), *call.prompt("listening")]


def key_in_confirm(call: Conversation, event: KeyPressed) -> Commands:
    """1 is yes, 2 is no."""
    if event.key not in "12":
        return key(call, event)
    if event.key == "1":
        return call.answer_asked(call.memory.asked[0], key="1")
    return call.refuse_asked(key="2")


def key_in_choice(call: Conversation, event: KeyPressed) -> Commands:
    """1 is the first, 2 the second, 3 the third where there is one."""
    keys = dict(zip("123", call.memory.asked, strict=False))
    if event.key not in keys:
        return key(call, event)
    return call.answer_asked(keys[event.key], key=event.key)


def key_after_answer(call: Conversation, event: KeyPressed) -> Commands:
    """# is the long answer as a text message."""
    commands = call.text_answer() if event.key == "#" else []
    return [call.turn(Decision.TEXTED, call.memory.state, key="#"), *commands] if commands else key(call, event)


def recogniser_lost(call: Conversation, event: RecogniserLost) -> Commands:
    """With another one listening, only a caller who may have been speaking has to repeat."""
    if not event.replaced:
        return call.hand_over(Reason.SPEECH_FAULT)
    speaking = call.memory.voicing or call.memory.playing is None
    call.voice_ended(())
    return call.prompt("repeat_please") if speaking else []


def fault(call: Conversation, event: FaultOccurred) -> Commands:
    """Whatever broke, a person takes over. Without speech or answers the line can still ring one by itself."""
    direct = event.fault not in (Fault.SPEECH, Fault.FAQ)
    return call.hand_over(FAULTS.get(event.fault, Reason.FAULT), direct=direct)


def ticket_stored(call: Conversation, event: TicketStored) -> Commands:
    """What we owe the caller is durable and may be promised."""
    return call.ticket_stored(Promised(event.number, event.by, event.open_now, event.at))


def end(call: Conversation, event: CallEnded) -> Commands:
    """Over, from any state."""
    return call.end()


_NEVER: dict[type[Event], Handler] = {event: ignore for event in EVENTS}
_ALWAYS: dict[type[Event], Handler] = {**_NEVER, CallEnded: end, TicketStored: ticket_stored}
_TALKING: dict[type[Event], Handler] = {
    **_ALWAYS,
    CallStarted: go_on,
    SpeechStarted: voice_began,
    PartialHeard: partial,
    UtteranceHeard: heard_question,
    SilenceHeard: silence,
    PromptFinished: finished,
    KeyPressed: key,
    RecogniserLost: recogniser_lost,
    FaultOccurred: fault,
}

TABLE: Mapping[State, Mapping[type[Event], Handler]] = {
    State.NEW: {**_ALWAYS, CallStarted: start, KeyPressed: key_away, FaultOccurred: fault},
    State.LISTENING: _TALKING,
    State.CONFIRMING: {**_TALKING, UtteranceHeard: heard_reply_to_confirm, KeyPressed: key_in_confirm},
    State.CHOOSING: {**_TALKING, UtteranceHeard: heard_reply_to_choice, KeyPressed: key_in_choice},
    State.ANSWERED: {**_TALKING, SilenceHeard: silence_after_answer, KeyPressed: key_after_answer},
    State.TRANSFERRING: {
        **_ALWAYS,
        CallStarted: go_on_reaching,
        SpeechStarted: voice_began,
        UtteranceHeard: heard_while_waiting,
        PromptFinished: finished,
        KeyPressed: key_in_transfer,
        RecogniserLost: recogniser_lost_in_transfer,
        FaultOccurred: fault_in_transfer,
        TransferProgressed: progressed,
        PersonAccepted: accepted,
        TransferEnded: transfer_ended,
    },
    State.CONNECTED: {
        **_ALWAYS,
        CallStarted: go_on_reaching,
        FaultOccurred: fault_in_transfer,
        HandedOn: handed_on,
        TransferEnded: talk_ended,
    },
    State.TAKING_MESSAGE: {
        **_ALWAYS,
        KeyPressed: key_away,
        FaultOccurred: fault_in_message,
        MessageTaken: message_taken,
    },
    State.LEAVING: {
        **_ALWAYS,
        KeyPressed: key_away,
        UtteranceHeard: heard_in_transit,
        FaultOccurred: fault_in_leaving,
    },
    State.RATING: {
        **_ALWAYS,
        KeyPressed: key_in_rating,
        SilenceHeard: silence_in_rating,
        FaultOccurred: fault_in_leaving,
    },
    State.REMEMBERING: {
        **_ALWAYS,
        SpeechStarted: voice_began,
        KeyPressed: key_in_remembering,
        CallStarted: go_on_remembering,
        PromptFinished: finished,
        RecogniserLost: deaf_in_remembering,
        UtteranceHeard: heard_in_remembering,
        SilenceHeard: silence_in_remembering,
        FaultOccurred: fault_in_leaving,
    },
    State.TEXTING: {
        **_ALWAYS,
        KeyPressed: key_in_texting,
        SilenceHeard: silence_in_texting,
        FaultOccurred: fault_in_texting,
    },
    State.ENDED: _NEVER,
}
