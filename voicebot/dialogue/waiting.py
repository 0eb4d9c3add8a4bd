"""What follows from an event while a person is being reached, and when they have the caller. Pure."""

from __future__ import annotations

from voicebot.dialogue.commands import Decision, Reason
from voicebot.dialogue.conversation import Commands, Conversation
from voicebot.events import (
    CallStarted,
    Fault,
    FaultOccurred,
    HandedOn,
    KeyPressed,
    PersonAccepted,
    RecogniserLost,
    TransferEnded,
    TransferOutcome,
    TransferProgressed,
)

FAULTS = {Fault.SPEECH: Reason.SPEECH_FAULT, Fault.STORE: Reason.STORE_FAULT, Fault.FAQ: Reason.FAQ_FAULT}
"""Why a person is needed when something broke."""


def go_on_reaching(call: Conversation, event: CallStarted) -> Commands:
    """A new stream while a person is being reached: the other one broke."""
    return [call.listen(), *call.go_on_reaching()]


def progressed(call: Conversation, event: TransferProgressed) -> Commands:
    """Tell the caller where they stand."""
    return call.where_they_stand(event)


def accepted(call: Conversation, event: PersonAccepted) -> Commands:
    """A person waits for the caller."""
    return call.join(event.room)


def key_in_transfer(call: Conversation, event: KeyPressed) -> Commands:
    """1 is a call back, 2 a message; anything else hears that we are at it."""
    state = call.memory.state
    match event.key:
        case "1":
            commands, decision = call.call_back(), Decision.CALLBACK
        case "2":
            commands, decision = call.leave_message(), Decision.MESSAGE
        case _:
            commands, decision = call.still_trying(), Decision.PROMPTED
    left = call.memory.state is not state
    return [call.turn(decision if left else Decision.PROMPTED, state, key=event.key), *commands]


def fault_in_transfer(call: Conversation, event: FaultOccurred) -> Commands:
    """Let the provider ring by itself, without what broke; speech is not needed to ring."""
    if event.fault in (Fault.SPEECH, Fault.FAQ):
        return []
    if event.fault is not Fault.PHONE:
        call.ticket_lost()
    return call.hand_over(FAULTS.get(event.fault, Reason.FAULT), ticket=False, direct=True)


def recogniser_lost_in_transfer(call: Conversation, event: RecogniserLost) -> Commands:
    """Nobody needs to be heard while a phone rings."""
    call.voice_ended(())
    return []


def transfer_ended(call: Conversation, event: TransferEnded) -> Commands:
    """The talk is over, the caller is gone, or nobody could be reached: then a message."""
    if event.outcome is TransferOutcome.ACCEPTED:
        return call.ask_rating()
    if event.outcome is TransferOutcome.CALLER_LEFT:
        return []
    return call.take_message()


def handed_on(call: Conversation, event: HandedOn) -> Commands:
    """Another unit is better for the caller, says the person they talked with."""
    return call.hand_on(event.department)


def talk_ended(call: Conversation, event: TransferEnded) -> Commands:
    """The talk is over; or whoever accepted did not come, then somebody else is reached."""
    if event.outcome in (TransferOutcome.ACCEPTED, TransferOutcome.CALLER_LEFT):
        return transfer_ended(call, event)
    return call.go_on_reaching()
