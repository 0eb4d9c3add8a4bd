"""`voicebot evaluate matching`: its figures on a FAQ so small that they can be counted by hand."""

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from voicebot.cli.matching_noise import load
from voicebot.cli.matching_paraphrases import directions
from voicebot.cli.matching_practice import practice
from voicebot.cli.matching_report import auroc, bins, calibration_error
from voicebot.cli.matching_sets import Query, QuerySet, at_precision
from voicebot.cli.matching_words import chosen_words
from voicebot.data_files import load_lexicon, load_meanings
from voicebot.faq.entry import Entry
from voicebot.matching.lexicon import Phrases

QUESTIONS = Path(__file__).parents[1] / "questions"

FAQ = [
    {"id": "card", "question": "社保卡丢了怎么补办", "variants": ["社保卡遗失去哪里补"]},
    {"id": "rent", "question": "租房怎么提取公积金", "variants": ["公积金可以付房租吗"]},
    {"id": "wed", "question": "结婚登记要带什么", "variants": ["领结婚证要户口本吗"]},
]
QUERIES = [
    {"query": "社保卡丢了怎么补", "gold": "card"},
    {"query": "结婚登记要带什么材料", "gold": None, "gold_all": ["wed", "rent"]},
    {"query": "今天天气怎么样", "gold": None},
]


def lines(rows):
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


@pytest.fixture
def files(tmp_path):
    faq, queries = tmp_path / "sets" / "small" / "faq.jsonl", tmp_path / "sets" / "small" / "queries.jsonl"
    faq.parent.mkdir(parents=True)
    faq.write_text(lines(FAQ), "utf-8")
    queries.write_text(lines(QUERIES), "utf-8")
    return faq, queries


def test_the_figures_outside_checks_rely_on(run, files):
    code, printed = run("evaluate", "matching", "--faq", files[0], "--queries", files[1], "--json")
    figures = json.loads(printed)
    assert code == 0
    assert (figures["queries"], figures["in_scope"], figures["out_of_scope"]) == (3, 2, 1)
    assert figures["top1"] == 1.0
    assert figures["out_of_scope_answered"] == 0
    assert {"answered", "precision", "wrong_answers", "auroc", "ece", "p50_ms", "p99_ms", "index_s"} <= set(figures)


def test_every_set_of_a_folder(run, files):
    code, printed = run("evaluate", "matching", "--sets", files[0].parents[1], "--json")
    row = json.loads(printed)
    assert (code, row["set"], row["method"], row["top1"]) == (0, "small", "voicebot", 1.0)


def test_without_anything_to_do_it_says_what_is_needed(run):
    code, printed = run("evaluate", "matching")
    assert code == 2
    assert "--faq" in printed


def test_removed_entries_must_not_be_answered():
    entries = tuple(Entry(id_, "", id_, (), "", ()) for id_ in "abcd")
    one = QuerySet("s", entries, tuple(Query(id_, frozenset(id_)) for id_ in "abcd"))
    left = one.without(0.5, seed=1)
    assert len(left.entries) == 2
    assert {q.text for q in left.queries if q.right} == {e.id for e in left.entries}
    assert left == one.without(0.5, seed=1)


@pytest.mark.parametrize(
    ("scored", "right"),
    [
        ([(0.9, True)] * 19 + [(0.9, False)], 19),
        ([(0.9, True)] * 20 + [(0.5, False)] * 9, 20),
        ([(0.9, True)] * 5, 0),
        ([(0.9, False)] * 2 + [(0.8, True)] * 38, 38),
        ([(0.9, True)] * 10 + [(0.8, True), (0.8, False)], 10),
    ],
    ids=["equals together", "cut before the wrong", "too few", "wrong first", "a tie at the end"],
)
def test_most_right_answers_at_a_precision(scored, right):
    assert at_precision(scored, 0.95)[0] == right


def test_calibration():
    assert calibration_error([(0.95, True)] * 19 + [(0.95, False)]) == 0.0
    assert calibration_error([(0.9, False)] * 10) == 0.9
    assert calibration_error([]) is None
    assert bins([(1.0, True), (0.0, False)]) == [(0.0, 0.0, 1), (1.0, 1.0, 1)]
    assert auroc([0.9, 0.8], [0.1, 0.8]) == 0.875


def test_the_packaged_words_are_those_that_learning_chooses():
    chosen, packaged = chosen_words(), load_meanings().frequencies()
    assert len(set(packaged) - set(chosen)) < 100, "lists were edited a lot: learn the words anew"
    assert all(packaged[word] == chosen[word] for word in set(packaged) & set(chosen))


def test_noise_changes_about_as_much_as_asked():
    noise, text = load(load_meanings().frequencies()), "租房怎么提取公积金社保卡丢了去哪里补办" * 20
    heard = noise.heard("租房怎么提取公积金", 0.0, random.Random(1))
    assert heard == "租房怎么提取公积金"
    changed = sum(noise.heard(char, 0.2, random.Random(place)) != char for place, char in enumerate(text))
    assert 0.08 < changed / len(text) < 0.3


def test_the_practice_office_shares_no_question_with_the_tests():
    office = practice()
    known = {text for entry in office.entries for text in entry.phrasings}
    asked = {query.text for query in office.queries}
    files = [path.read_text("utf-8") for path in QUESTIONS.glob("*.yaml")]
    tested = {text for file in files for text in re.findall(r"^ *- (.+)$", file, re.MULTILINE)}
    assert len(office.entries) > 150
    assert len({entry.id for entry in office.entries}) == len(office.entries)
    assert not known & asked
    assert not (known | asked) & tested


def test_what_differs_between_paraphrases_tells_nothing():
    words = {"护照": (1, 0), "驾照": (-1, 0), "丢失": (0, 1), "遗失": (0, -1), "挂失": (0.1, 1)}
    entries = [
        Entry("a", "", "护照丢失", ("护照遗失", "护照挂失"), "", ()),
        Entry("b", "", "驾照丢失", ("驾照遗失", "驾照挂失"), "", ()),
    ]
    places = {word: place for place, word in enumerate(words)}
    sets = [QuerySet("offices", tuple(entries), (Query("遗失护照", frozenset("a")),))]
    no_synonyms = replace(load_lexicon(), synonyms=Phrases())
    vectors = np.array(list(words.values()), dtype=float)
    turned = vectors @ directions(vectors, places, sets, no_synonyms, 1)
    matters, ways = abs(turned[0, 0] - turned[1, 0]), abs(turned[2, 0] - turned[3, 0])
    assert matters > 3 * ways
