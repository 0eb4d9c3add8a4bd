"""A small office to call: three entries, an understanding that is spelt out, and a record in memory."""

import tomllib
from collections import Counter
from pathlib import Path

import numpy as np

from voicebot.call import run_call
from voicebot.config import tuning_from
from voicebot.content import data_text
from voicebot.dialogue import Dialogue, Knowledge
from voicebot.dialogue.script import script_from
from voicebot.errors import StoreLost
from voicebot.events import Caller, CallStarted, Hypothesis, RecogniserLost, UtteranceHeard
from voicebot.faq import Department, Entry, Faq
from voicebot.lines.exchange import Desk, Exchange
from voicebot.lines.mouth import Mouth
from voicebot.lines.plain_ear import PlainEar
from voicebot.lines.script import ScriptLine, no_nap
from voicebot.lines.watch import Watched
from voicebot.matching.types import Candidate, Outcome, Ranking, Understanding

QUESTIONS = {"rsj-001": "社保卡丢了怎么补办", "rsj-002": "怎么领失业金", "rsj-003": "怎么查社保"}
FAQ = Faq(
    (Department("rsj", "社保局", "rsj", "局办公室", Path("rsj.md")),),
    tuple(Entry(id, "rsj", question, (), "带身份证去网点办，当场可取。") for id, question in QUESTIONS.items()),
)
OUTCOMES = {
    "社保卡丢了怎么补办": (Outcome.ANSWER, ["rsj-001"]),
    "失业金怎么领": (Outcome.ANSWER, ["rsj-002"]),
    "卡的事": (Outcome.CONFIRM, ["rsj-001"]),
    "卡还是查": (Outcome.CHOOSE, ["rsj-001", "rsj-003"]),
    "转人工": (Outcome.HUMAN, []),
    "着火了": (Outcome.EMERGENCY, []),
}


def understand(hypotheses):
    outcome, entries = OUTCOMES.get(hypotheses[0].text, (Outcome.UNSURE, []))
    return Understanding(outcome, Ranking(tuple(Candidate(e, QUESTIONS[e], 0.9) for e in entries)), tuple(entries))


def data(name):
    return tomllib.loads(data_text(name))


SCRIPT = script_from(data("prompts.toml"), data("summaries.toml"))
TUNING = tuning_from(data("tuning.toml"))
KNOWLEDGE = Knowledge(FAQ, understand)


class MemoryLog:
    """A record that forgets with the process; `lost` cannot keep tickets."""

    def __init__(self, lost=False):
        self.events, self.commits, self.lost = Counter(), [], lost

    def event(self, event):
        self.events[type(event).__name__] += 1

    def commit(self, command):
        if self.lost:
            raise StoreLost("disk-full", "no space left")
        self.commits.append(command)


class WorkerEar:
    """Hears sounds as `texts`. Results come when they are waited for, or after `late` looks if nobody does; an empty
    text is a worker that died."""

    def __init__(self, texts=(), late=3, settles=True):
        self.ear, self.texts, self.late, self.settles = PlainEar(), list(texts), late, settles
        self.out, self.owed = [], []

    def hear(self, pcm):
        self.ear.hear(pcm)
        for event in self.ear.events():
            (self.owed if isinstance(event, UtteranceHeard) else self.out).append(event)

    def settle(self, timeout):
        if self.settles:
            self.out += [self.result(ended) for ended in self.owed]
            self.owed.clear()
        return True

    def events(self):
        self.late -= bool(self.owed)
        self.settles = self.settles or self.late < 0
        self.settle(0)
        out, self.out = self.out, []
        return out

    def result(self, ended):
        text = self.texts.pop(0)
        return UtteranceHeard((Hypothesis(text),), ended.audio_s) if text else RecogniserLost(replaced=True)

    def pace(self, end_silence):
        self.ear.pace(end_silence)

    def close(self):
        pass


def tone(seconds, level=4000):
    """A sound that counts as voice: int16 at 8000 Hz."""
    return (level * np.sin(np.arange(round(seconds * 8000)) * 0.5)).astype(np.int16)


class Called:
    """A call that is over: what was told, in order."""

    def __init__(self, told, log):
        self.told, self.log = told, log

    def all(self, kind):
        return [item for _, item in self.told if isinstance(item, kind)]

    def at(self, kind):
        return [round(t, 2) for t, item in self.told if isinstance(item, kind)]

    @property
    def spoken(self):
        """Names of the clips said, without folder."""
        return [clip.name.split("/")[1] for _, item in self.told for clip in getattr(item, "clips", ())]

    @property
    def ended(self):
        return str(self.told[-1][1].reason)


def call(*turns, keys=(), desk=Desk.NO_ANSWER, ear=None, mailbox=None, green=False, log=None, nap=no_nap, **caller):
    """Place a scripted call."""
    line = ScriptLine(
        turns,
        keys,
        exchange=Exchange(Mouth(), desk, mailbox),
        ear=ear or PlainEar(),
        opening=CallStarted(Caller(green=green), **caller),
        nap=nap,
    )
    return run(line, log)


def run(line, log=None):
    """Run a call on a line."""
    log = log or MemoryLog()
    told = []
    watched = Watched(line, log, lambda t, item: told.append((t, item)))
    run_call(watched, Dialogue(KNOWLEDGE, SCRIPT, TUNING), watched)
    return Called(told, log)
