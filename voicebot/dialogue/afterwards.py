"""What follows from an event when the talking is over: a message, a rating, what is asked last, goodbye. Pure."""

from __future__ import annotations

from voicebot.dialogue.commands import Decision, Reason
from voicebot.dialogue.conversation import Commands, Conversation
from voicebot.dialogue.ending import ANSWER_WAIT_S
from voicebot.events import (
    CallStarted,
    Fault,
    FaultOccurred,
    KeyPressed,
    MessageTaken,
    RecogniserLost,
    SilenceHeard,
    UtteranceHeard,
)
from voicebot.matching.replies import consents


def key_zero(call: Conversation) -> Commands:
    """0 is a person, always."""
    return [call.turn(Decision.HANDED_OVER, call.memory.state, key="0"), *call.hand_over(Reason.KEY)]


def key_away(call: Conversation, event: KeyPressed) -> Commands:
    """Before the greeting, while a message is recorded or after goodbye, 0 still is a person."""
    return key_zero(call) if event.key == "0" else []


def fault_in_leaving(call: Conversation, event: FaultOccurred) -> Commands:
    """What we were about to promise could not be stored: a person instead. Otherwise goodbye is still goodbye."""
    if event.fault is not Fault.STORE:
        return []
    if call.memory.remembering:  # nothing was promised but that: the next talk will ask again
        return call.farewell("goodbye")
    call.ticket_lost()
    return call.hand_over(Reason.STORE_FAULT, ticket=False, direct=True)


def key_in_rating(call: Conversation, event: KeyPressed) -> Commands:
    """1 to 5 is a rating, 9 a complaint, 0 a person."""
    state = call.memory.state
    if event.key == "0":
        return key_zero(call)
    if event.key in "12345":
        return [call.turn(Decision.RATED, state, key=event.key), *call.rated(int(event.key))]
    if event.key == "9":
        return [call.turn(Decision.COMPLAINED, state, key="9"), *call.complain()]
    return call.farewell("goodbye")


def silence_in_rating(call: Conversation, event: SilenceHeard) -> Commands:
    """No key."""
    return call.not_rated() if call.silence_passed(event.seconds) >= ANSWER_WAIT_S else []


def key_in_remembering(call: Conversation, event: KeyPressed) -> Commands:
    """1 is consent to the green channel."""
    if event.key == "0":
        return key_zero(call)
    if event.key == "1":
        return [call.turn(Decision.REMEMBERED, call.memory.state, key="1"), *call.remember()]
    return call.farewell("goodbye")


def heard_in_remembering(call: Conversation, event: UtteranceHeard) -> Commands:
    """Consent in so many words; anything else is none."""
    call.voice_ended(event.hypotheses)
    if not consents(event.hypotheses):
        return call.farewell("goodbye") if event.hypotheses else []
    return [call.turn(Decision.REMEMBERED, call.memory.state, heard=event), *call.remember()]


def silence_in_remembering(call: Conversation, event: SilenceHeard) -> Commands:
    """No answer is no consent."""
    return call.farewell("goodbye") if call.silence_passed(event.seconds) >= ANSWER_WAIT_S else []


def go_on_remembering(call: Conversation, event: CallStarted) -> Commands:
    """The stream on which the answer is heard."""
    return [call.listen()] if event.speech_ready else call.remember_by_key()


def deaf_in_remembering(call: Conversation, event: RecogniserLost) -> Commands:
    """An answer may have been lost: no consent, unless another one listens."""
    return [] if event.replaced else call.farewell("goodbye")


def key_in_texting(call: Conversation, event: KeyPressed) -> Commands:
    """1 is consent to a text message."""
    if event.key == "0":
        return key_zero(call)
    if event.key == "1":
        return [call.turn(Decision.TEXTED, call.memory.state, key="1"), *call.text_promise()]
    return call.farewell("goodbye")


def silence_in_texting(call: Conversation, event: SilenceHeard) -> Commands:
    """No answer is no consent."""
    return call.farewell("goodbye")


def fault_in_texting(call: Conversation, event: FaultOccurred) -> Commands:
    """The text message was not kept, what was promised was: goodbye is still goodbye."""
    return call.farewell("goodbye")


def fault_in_message(call: Conversation, event: FaultOccurred) -> Commands:
    """Record again without what broke."""
    if event.fault in (Fault.SPEECH, Fault.FAQ):
        return []
    call.ticket_lost()
    return call.take_message(ticket=False)


def message_taken(call: Conversation, event: MessageTaken) -> Commands:
    """Confirm what was stored and say goodbye."""
    return call.message_taken(event.seconds)
