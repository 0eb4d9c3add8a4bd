"""What a call goes on with, as data and back."""

import json

import pytest

from voicebot.dialogue.commands import Clip, HandOver, HangUp, Play, Reason, TakeMessage
from voicebot.dialogue.memory import Memory
from voicebot.twilio.leaving import Standing, from_dict, standing_from, to_dict
from voicebot.twilio.line import ConnectionLost

CLIPS = (Clip("prompts/hand_over", "好的，马上为您转人工，请不要挂机。"), Clip("answers/rsj-001", "带身份证"))
ALL = [
    Play(3, CLIPS, slow=True),
    Play(1, ()),
    HandOver(Reason.EMERGENCY, "rsj", "来电人说着火了", urgent=True, clips=CLIPS, slow=True),
    HandOver(Reason.FAULT, None, ""),
    HandOver(Reason.COMPLAINT, "rsj", "要投诉", complaint=True),
    TakeMessage(CLIPS, slow=True),
    HangUp(),
    HangUp(CLIPS),
    ConnectionLost(),
]


@pytest.mark.parametrize("leaving", ALL, ids=lambda leaving: type(leaving).__name__)
def test_there_and_back(leaving):
    assert from_dict(json.loads(json.dumps(to_dict(leaving)))) == leaving


@pytest.mark.parametrize("leaving", ALL, ids=lambda leaving: type(leaving).__name__)
def test_standing_there_and_back(leaving):
    standing = Standing(Memory(playing=3).to_dict(), leaving, spoken=True, lost=1, stream=4)

    assert standing_from(json.loads(json.dumps(standing.to_dict()))) == standing


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "Dance"},
        {"kind": "Play", "clips": []},
        {"kind": "Play", "clips": [["only a name"]], "playback": 1, "slow": False},
        {"kind": "HandOver", "clips": [], "slow": False, "reason": "boredom"},
        {"kind": "HangUp", "clips": 3, "slow": False},
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_dict(data)
