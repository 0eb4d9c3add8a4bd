"""What a text message deserves: as the dialogue of a call decides it, with what can be done in writing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from voicebot.cases.texts import Texts
from voicebot.dialogue import Knowledge
from voicebot.dialogue.commands import Decision, Reason
from voicebot.events import typed
from voicebot.faq.entry import Entry
from voicebot.matching.matter import named
from voicebot.matching.replies import PICKS, Reply, denies, reply
from voicebot.matching.types import Outcome, Understanding

_PERSON: Final = {
    Outcome.HUMAN: Reason.ASKED,
    Outcome.EMERGENCY: Reason.EMERGENCY,
    Outcome.COMPLAINT: Reason.COMPLAINT,
}
_PICKS: Final[Mapping[str, int]] = {"1": 0, "2": 1, "3": 2, **{str(said): place for said, place in PICKS.items()}}


@dataclass(frozen=True, slots=True)
class Thread:
    """What we remember of who writes."""

    asked: tuple[str, ...] = ()
    """Entries we asked about: one to confirm, two or three to choose from."""
    instead: tuple[str, ...] = ()
    """What to ask about if these are not it: one entry, or none."""
    refused: tuple[str, ...] = ()
    """Entries they said no to since the last answer."""
    said: str = ""
    """Our last text."""
    topic: str | None = None
    answers: tuple[str, ...] = ()
    failures: int = 0
    stopped: bool = False
    """Wants no texts."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What we write back, what is remembered then, and how it goes into the record."""

    text: str
    thread: Thread
    decision: Decision
    entry: str | None = None
    reason: Reason | None = None
    """A ticket is needed."""
    understanding: Understanding | None = None


def thread_from(state: Mapping[str, Any], known: Knowledge) -> Thread:
    """A thread as it was saved; questions whose entries are gone are forgotten."""
    asked = tuple(entry for entry in state.get("asked", ()) if entry in known.faq)
    return Thread(
        asked=asked if len(asked) == len(state.get("asked", ())) else (),
        instead=tuple(entry for entry in state.get("instead", ()) if entry in known.faq),
        refused=tuple(state.get("refused", ())),
        said=str(state.get("said", "")),
        topic=state.get("topic"),
        answers=tuple(state.get("answers", ())),
        failures=int(state.get("failures", 0)),
        stopped=bool(state.get("stopped")),
    )


