import json
import math

import pytest

from voicebot.events import Hypothesis
from voicebot.speech.nbest import FROM_PARTIAL, MOST, from_partial, hypotheses, join, joined


def alternative(text, score=0.0, word_s=0.5):
    words = text.split()
    result = [{"word": word, "start": i * word_s, "end": (i + 1) * word_s} for i, word in enumerate(words)]
    return {"text": text, "confidence": score, "result": result}


def result(*alternatives):
    return json.dumps({"alternatives": list(alternatives)})


def pairs(readings):
    return [(reading.text, round(reading.confidence, 3)) for reading in readings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("社保卡 丢 了", "社保卡丢了", id="Chinese"),
        pytest.param("办 e t c", "办e t c", id="Latin words stay apart"),
        pytest.param("ok 谢谢 ok", "ok谢谢ok", id="mixed"),
    ],
)
def test_spaces_of_the_recogniser_go(text, expected):
    assert joined(text) == expected


@pytest.mark.parametrize(
    "json_text",
    [
        pytest.param("{}", id="no result"),
        pytest.param(result(), id="no alternatives"),
        pytest.param(result(alternative("")), id="an empty one"),
    ],
)
def test_no_words_no_hypotheses(json_text):
    assert hypotheses(json_text) == ()


def test_likelihoods_become_posteriors():
    readings = hypotheses(result(alternative("甲", -50.0), alternative("乙", -50.0 - math.log(3))))

    assert pairs(readings) == [("甲", 0.75), ("乙", 0.25)]


def test_huge_likelihoods_do_not_overflow():
    assert pairs(hypotheses(result(alternative("甲", 5000.0), alternative("乙", -5000.0)))) == [
        ("甲", 1.0),
        ("乙", 0.0),
    ]


def test_the_same_text_parted_differently_is_one_reading():
    readings = hypotheses(result(alternative("甲", 0.0), alternative("北京 市", -0.1), alternative("北京市", -0.1)))

    assert [reading.text for reading in readings] == ["北京市", "甲"]
    assert sum(reading.confidence for reading in readings) == pytest.approx(1.0)


def test_a_word_is_as_sure_as_the_readings_that_have_it_there():
    readings = hypotheses(result(alternative("我 要 投诉", 0.0), alternative("我 也 投诉", -math.log(3))))

    assert [(word.text, round(word.confidence, 2)) for word in readings[0].words] == [
        ("我", 1.0),
        ("要", 0.75),
        ("投诉", 1.0),
    ]
    assert [(word.start, word.end) for word in readings[0].words] == [(0.0, 0.5), (0.5, 1.0), (1.0, 1.5)]


def test_the_same_word_elsewhere_does_not_count():
    late = alternative("乙 丙 丁 甲", -math.log(3))

    assert hypotheses(result(alternative("甲", 0.0), late))[0].words[0].confidence == pytest.approx(0.75)


def test_an_utterance_in_two_parts_is_joined_by_probability():
    first = (Hypothesis("社保", 0.6), Hypothesis("设备", 0.4))
    second = (Hypothesis("丢了", 0.7), Hypothesis("都了", 0.3))

    assert pairs(join([first, (), second])) == [
        ("社保丢了", 0.42),
        ("设备丢了", 0.28),
        ("社保都了", 0.18),
        ("设备都了", 0.12),
    ]


def test_joining_many_parts_keeps_the_best_few():
    part = tuple(Hypothesis(text, 0.2) for text in "甲乙丙丁戊")

    assert len(join([part] * 4)) == MOST


@pytest.mark.parametrize("parts", [[], [()], [(), ()]])
def test_joining_nothing_is_nothing(parts):
    assert join(parts) == ()


def test_a_partial_can_stand_in():
    assert from_partial("社保卡") == (Hypothesis("社保卡", FROM_PARTIAL),)
    assert from_partial("") == ()
