"""The words the record is written in. Stored as their values, so a value never changes its meaning."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """How the caller reached us."""

    TWILIO = "twilio"
    MIC = "mic"
    SCRIPT = "script"
    SMS = "sms"
    """A text message."""
    WEB = "web"
    """A question or a request written on the public page."""


WRITTEN = frozenset({Channel.SMS, Channel.WEB})
"""Nobody was on the phone: rows of these channels are no calls, and no figure of calls counts them."""


class CallOutcome(StrEnum):
    """What a call came to; while it lasts, what it would come to if it ended now."""

    LEFT_EARLY = "left-early"
    """Nothing was asked, or nothing we could make anything of."""
    UNSURE = "unsure"
    """We asked back and got no further: the last question has no answer."""
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    """Answered after “您是想问…吗？” or a choice."""
    HANDED_OVER = "handed-over"
    """A person was wanted and none has talked with the caller."""
    MESSAGE = "message"
    """Nobody came; the caller left a message."""
    CONNECTED = "connected"
    """A person talked with the caller."""


UNRESOLVED = frozenset(
    {CallOutcome.LEFT_EARLY, CallOutcome.UNSURE, CallOutcome.HANDED_OVER, CallOutcome.MESSAGE},
)
"""Whoever rings again soon after one of these goes to a person first."""


class Missed(StrEnum):
    """Why nobody talked with a caller who wanted a person."""

    FAULT = "fault"
    """Ours or the provider's: the connection broke, or no phone could be made to ring."""
    LUNCH = "lunch"
    AFTER_HOURS = "after-hours"
    OVER_CAPACITY = "over-capacity"
    """Everybody who could was talking, or more callers rang than can be listened to."""
    LEFT_EARLY = "left-early"
    """They hung up before the standard gives anybody time to answer."""
    BUSY = "busy"
    """The phones that were rung were engaged."""
    LEFT_DESK = "left-desk"
    """In office hours nobody was there to be rung, or a voicemail or a refusal answered."""
    NO_ANSWER = "no-answer"
    """Phones rang and nobody picked up."""


class TicketState(StrEnum):
    """Where a ticket is."""

    OPEN = "open"
    ASSIGNED = "assigned"
    CONTACTED = "contacted"
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"
    REOPENED = "reopened"


class Matter(StrEnum):
    """What kind of matter a ticket is; how long it may take hangs on it."""

    CONSULTATION = "consultation"
    REQUEST = "request"
    COMPLAINT = "complaint"
    EMERGENCY = "emergency"


class Change(StrEnum):
    """What may happen to a ticket; the words of its history."""

    OPEN = "open"
    ASSIGN = "assign"
    CONTACT = "contact"
    TRY = "try"
    """An attempt to reach the caller that failed."""
    RESOLVE = "resolve"
    CONFIRM = "confirm"
    REOPEN = "reopen"
    CONNECT = "connect"
    """The caller got through to a person by calling again."""
    JOIN = "join"
    """The caller called again about the same thing."""
    NOTE = "note"
    REMIND = "remind"
    """Its owner was told that half the time is gone."""
    ESCALATE = "escalate"
    """Someone above the owner was told that it is late."""


class CallbackState(StrEnum):
    """Where a promised call back is."""

    DUE = "due"
    """To be placed when its time has come and somebody is free."""
    CALLING = "calling"
    """A leg to staff or caller is on."""
    BY_HAND = "by-hand"
    """Staff have to dial it themselves: the provider cannot reach the caller, or has tried often enough."""
    DONE = "done"
    """The caller and a person have talked."""
    DROPPED = "dropped"
    """Not wanted any more: the ticket was settled otherwise."""


class CallbackOutcome(StrEnum):
    """How one try to call somebody back ended."""

    REACHED = "reached"
    """The caller and a person have talked."""
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    """The provider cannot reach the caller's number, or there is none."""
    CUT_SHORT = "cut-short"
    """The caller's end was picked up and it was over before anybody can have talked: a voicemail, a wrong moment."""
    WRONG_NUMBER = "wrong-number"
    NOT_WANTED = "not-wanted"
    """The caller says that it is settled."""
    STAFF_NO_ANSWER = "staff-no-answer"
    STAFF_BUSY = "staff-busy"
    STAFF_DECLINED = "staff-declined"
    STAFF_VOICEMAIL = "staff-voicemail"
    """Picked up, and nothing was pressed."""
    STAFF_FAILED = "staff-failed"
    """Their number cannot be rung."""
    STAFF_LEFT = "staff-left"
    """They hung up while the caller's phone rang."""
    LOST = "lost"
    """Nobody told us how it ended."""
    TOO_LATE = "too-late"
    """Staff took it when callers may not be called any more."""
    SETTLED = "settled"
    """Nobody had to be called any more."""


CALLER_RUNG = frozenset(
    {
        CallbackOutcome.NO_ANSWER,
        CallbackOutcome.BUSY,
        CallbackOutcome.UNREACHABLE,
        CallbackOutcome.CUT_SHORT,
        CallbackOutcome.WRONG_NUMBER,
        CallbackOutcome.STAFF_LEFT,
    }
)
"""After these the caller's phone has rung in vain, or would have: it is not rung again at once."""


class HandingState(StrEnum):
    """Where it is that a person hands a caller on to another unit."""

    OFFERED = "offered"
    """The conference is over and the caller still there: whoever talked with them has pressed the star, or hung up."""
    CHOOSING = "choosing"
    """They hear which units there are; the caller waits."""
    BACK = "back"
    """They went back to the caller."""
    REACHING = "reaching"
    """Somebody of the other unit is being reached, or was."""
    MET = "met"
    """The caller and the next person talk."""
    TAKEN_BACK = "taken-back"
    """Nobody came, and whoever stayed on the line has the caller again."""


class Kind(StrEnum):
    """What an outbox row announces."""

    SMS = "sms"
    FETCH = "fetch"
    """Fetch, transcribe and delete a caller's message at the provider; only delete one that was forgotten."""
    END_LEG = "end-leg"
    """Make sure that a leg of ours is over."""


class DeskRole(StrEnum):
    """What somebody may do at the staff desk."""

    CLERK = "clerk"
    """办事员: works the cases of one unit."""
    SUPERVISOR = "supervisor"
    """主管: also the roster, the questions and everybody's cases of the unit, or of the office."""
    LEADER = "leader"
    """领导: reads."""
    AUDITOR = "auditor"
    """审计员: reads figures, never what callers said."""
    ADMIN = "admin"
    """管理员: accounts and the audit log."""


SETTLED = frozenset({TicketState.RESOLVED, TicketState.CONFIRMED})
"""Nobody owes the caller anything."""
OWED = frozenset(TicketState) - SETTLED
"""Somebody does."""