def state_of(thread: Thread) -> dict[str, Any]:
    """JSON-able; what `thread_from` reads."""
    return {
        "asked": list(thread.asked),
        "instead": list(thread.instead),
        "refused": list(thread.refused),
        "said": thread.said,
        "topic": thread.topic,
        "answers": list(thread.answers),
        "failures": thread.failures,
        "stopped": thread.stopped,
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads one text in its thread."""

    known: Knowledge
    texts: Texts
    thread: Thread
    max_failures: int
    least: float
    """Probability from which an entry is asked about."""

    def read(self, text: str) -> Answer:
        """The answer to one text, tidied."""
        understanding = self.known.understand(typed(text))
        said = reply(typed(text))
        reason = Reason.KEY if text == "0" else _PERSON.get(understanding.outcome)
        if reason is None and said in (Reply.CALLBACK, Reply.MESSAGE):
            reason = Reason.ASKED
        if reason is not None:
            return self._person(reason, understanding)
        denied = len(self.thread.asked) == 1 and denies(typed(text))
        reading = self._having_refused() if denied else self
        return self._picked(text, said) or self._courtesy(said) or reading._question(understanding, denied)

    def _person(self, reason: Reason, understanding: Understanding | None = None) -> Answer:
        after = Thread(topic=self.thread.topic)
        return Answer("", after, Decision.HANDED_OVER, self.thread.topic, reason, understanding)

    def _picked(self, text: str, said: Reply | None) -> Answer | None:
        """The answer to what we asked; None when it is none, or we asked nothing."""
        asked = self.thread.asked
        if not asked:
            return None
        if said is Reply.NO or (len(asked) == 1 and (text == "2" or said is Reply.SECOND)):
            return self._refused()
        if said is Reply.YES and len(asked) == 1:
            return self._answer(asked[0])
        pick = _PICKS.get(text, _PICKS.get(said) if said else None)
        if pick is not None and pick < len(asked):
            return self._answer(asked[pick])
        meant = named(text, {one: self._known(one).question for one in asked}) if len(asked) > 1 else None
        return self._answer(meant) if meant else None

    def _refused(self) -> Answer:
        reading, instead = self._having_refused(), self.thread.instead
        return reading._confirm(instead[0], None) if instead else reading._failed()

    def _having_refused(self) -> Reading:
        thread = self.thread
        return replace(self, thread=replace(thread, refused=(*thread.refused, *thread.asked)))

    def _courtesy(self, said: Reply | None) -> Answer | None:
        if said in (Reply.REPEAT, Reply.SLOWER) and self.thread.said:
            return Answer(self.thread.said, self.thread, Decision.REPEATED)
        if said in (Reply.DONE, Reply.BACKCHANNEL):
            return Answer(self.texts.say("thanks"), Thread(topic=self.thread.topic), Decision.FAREWELL)
        if said is not None:
            return self._ask("nothing_to_repeat", Decision.PROMPTED)
        return None

    def _question(self, understanding: Understanding, denied: bool) -> Answer:
        """`denied`: after a no to ours in the same breath ours is not meant, whatever it sounds like."""
        understanding = understanding.without(self.thread.refused, self.least)
        asked = understanding.options
        if not asked or understanding.offers_again(self.thread.asked):
            return self._failed(understanding)
        if asked[0] in self.thread.asked and (denied or not understanding.means(asked[0])):
            return self._failed(understanding.as_unsure())
        if understanding.outcome is Outcome.ANSWER or asked[0] in self.thread.asked:
            return self._answer(asked[0], understanding)
        if len(asked) > 1:
            names = dict(zip(("first", "second", "third"), (self._known(one).question for one in asked), strict=False))
            apart = understanding.apart
            if apart:
                text = self.texts.say("choose_apart", **names, one=apart[0], two=apart[1])
            else:
                text = self.texts.say("choose" if len(asked) == 2 else "choose_three", **names)
            return self._asked(text, asked, Decision.ASKED_CHOICE, understanding)
        return self._confirm(asked[0], understanding)

    def _confirm(self, entry: str, understanding: Understanding | None) -> Answer:
        text = self.texts.say("confirm", question=self._known(entry).question)
        return self._asked(text, (entry,), Decision.ASKED_CONFIRM, understanding)

    def _known(self, entry: str) -> Entry:
        return self.known.faq[entry]

    def _answer(self, entry: str, understanding: Understanding | None = None) -> Answer:
        """The third request for the same answer goes to a person: it does not solve the problem."""
        if self.thread.answers.count(entry) >= 2:
            return self._person(Reason.NOT_SOLVED, understanding)
        text = self.texts.answer(self._known(entry))
        after = Thread(said=text, topic=entry, answers=(*self.thread.answers, entry)[-10:])
        return Answer(text, after, Decision.ANSWERED, entry, None, understanding)

    def _asked(
        self, text: str, asked: tuple[str, ...], decision: Decision, understanding: Understanding | None
    ) -> Answer:
        """The second question in a row about the wrong thing goes to a person."""
        failures = self.thread.failures + bool(self.thread.asked)
        if failures >= self.max_failures:
            return self._person(Reason.NOT_UNDERSTOOD, understanding)
        refused = self.thread.refused
        instead = understanding.instead((*refused, *asked), self.least) if understanding else ()
        after = Thread(asked, instead, refused, self.texts.fit(text), asked[0], self.thread.answers, failures)
        return Answer(after.said, after, decision, asked[0], None, understanding)

    def _failed(self, understanding: Understanding | None = None) -> Answer:
        if self.thread.failures + 1 >= self.max_failures:
            return self._person(Reason.NOT_UNDERSTOOD, understanding)
        return self._ask("unsure", Decision.ASKED_REPHRASE, 1, understanding)

    def _ask(self, name: str, decision: Decision, more: int = 0, understanding: Understanding | None = None) -> Answer:
        thread = self.thread
        text = self.texts.say(name)
        failures = thread.failures + more
        after = Thread((), (), thread.refused, text, thread.topic, thread.answers, failures)
        return Answer(text, after, decision, None, None, understanding)
