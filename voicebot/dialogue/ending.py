"""The end of a call: how satisfied they were, what they may have from now on, goodbye. Pure."""

from __future__ import annotations

from voicebot.dialogue.commands import (
    HangUp,
    Reason,
    RecordRating,
    RememberGreen,
)
from voicebot.dialogue.memory import State
from voicebot.dialogue.speaking import Commands, Speaking

ANSWER_WAIT_S = 5.0
"""Seconds a caller has to press a key after a question at the end."""

_HUMAN_FIRST = {Reason.KEY, Reason.ASKED, Reason.GREEN, Reason.SILENCE, Reason.NOT_UNDERSTOOD, Reason.NOT_SOLVED}
"""After these the caller is asked whether they want a person first from now on."""


class Ending(Speaking):
    """Goodbye, and what is asked before it."""

    def _summary(self, reason: Reason) -> str:
        entry = self._entry()
        return self.script.summary(
            reason,
            heard=self.memory.heard,
            question=entry.question if entry else "",
            answered=self.memory.topic in self.memory.answers,
        )

    def farewell(self, *prompts: str) -> Commands:
        """Say so and hang up."""
        stop = self.hush()
        self.memory.state = State.LEAVING
        return [*stop, HangUp(self.clips(*prompts), self.memory.slow)]

    def ask_rating(self) -> Commands:
        """How satisfied are they? Asked only of callers who were served; hanging up is an answer too."""
        stop = self.hush()
        self.memory.state = State.RATING
        return [*stop, HangUp(self.clips("rate"), self.memory.slow, ANSWER_WAIT_S)]

    def rated(self, score: int) -> Commands:
        """Thank them; whom we brought to a person first may have that every time."""
        return [RecordRating(score), *self._offer_green("rate_thanks")]

    def not_rated(self) -> Commands:
        """The caller says nothing of the service; the other question is asked all the same."""
        return self._offer_green()

    def _offer_green(self, *otherwise: str) -> Commands:
        memory = self.memory
        if not memory.may_remember or memory.reason not in _HUMAN_FIRST:
            return self.farewell(*otherwise)
        return self.say(*self.clips("green_offer"), to=State.REMEMBERING)

    def remember_by_key(self) -> Commands:
        """Nobody listens to an answer in words: a few more seconds for a key."""
        return [*self.hush(), HangUp(self.clips("green_offer"), self.memory.slow, ANSWER_WAIT_S)]

    def remember(self) -> Commands:
        """The caller wants a person first from now on."""
        self.memory.may_remember, self.memory.remembering = False, True
        return [RememberGreen(), *self.farewell("green_saved")]

    def end(self) -> Commands:
        """The call is over."""
        self.memory.state = State.ENDED
        self.memory.playing = None
        return []
