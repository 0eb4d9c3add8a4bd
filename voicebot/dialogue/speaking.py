"""What every part of a call needs: saying things, hearing them, and noting what came of it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from voicebot.config import Tuning
from voicebot.dialogue.commands import Clip, Command, Decision, Listen, Pace, Play, RecordTurn, StopPlayback
from voicebot.dialogue.echo import sounds_within
from voicebot.dialogue.memory import Memory, State
from voicebot.dialogue.pauses import Wait, wait_after
from voicebot.dialogue.script import Script
from voicebot.events import Caller, Hypotheses, UtteranceHeard
from voicebot.faq import Entry, Faq
from voicebot.matching.index import Index
from voicebot.matching.types import Understanding

Commands = list[Command]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the line knows during a call: one version of the FAQ and the matcher built from it."""

    faq: Faq
    understand: Callable[[Hypotheses], Understanding]
    index: Index | None = None
    """What the matcher looks things up in, for trying changes of the FAQ; a call needs only `understand`."""


class Speaking:
    """The memory of one call, our voice and our ear."""

    def __init__(self, knowledge: Knowledge, script: Script, tuning: Tuning, memory: Memory) -> None:
        self.knowledge = knowledge
        self.script = script
        self.tuning = tuning
        self.memory = memory

    def met(self, caller: Caller) -> None:
        """Who is on the line."""
        self.memory.may_remember = bool(caller.key) and not caller.remembered
        self.memory.may_text = caller.textable

    def clips(self, *names: str) -> tuple[Clip, ...]:
        """Prompts by name."""
        return tuple(self.script.clip(name) for name in names)

    # Speaking

    def say(self, *clips: Clip, to: State | None = None) -> Commands:
        """Say clips (stopping what is being said) and go to a state."""
        memory = self.memory
        stop = self.hush()
        memory.playbacks += 1
        memory.playing = memory.playbacks
        memory.saying = "".join(clip.text for clip in clips)
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
        tuning = self.tuning
        normal, slow = {
            Wait.EARLY: (tuning.early_silence_normal, tuning.early_silence_slow),
            Wait.NORMAL: (tuning.end_silence_normal, tuning.end_silence_slow),
            Wait.OPEN: (tuning.open_silence_normal, tuning.open_silence_slow),
            Wait.PATIENT: (tuning.patient_silence_normal, tuning.patient_silence_slow),
        }[self.memory.wait]
        return Listen(Pace(self.memory.slow, slow if self.memory.slow else normal))

    def wait(self, wait: Wait) -> Commands:
        """Let another pause end what the caller says."""
        if wait is self.memory.wait:
            return []
        self.memory.wait = wait
        return [self.listen()]

    def wait_after(self, words: str, *, stray: bool = False) -> Commands:
        """These are the words so far, the last of them perhaps a `stray` sound: choose the pause that ends them."""
        nod_counts = self.memory.state is State.CONFIRMING
        wait = wait_after(words, self.knowledge.understand, self.tuning.answer, nod_counts=nod_counts, stray=stray)
        return self.wait(wait)

    def is_echo(self, words: str) -> bool:
        """These may be our own words, come back from the caller's loudspeaker."""
        return self.memory.playing is not None and sounds_within(words, self.memory.saying)

    def voice_began(self) -> Commands:
        """The caller makes a sound."""
        self.memory.voicing = True
        self.memory.quiet = 0.0
        return self.wait(Wait.NORMAL)

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
        entry = self._entry() if decision is Decision.ANSWERED else None
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
            said=entry.answer if entry else None,
        )

    def _entry(self) -> Entry | None:
        topic = self.memory.topic
        return self.knowledge.faq[topic] if topic and topic in self.knowledge.faq else None
