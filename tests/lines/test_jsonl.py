"""A call as JSON lines."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from voicebot.dialogue.commands import (
    Clip,
    Decision,
    HandOver,
    HangUp,
    Join,
    Listen,
    OpenTicket,
    Pace,
    Play,
    Reason,
    RecordRating,
    RecordTurn,
    RememberGreen,
    StopPlayback,
    TakeMessage,
    TicketKind,
    WantCallback,
)
from voicebot.events import (
    CallEnded,
    Caller,
    CallStarted,
    EndReason,
    Fault,
    FaultOccurred,
    Hypothesis,
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
    Word,
)
from voicebot.lines.jsonl import JsonLines, as_json
from voicebot.matching.types import Candidate, Outcome, Ranking

NOW = datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=8)))
CLIP = Clip("prompts/goodbye", "再见。")
CLIPS = [{"name": "prompts/goodbye", "text": "再见。"}]

EVENTS = [
    (
        CallStarted(Caller("k", "0001", True)),
        {
            "caller": {"key": "k", "last4": "0001", "green": True, "remembered": False, "textable": False},
            "speech_ready": True,
            "busy": False,
        },
    ),
    (SpeechStarted(), {}),
    (PartialHeard("社保"), {"text": "社保", "stray": False}),
    (
        UtteranceHeard((Hypothesis("社保", 0.75, (Word("社保", 0.75, 0.0, 0.5),)),), 0.5, 1 / 3, 0.6),
        {
            "hypotheses": [
                {
                    "text": "社保",
                    "confidence": 0.75,
                    "words": [{"text": "社保", "confidence": 0.75, "start": 0.0, "end": 0.5}],
                }
            ],
            "audio_s": 0.5,
            "decode_s": 0.3333,
            "quiet_s": 0.6,
        },
    ),
    (SilenceHeard(0.5), {"seconds": 0.5}),
    (KeyPressed("0"), {"key": "0"}),
    (PromptFinished(3), {"playback": 3}),
    (RecogniserLost(True), {"replaced": True}),
    (FaultOccurred(Fault.STORE), {"fault": "store"}),
    (
        TicketStored("100024", NOW, True, NOW),
        {"number": "100024", "by": "2026-11-23T09:00:00+08:00", "open_now": True, "at": "2026-11-23T09:00:00+08:00"},
    ),
    (
        TransferProgressed(Stage.WAITING, 12.0, 2, 5),
        {"stage": "waiting", "waited_s": 12.0, "position": 2, "minutes": 5, "offer_callback": False},
    ),
    (PersonAccepted("case-CA1"), {"room": "case-CA1"}),
    (TransferEnded(TransferOutcome.NO_ANSWER), {"outcome": "no-answer"}),
    (MessageTaken(2.0), {"seconds": 2.0}),
    (CallEnded(EndReason.CALLER_HUNG_UP), {"reason": "caller-hung-up"}),
]
COMMANDS = [
    (Play(1, (CLIP,)), {"playback": 1, "clips": CLIPS, "slow": False}),
    (StopPlayback(), {}),
    (Listen(Pace(True, 1.6)), {"pace": {"slow": True, "end_silence": 1.6}}),
    (
        OpenTicket(TicketKind.CALL, Reason.KEY, None, None, "来电人按零转人工。"),
        {"ticket": "call", "reason": "key-0", "department": None, "topic": None, "summary": "来电人按零转人工。"},
    ),
    (
        HandOver(Reason.ASKED, "rsj", "要人工", False, (CLIP,)),
        {
            "reason": "asked",
            "department": "rsj",
            "summary": "要人工",
            "urgent": False,
            "clips": CLIPS,
            "slow": False,
            "green": False,
            "direct": False,
            "complaint": False,
        },
    ),
    (WantCallback(), {}),
    (RecordRating(5), {"score": 5}),
    (RememberGreen(), {}),
    (Join("case-CA1"), {"room": "case-CA1"}),
    (TakeMessage((CLIP,)), {"clips": CLIPS, "slow": False}),
    (HangUp((CLIP,), True, 5.0), {"clips": CLIPS, "slow": True, "wait_s": 5.0}),
    (
        RecordTurn((), "1", Outcome.ANSWER, Ranking((Candidate("a", "甲", 0.9),)), Decision.ANSWERED, "a", "choosing"),
        {
            "heard": [],
            "key": "1",
            "outcome": "answer",
            "ranking": {"candidates": [{"entry": "a", "question": "甲", "probability": 0.9, "matched": ""}]},
            "decision": "answered",
            "entry": "a",
            "state": "choosing",
            "audio_s": 0.0,
            "decode_s": 0.0,
            "said": None,
        },
    ),
]


@pytest.mark.parametrize(
    ("kind", "item", "values"),
    [("event", *case) for case in EVENTS] + [("command", *case) for case in COMMANDS],
    ids=lambda value: type(value).__name__,
)
def test_every_event_and_command(kind, item, values):
    assert as_json(1.239, item) == {"t": 1.24, "kind": kind, "name": type(item).__name__, **values}


def written(items):
    lines = []
    write = JsonLines(lines.append)
    for at, item in items:
        write(at, item)
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("silences", "told"),
    [([], []), ([0.2, 0.2], []), ([0.5], [0.5]), ([0.5, 0.5, 0.3], [1.3]), ([0.1] * 5, [0.5])],
)
def test_silences_become_one_line_and_short_ones_none(silences, told):
    items = [(n / 10, SilenceHeard(seconds)) for n, seconds in enumerate(silences)]
    lines = written([*items, (9.0, KeyPressed("0"))])
    assert [line["seconds"] for line in lines[:-1]] == [pytest.approx(seconds) for seconds in told]
    assert lines[-1]["name"] == "KeyPressed"
    assert [line["t"] for line in lines] == sorted(line["t"] for line in lines)


def test_chinese_is_readable_in_the_line():
    lines = []
    JsonLines(lines.append)(0.0, PartialHeard("社保"))
    assert "社保" in lines[0]
