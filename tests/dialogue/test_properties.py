"""What holds in every call, whatever happens in whatever order."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.dialogue.conftest import KNOWLEDGE, OUTCOMES, SCRIPT, TUNING
from voicebot.dialogue import Dialogue, State
from voicebot.dialogue.commands import (
    HandOver,
    HangUp,
    Join,
    OpenTicket,
    Play,
    RecordRating,
    RememberGreen,
    StopPlayback,
    TakeMessage,
    WantCallback,
)
from voicebot.events import (
    CallEnded,
    Caller,
    CallStarted,
    EndReason,
    Fault,
    FaultOccurred,
    KeyPressed,
    MessageTaken,
    PartialHeard,
    PersonAccepted,
    PromptFinished,
    RecogniserLost,
    SilenceHeard,
    SpeechStarted,
    Stage,
    TicketStored,
    TransferEnded,
    TransferOutcome,
    TransferProgressed,
    UtteranceHeard,
    typed,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TEXTS = [
    *OUTCOMES,
    "回电话",
    "留言",
    "是的",
    "不是",
    "第一个",
    "第二个",
    "再说一遍",
    "慢一点",
    "谢谢再见",
    "嗯",
    "没有了",
    "",
]


class AnyCall(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.dialogue = Dialogue(KNOWLEDGE, SCRIPT, TUNING)
        self.commands = []
        self.audible = None
        self.connected = False
        self.store_lost = False
        self.stored = 0

    def give(self, event):
        before = self.dialogue.state
        commands = self.dialogue.receive(event)
        if before is State.ENDED:
            assert commands == [], "after CallEnded nothing is commanded"
        if event == PromptFinished(self.audible or 0):
            self.audible = None
        for command in commands:
            self.check_sound(command)
            self.check_promises(command, before)
        self.commands += commands
        return [*commands, *self.store(commands)]

    def check_sound(self, command):
        if isinstance(command, StopPlayback):
            self.audible = None
        if isinstance(command, Play):
            assert self.audible is None, "one voice at a time"
            self.audible = command.playback

    def check_promises(self, command, before):
        match command:
            case HangUp(clips):
                assert self.served() or self.connected, "the line hangs up only on someone who was served"
                if any(clip.name == "prompts/rate" for clip in clips):
                    assert self.connected or self.answered(), "only whoever was served is asked how it was"
            case WantCallback():
                assert self.stored, "a call back is promised only with a ticket behind it"
            case RecordRating() | RememberGreen():
                assert before in (State.RATING, State.REMEMBERING)
            case Join():
                assert self.dialogue.state is State.CONNECTED

    def store(self, commands):
        """What the pump does with a ticket."""
        if not any(isinstance(command, OpenTicket) for command in commands):
            return []
        if self.store_lost:
            return self.give(FaultOccurred(Fault.STORE))
        self.stored += 1
        return self.give(TicketStored("100024", NOW + timedelta(hours=2), True, NOW))

    def answered(self):
        played = (c for c in self.commands if isinstance(c, Play))
        return any(clip.name.startswith("answers/") for c in played for clip in c.clips)

    def served(self):
        return any(
            isinstance(c, OpenTicket | HandOver | TakeMessage)
            or (isinstance(c, Play) and any(clip.name.startswith("answers/") for clip in c.clips))
            for c in self.commands
        )

    @initialize(green=st.booleans(), speech=st.booleans(), start=st.booleans())
    def begin(self, green, speech, start):
        if start:
            self.give(CallStarted(Caller("k", "1234", green), speech))

    @rule(text=st.sampled_from(TEXTS), audio_s=st.sampled_from([0.2, 1.5]))
    def says(self, text, audio_s):
        self.give(SpeechStarted())
        self.give(PartialHeard(text))
        self.give(UtteranceHeard(typed(text) if text else (), audio_s))

    @rule(seconds=st.sampled_from([0.5, 0.1]), times=st.integers(1, 140))
    def is_silent(self, seconds, times):
        for _ in range(times):
            self.give(SilenceHeard(seconds))

    @rule(key=st.sampled_from("123456789*#"))
    def presses(self, key):
        self.give(KeyPressed(key))

    @rule(which=st.integers(0, 3))
    def prompt_finishes(self, which):
        self.give(PromptFinished(max(0, self.dialogue.snapshot()["playbacks"] - which)))

    @rule(replaced=st.booleans())
    def loses_recogniser(self, replaced):
        self.give(RecogniserLost(replaced))

    @rule(fault=st.sampled_from(Fault))
    def breaks(self, fault):
        self.give(FaultOccurred(fault))

    @rule(outcome=st.sampled_from(TransferOutcome))
    def transfer_ends(self, outcome):
        if self.dialogue.state in (State.TRANSFERRING, State.CONNECTED) and outcome is TransferOutcome.ACCEPTED:
            self.connected = True
        self.give(TransferEnded(outcome))

    @rule(stage=st.sampled_from(Stage), waited=st.sampled_from([0.0, 20.0]), ahead=st.integers(0, 12))
    def waits(self, stage, waited, ahead):
        self.give(TransferProgressed(stage, waited, ahead + 1, ahead * 2, waited > 0))

    @rule()
    def somebody_accepts(self):
        self.give(PersonAccepted("case-1"))

    @rule(lost=st.booleans())
    def store_goes_or_comes(self, lost):
        self.store_lost = lost

    @rule(seconds=st.sampled_from([0.0, 9.0]))
    def leaves_message(self, seconds):
        self.give(MessageTaken(seconds))

    @rule()
    def starts_again(self):
        self.give(CallStarted())

    @rule()
    def presses_zero(self):
        before = self.dialogue.state
        commands = self.give(KeyPressed("0"))
        if before not in (State.TRANSFERRING, State.CONNECTED, State.ENDED):
            assert any(isinstance(c, HandOver) for c in commands), f"0 in {before} is a person"
        if before is State.TRANSFERRING:
            self.give(TransferEnded(TransferOutcome.NO_ANSWER))
            assert self.dialogue.state is State.TAKING_MESSAGE, "nobody there is a message"

    @rule()
    def goes_on_elsewhere(self):
        snapshot = json.loads(json.dumps(self.dialogue.snapshot()))
        self.dialogue = Dialogue.restore(KNOWLEDGE, SCRIPT, TUNING, snapshot)

    @rule()
    def hangs_up(self):
        self.give(CallEnded(EndReason.CALLER_HUNG_UP))
        assert self.dialogue.state is State.ENDED

    @invariant()
    def never_fails_three_times(self):
        assert self.dialogue.snapshot()["failures"] <= TUNING.max_failures

    @invariant()
    def a_failed_caller_is_with_a_person(self):
        if self.dialogue.snapshot()["failures"] >= TUNING.max_failures:
            assert self.dialogue.state not in (State.NEW, State.LISTENING, State.CONFIRMING, State.CHOOSING)

    @invariant()
    def playbacks_are_numbered_once(self):
        numbers = [c.playback for c in self.commands if isinstance(c, Play)]
        assert len(numbers) == len(set(numbers))


AnyCall.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyCall = AnyCall.TestCase
