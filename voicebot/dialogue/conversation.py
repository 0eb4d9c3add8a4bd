"""What a call can do while the line itself talks with the caller: each method changes the memory and returns the
commands for it.

Rule 1: everything that changes `Memory` lives in this file and in the three it stands on, `handing_over.py` (reaching a
person), `ending.py` and `speaking.py`. Rule 2: none of them knows which event led here; `table.py` does. Pure.
"""

from __future__ import annotations

from voicebot.dialogue.commands import Decision, Reason, SendText
from voicebot.dialogue.handing_over import HandingOver
from voicebot.dialogue.memory import State
from voicebot.dialogue.script import answer_clip, question_clip
from voicebot.dialogue.speaking import Commands, Knowledge
from voicebot.events import UtteranceHeard
from voicebot.matching.types import Understanding

__all__ = ["Commands", "Conversation", "Knowledge"]


class Conversation(HandingOver):
    """The memory of one call and everything that may be done with it."""

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
        memory.asked = memory.instead = memory.refused = ()
        memory.topic = entry_id
        memory.answers = (*memory.answers, entry_id)
        memory.said = (answer_clip(entry),)
        after = "after_answer_text" if self._more_in_writing() else "after_answer"
        return self.say(*memory.said, self.script.clip(after), to=State.ANSWERED)

    def answer_asked(
        self,
        entry_id: str,
        *,
        heard: UtteranceHeard | None = None,
        key: str | None = None,
        understanding: Understanding | None = None,
    ) -> Commands:
        """`answer`, and the record of who asked for it how, and of what they got."""
        state = self.memory.state
        commands = self.answer(entry_id)
        decision = Decision.ANSWERED if self.memory.state is State.ANSWERED else Decision.HANDED_OVER
        return [self.turn(decision, state, heard=heard, key=key, understanding=understanding), *commands]

    def _more_in_writing(self) -> bool:
        """There is more to the answer than was said, and it could be sent."""
        entry = self._entry()
        return self.memory.may_text and entry is not None and bool(entry.sms)

    def text_answer(self) -> Commands:
        """The caller wants the long answer as a text message; empty when there is none or it cannot be sent."""
        if not self._more_in_writing():
            return []
        return [SendText(self.memory.topic), *self.prompt("text_sent")]

    def ask_confirm(self, entry_id: str, instead: tuple[str, ...] = ()) -> Commands:
        """“您是想问…吗？” `instead`: what to ask about if it is not that."""
        self.memory.asked, self.memory.instead = (entry_id,), instead
        self.memory.topic = entry_id
        self.memory.said = (
            self.script.clip("confirm_lead"),
            question_clip(self.knowledge.faq[entry_id]),
            self.script.clip("confirm_tail"),
        )
        return self.say(*self.memory.said, to=State.CONFIRMING)

    def ask_choice(
        self, entries: tuple[str, ...], apart: tuple[str, str] | None, instead: tuple[str, ...] = ()
    ) -> Commands:
        """“您是想问甲，还是乙？按 1 或按 2，也可以直接说。” Two or three; where one word tells two apart, that alone is
        named.
        """
        sides = self.script.sides(apart)
        clips = sides or tuple(question_clip(self.knowledge.faq[entry]) for entry in entries)
        self.memory.asked, self.memory.instead = entries, instead
        self.memory.apart = apart if sides else None
        self.memory.topic = entries[0]
        between = self.script.clip("choose_or")
        self.memory.said = (
            self.script.clip("choose_lead"),
            *[part for clip in clips for part in (clip, between)][:-1],
            self.script.clip("choose_keys" if len(entries) == 2 else "choose_keys_three"),
        )
        return self.say(*self.memory.said, to=State.CHOOSING)

    def failed(self, prompt: str) -> Commands:
        """We did not get it: ask once more with this prompt, the second time a person takes over."""
        self.memory.failures += 1
        if self.memory.failures >= self.tuning.max_failures:
            return self.hand_over(Reason.NOT_UNDERSTOOD)
        self.memory.asked = self.memory.instead = ()
        self.memory.said = (self.script.clip(prompt),)
        return self.say(*self.memory.said, to=State.LISTENING)

    def failed_asked(
        self,
        prompt: str,
        *,
        heard: UtteranceHeard | None = None,
        key: str | None = None,
        understanding: Understanding | None = None,
    ) -> Commands:
        """`failed`, and the record of what we did not get, and of what became of it."""
        state = self.memory.state
        commands = self.failed(prompt)
        handed = self.memory.state is State.TRANSFERRING
        decision = Decision.HANDED_OVER if handed else Decision.ASKED_REPHRASE
        return [self.turn(decision, state, heard=heard, key=key, understanding=understanding), *commands]

    def refuse(self) -> None:
        """What we asked about is not it."""
        self.memory.refused = (*self.memory.refused, *self.memory.asked)

    def refuse_asked(self, *, heard: UtteranceHeard | None = None, key: str | None = None) -> Commands:
        """`refuse`, then we ask about what is likeliest now, or what it is they want; with the record of it."""
        state, memory = self.memory.state, self.memory
        self.refuse()
        instead = [entry for entry in memory.instead if entry in self.knowledge.faq]
        if not instead or memory.failures + 1 >= self.tuning.max_failures:
            return self.failed_asked("ask_other", heard=heard, key=key)
        self.count_failure()
        commands = self.ask_confirm(instead[0])
        return [self.turn(Decision.ASKED_CONFIRM, state, heard=heard, key=key), *commands]

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
        return self.farewell("goodbye")

    def repeat(self) -> Commands:
        """Say the last thing again."""
        if not self.memory.said:
            return self.prompt("nothing_to_repeat")
        return self.say(*self.memory.said)

    def slow_down(self) -> Commands:
        """Speak slowly and wait longer from now on, and say the last thing again."""
        self.memory.slow = True
        return [self.listen(), *self.say(self.script.clip("slower"), *self.memory.said)]
