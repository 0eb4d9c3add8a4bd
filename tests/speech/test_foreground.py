"""A voice in the background neither holds an utterance open nor interrupts the line."""

import numpy as np
import pytest

from tests.speech.conftest import caller
from voicebot.audio import pcm_to_ulaw, ulaw_to_pcm
from voicebot.speech.endpoint import Began, Ended, Endpointer
from voicebot.speech.foreground import FAR, Foreground
from voicebot.speech.vad import VoiceActivity

CALLERS = ("rsj-card-lost", "gjj-rent", "ybj-away", "gaj-newborn")
FRAME = 160
LEAD_S, AFTER_S = 1.0, 5.0


def level(pcm):
    frames = pcm[: len(pcm) // FRAME * FRAME].astype(float).reshape(-1, FRAME)
    loud = np.sqrt((frames**2).mean(axis=1))
    return np.sqrt((loud[loud > 200] ** 2).mean())


def spoken(name):
    pcm = caller(name)
    loud = np.flatnonzero(np.abs(pcm.astype(int)) > 300)
    return pcm[loud[0] : loud[-1]]


def with_background(name, db):
    """A caller with somebody who talks behind them all the time, `db` below; and when the caller ends, in seconds."""
    talk = np.concatenate([spoken(other) for other in ("swj-start-up", "bdc-inherit", "swj-tax-refund")])
    said = spoken(name)
    count = round((LEAD_S + AFTER_S) * 8000) + len(said)
    sound = np.resize(talk, count) * (level(said) / level(talk) * 10 ** (db / 20))
    sound[8000 : 8000 + len(said)] += said
    return ulaw_to_pcm(pcm_to_ulaw(np.clip(sound, -32768, 32767).astype(np.int16))), LEAD_S + len(said) / 8000


def heard(pcm):
    """(seconds, what) of every beginning and end of speech."""
    activity, machine = VoiceActivity(), Endpointer(start_voiced=0.1, end_silence=0.6, max_utterance=20.0)
    steps = []
    for start in range(0, len(pcm) - FRAME, FRAME):
        step = machine.process(activity.voiced(pcm[start : start + FRAME]))
        if isinstance(step, Began | Ended):
            steps.append((start / 8000, type(step)))
    return steps


@pytest.mark.parametrize("db", [-20])
@pytest.mark.parametrize("name", CALLERS)
def test_who_talks_behind_the_caller_does_not_keep_the_line_waiting(name, db):
    pcm, ends = with_background(name, db)
    after = [(at - ends, what) for at, what in heard(pcm) if at > ends - 0.3]

    assert after[0][1] is Ended
    assert after[0][0] < 1.0
    assert [what for _, what in after[1:]] == [], "nor does it interrupt"


def frames(*parts):
    """Loudness and whether it is a voice, frame by frame, of (loudness, seconds)."""
    return [loudness for loudness, seconds in parts for _ in range(round(seconds / 0.02))]


def taken(foreground, *parts):
    """The share of voiced frames taken for the caller's in the last part."""
    answers = [foreground.near(loudness, True) for loudness in frames(*parts)]
    last = round(parts[-1][1] / 0.02)
    return sum(answers[-last:]) / last


def test_a_soft_syllable_of_the_caller_counts():
    assert taken(Foreground(), (0.1, 1.0), (0.1 * FAR * 1.2, 0.3)) == 1.0


def test_before_the_caller_has_spoken_every_voice_counts():
    assert taken(Foreground(), (0.001, 1.0)) == 1.0


def test_a_softer_person_who_takes_the_phone_is_heard_after_a_while():
    foreground = Foreground()
    soft = 0.1 * FAR * 0.8

    assert taken(foreground, (0.1, 1.0), (soft, 10.0)) < 0.02
    assert taken(foreground, (soft, 14.0), (soft, 1.0)) == 1.0


def test_while_an_answer_is_heard_out_the_caller_is_remembered():
    foreground = Foreground()
    taken(foreground, (0.1, 1.0))
    for _ in range(900):
        foreground.near(0.0, False)

    assert taken(foreground, (0.1 * FAR * 0.5, 1.0)) == 0.0
