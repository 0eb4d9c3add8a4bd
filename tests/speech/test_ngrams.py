"""Word pairs counted, thinned, merged with an office's own, and made probabilities."""

import pytest

from voicebot.speech import ngrams

SENTENCES = [["我", "要", "办", "卡"]] * 6 + [["我", "想", "办", "证"]] * 3 + [["天气"]]
KNOWN = dict.fromkeys(["我", "要", "想", "办", "卡", "证", "天气", "社保卡"], 0.1)


def read(most):
    return ngrams.read_bigrams(ngrams.write_bigrams(SENTENCES, most))


def test_counts_survive_the_file():
    assert read(100)["我"] == ngrams.Follow(9.0, {"要": 6.0, "想": 3.0}, 2)
    assert read(100)["<s>"].total == 10


def test_the_pairs_that_say_most_are_kept():
    assert sum(len(follow.counts) for follow in read(3).values()) == 3


def test_a_pair_seen_once_is_chance():
    assert "天气" not in read(100)


def test_probabilities_leave_something_for_the_unseen():
    words, left = ngrams.probabilities(read(100)["我"], KNOWN)
    words = dict(words)

    assert words["要"] > words["想"] > 0.1
    assert sum(words.values()) - left * sum(KNOWN[word] for word in words) + left == pytest.approx(1)


def test_the_office_has_its_share():
    merged = ngrams.merge(read(100), [["办", "社保卡"]], KNOWN, share=0.5)

    words = dict(ngrams.probabilities(merged["办"], KNOWN)[0])
    assert words["社保卡"] > words["证"]
    assert {word for follow in merged.values() for word in follow.counts} <= {*KNOWN, "</s>"}


def test_without_general_language_the_office_speaks_alone():
    merged = ngrams.merge({}, [["办", "社保卡"]], KNOWN)

    assert merged["办"].counts == {"社保卡": 1.0}
