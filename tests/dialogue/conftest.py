"""A small world for the dialogue: three entries, and an understanding that is spelt out."""

import tomllib
from pathlib import Path

import pytest

import voicebot.data
from voicebot.config import tuning_from
from voicebot.dialogue import Dialogue, Knowledge
from voicebot.dialogue.script import script_from
from voicebot.events import CallStarted, PromptFinished, UtteranceHeard, typed
from voicebot.faq import Department, Entry, Faq
from voicebot.matching.types import Candidate, Outcome, Ranking, Understanding

DATA = Path(voicebot.data.__file__).parent

FAQ = Faq(
    (Department("rsj", "社保局", "rsj", "局办公室", Path("rsj.md")),),
    tuple(
        Entry(f"rsj-00{n}", "rsj", question, (), answer)
        for n, (question, answer) in enumerate(
            [
                ("社保卡丢了怎么补办", "带身份证去网点补办。"),
                ("怎么领失业金", "网上申领。"),
                ("怎么查社保", "手机上查。"),
            ],
            1,
        )
    ),
)

OUTCOMES = {
    "补卡": (Outcome.ANSWER, ["rsj-001"]),
    "失业": (Outcome.ANSWER, ["rsj-002"]),
    "卡的事": (Outcome.CONFIRM, ["rsj-001"]),
    "查一下": (Outcome.CONFIRM, ["rsj-003"]),
    "不是我想问失业": (Outcome.ANSWER, ["rsj-002"]),
    "不是我想问查一下": (Outcome.CONFIRM, ["rsj-003"]),
    "不是我想问卡": (Outcome.CONFIRM, ["rsj-001"]),
    "不对我要补卡": (Outcome.ANSWER, ["rsj-001"]),
    "不是本人补卡": (Outcome.CONFIRM, ["rsj-001"]),
    "卡要么失业": (Outcome.CONFIRM, ["rsj-001"]),
    "卡失业不像": (Outcome.CONFIRM, ["rsj-001"]),
    "卡还是查要么失业": (Outcome.CHOOSE, ["rsj-001", "rsj-003"]),
    "卡还是查": (Outcome.CHOOSE, ["rsj-001", "rsj-003"]),
    "社保": (Outcome.CHOOSE, ["rsj-003", "rsj-001", "rsj-002"]),
    "卡的手续": (Outcome.CHOOSE, ["rsj-001", "rsj-002"]),
    "天气": (Outcome.UNSURE, []),
    "转人工": (Outcome.HUMAN, []),
    "着火了": (Outcome.EMERGENCY, []),
    "我要投诉": (Outcome.COMPLAINT, []),
}
NOT_OFFERED = {
    "卡要么失业": ("rsj-002", 0.09),
    "卡失业不像": ("rsj-002", 0.01),
    "卡还是查要么失业": ("rsj-002", 0.09),
}
"""What comes next behind those offered, and how likely."""
APART = {"卡的手续": ("补办", "首次")}
CONTRASTS = {"丢了的那种": {"补办"}, "头一回": {"首次"}, "丢了是头一回": {"补办", "首次"}}


def understand(hypotheses):
    text = hypotheses[0].text
    outcome, entries = OUTCOMES.get(text, (Outcome.UNSURE, []))
    found = [(entry, 0.9) for entry in entries] + ([NOT_OFFERED[text]] if text in NOT_OFFERED else [])
    ranking = Ranking(tuple(Candidate(e, FAQ[e].question, p) for e, p in found))
    return Understanding(outcome, ranking, tuple(entries), APART.get(text), frozenset(CONTRASTS.get(text, ())))


def load(name):
    return tomllib.loads((DATA / name).read_text("utf-8"))


KNOWLEDGE = Knowledge(FAQ, understand)
SCRIPT = script_from(load("prompts.toml"), load("summaries.toml"))
TUNING = tuning_from(load("tuning.toml"))


class Call:
    """A call in progress, and everything it commanded."""

    def __init__(self, knowledge=KNOWLEDGE, *, start=True, **caller):
        self.dialogue = Dialogue(knowledge, SCRIPT, TUNING)
        self.commands = []
        if start:
            self.give(CallStarted(**caller))

    def give(self, event):
        commands = self.dialogue.receive(event)
        self.commands += commands
        return commands

    def hear_out(self):
        playing = self.dialogue.snapshot()["playing"]
        return self.give(PromptFinished(playing)) if playing else []

    def say(self, text, audio_s=1.0):
        return self.give(UtteranceHeard(typed(text) if text else (), audio_s))

    def spoken(self):
        """Names of every clip said so far."""
        return [clip.name for command in self.commands for clip in getattr(command, "clips", ())]


@pytest.fixture
def call():
    return Call()
