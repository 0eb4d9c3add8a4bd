"""What a call hears, with real Vosk: words, partials, silence, keys, pauses."""

from itertools import pairwise

import numpy as np
import pytest
import soundfile

from tests.speech.conftest import CALLERS, QUIET, caller, heard, listen, say
from tests.speech.test_activity import KEYS, tones
from voicebot import wiring
from voicebot.dialogue import Dialogue, State
from voicebot.dialogue.commands import HandOver, StopPlayback
from voicebot.errors import SpeechLost
from voicebot.events import CallStarted, PartialHeard, SilenceHeard, SpeechStarted, UtteranceHeard
from voicebot.speech.pool import SpeechPool


@pytest.fixture
def ear(pool):
    ear = pool.open()
    yield ear
    ear.close()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rsj-card-lost", "请问社保卡丢了怎么补办"),
        ("human", "转人工"),
        ("complaint", "我要投诉"),
        ("right", "对"),
        ("no", "不是"),
    ],
)
def test_sample_callers_are_heard(ear, name, text):
    assert heard(listen(ear, caller(name))) == [text]


def test_an_utterance_in_the_order_it_happens(ear):
    events = listen(ear, np.concatenate((QUIET, caller("rsj-card-lost"))))

    told = [type(event) for event in events if not isinstance(event, SilenceHeard)]
    assert told[0] is SpeechStarted
    assert told[-1] is UtteranceHeard
    assert set(told[1:-1]) == {PartialHeard}
    assert "请问社保卡" in [event.text for event in events if isinstance(event, PartialHeard)]


def test_partials_are_told_once(ear):
    partials = [event.text for event in listen(ear, caller("swj-start-up")) if isinstance(event, PartialHeard)]

    assert all(partials)
    assert all(one != after for one, after in pairwise(partials))


def test_what_is_told_of_an_utterance(ear):
    utterance = listen(ear, caller("vague-card"))[-1]

    assert len(utterance.hypotheses) > 1
    assert sum(reading.confidence for reading in utterance.hypotheses) == pytest.approx(1.0)
    assert all(0 < word.confidence <= 1 for reading in utterance.hypotheses for word in reading.words)
    assert "".join(word.text for word in utterance.hypotheses[0].words) == utterance.hypotheses[0].text
    assert 1.0 < utterance.audio_s < 3.0
    assert 0 < utterance.decode_s < 20


def test_silence_adds_up_to_the_audio(ear):
    events = listen(ear, np.tile(QUIET, 3))

    assert {type(event) for event in events} == {SilenceHeard}
    assert sum(event.seconds for event in events) == pytest.approx(3.0)
    assert max(event.seconds for event in events) <= 0.5


@pytest.mark.parametrize("size", [1, 37, 160, 1000, 100_000])
def test_audio_may_come_in_any_pieces(ear, size):
    pcm = caller("human")
    for start in range(0, len(pcm), size):
        ear.hear(pcm[start : start + size])
    assert ear.settle(20)

    assert heard(ear.events()) == ["转人工"]


def test_noise_is_not_sent_to_the_recogniser(ear):
    events = listen(ear, caller("noise-office"))

    assert {type(event) for event in events} == {SilenceHeard}


def test_keys_are_neither_voice_nor_words(ear):
    beeps = np.concatenate([np.concatenate((tones(*KEYS[key])[:1600], QUIET[:800])) for key in "0123456789*#"])

    assert {type(event) for event in listen(ear, beeps)} == {SilenceHeard}


def test_a_key_pressed_while_speaking_does_not_spoil_the_words(ear):
    pcm = caller("rsj-card-lost").astype(np.int32)
    pcm[-8000:-6400] += tones(*KEYS["0"])[:1600]

    assert heard(listen(ear, pcm.astype(np.int16))) == ["请问社保卡丢了怎么补办"]


def test_quiet_callers_are_levelled(ear):
    assert heard(listen(ear, (caller("rsj-card-lost") * 0.05).astype(np.int16))) == ["请问社保卡丢了怎么补办"]


def test_a_pause_parts_utterances_or_does_not_as_the_pace_says(ear):
    sentence = np.concatenate((caller("human")[:-2400], caller("complaint")))

    assert heard(listen(ear, sentence)) == ["转人工", "我要投诉"]
    ear.pace(1.6)
    assert heard(listen(ear, np.concatenate((sentence, QUIET)))) == ["转人工我要投诉"]


def test_a_recogniser_is_used_again_without_memory(ear):
    assert [heard(listen(ear, caller("human"))) for _ in range(3)] == [["转人工"]] * 3


def test_calls_at_once_do_not_disturb_each_other(pool):
    names = ["human", "complaint", "rsj-card-lost"]
    ears = [pool.open() for _ in names]
    said = [caller(name) for name in names]
    for start in range(0, max(map(len, said)), 160):
        for ear, pcm in zip(ears, said, strict=True):
            ear.hear(pcm[start : start + 160])

    texts = []
    for ear in ears:
        assert ear.settle(20)
        texts += heard(ear.events())
        ear.close()
    assert texts == ["转人工", "我要投诉", "请问社保卡丢了怎么补办"]


def test_a_closed_ear_says_nothing_more(pool):
    ear = pool.open()
    say(ear, caller("human"))
    ear.close()
    ear.close()
    ear.hear(caller("human"))

    assert not any(isinstance(event, UtteranceHeard) for event in ear.events())


def test_a_file_may_end_in_the_middle_of_a_word(pool):
    ear = pool.open()
    say(ear, caller("human")[:-9600])
    assert heard(ear.events()) == []
    ear.finish()

    assert ear.settle(20)
    assert heard(ear.events()) == ["转人工"]
    ear.close()


def test_wide_band_audio_is_heard_at_its_own_rate(pool):
    ear = pool.open(rate=16000)
    pcm = caller("human")
    say(ear, np.stack((pcm, pcm), axis=1).reshape(-1))

    assert ear.settle(20)
    assert heard(ear.events()) == ["转人工"]
    ear.close()


def test_nobody_is_given_an_ear_that_does_not_hear(bundled, tuning):
    pool = SpeechPool(bundled, 1, tuning)

    assert not pool.ready
    with pytest.raises(SpeechLost):
        pool.open()
    pool.close()


def test_our_own_voice_from_a_loudspeaker_interrupts_nothing(ear, tuning):
    """The greeting as it comes back 20 dB quieter, through the real ear, matcher and dialogue."""
    settings = wiring.settings({})
    dialogue = Dialogue(wiring.keep_knowledge(settings, tuning)(), wiring.script(), tuning)
    pcm, _ = soundfile.read(CALLERS.parent / "prompts" / "greeting.wav", dtype="int16")
    commands = [*dialogue.receive(CallStarted())]
    partials = 0
    for event in listen(ear, np.concatenate(((pcm * 0.1).astype(np.int16), QUIET))):
        partials += isinstance(event, PartialHeard)
        commands += dialogue.receive(event)

    assert partials > 3, "it is heard"
    assert not any(isinstance(command, StopPlayback | HandOver) for command in commands)
    assert dialogue.state is State.LISTENING
