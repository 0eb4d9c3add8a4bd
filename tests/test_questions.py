"""Real phrasings through the real matcher and the real FAQ: what must be reached, and what must not be answered.

The phrasings live in `tests/questions/*.yaml` and are never copied into the FAQ or the word lists. A phrasing listed in
`known_misses.yaml` is expected to fail; when it starts to pass, the list must be corrected (xfail is strict).
"""

from datetime import date
from functools import cache
from pathlib import Path

import pytest
import yaml

from voicebot.cli.ask import bands
from voicebot.data_files import load_lexicon
from voicebot.events import typed
from voicebot.faq.load import load_folder
from voicebot.matching import Outcome, build_index, understand

QUESTIONS = Path(__file__).parent / "questions"
FAQ = Path(__file__).parents[1] / "faq"
DAY = date(2026, 6, 1)
REACHING = {Outcome.ANSWER, Outcome.CONFIRM, Outcome.CHOOSE}
LEAST_REACHED = 0.95
LEAST_ANSWERED = 0.40
MOST_WRONG = 0.005
MOST_ANSWERED_OUT_OF_SCOPE = 0.01


def read(name):
    return yaml.safe_load((QUESTIONS / name).read_text("utf-8"))


def phrasings(names):
    return [(key, text) for name in names for key, texts in read(name).items() for text in texts]


FILES = sorted(path.name for path in QUESTIONS.glob("*.yaml"))
OUT_OF_SCOPE = phrasings(name for name in FILES if name.startswith("out_of_scope"))
IN_SCOPE = phrasings(n for n in FILES if n not in ("routes.yaml", "known_misses.yaml") and not n.startswith("out_of"))
ROUTES = phrasings(["routes.yaml"])
KNOWN_MISSES = set(read("known_misses.yaml") or ())


@cache
def index():
    return build_index(load_folder(FAQ, DAY).entries, load_lexicon())


@cache
def heard(text):
    return understand(typed(text), index(), bands())


def entries_offered(understanding):
    """The entries a caller would be given or asked about."""
    return understanding.options if understanding.outcome in REACHING else ()


def cases(pairs):
    miss = pytest.mark.xfail(reason="a known miss", strict=True)
    return [pytest.param(k, text, id=f"{k}:{text}", marks=[miss] if text in KNOWN_MISSES else []) for k, text in pairs]


@pytest.mark.parametrize(("entry", "text"), cases(IN_SCOPE))
def test_reaches_its_entry(entry, text):
    assert entry in entries_offered(heard(text))


@pytest.mark.parametrize(("category", "text"), cases(OUT_OF_SCOPE))
def test_is_not_answered(category, text):
    assert heard(text).outcome is not Outcome.ANSWER


@pytest.mark.parametrize(("route", "text"), cases(ROUTES))
def test_takes_its_route(route, text):
    outcome = heard(text).outcome.value
    if route.startswith("not_"):
        assert outcome != route.removeprefix("not_")
    else:
        assert outcome == route


def test_enough_is_reached():
    reached = sum(entry in entries_offered(heard(text)) for entry, text in IN_SCOPE)
    assert reached >= LEAST_REACHED * len(IN_SCOPE)


def test_enough_is_answered_at_once():
    answered = sum(heard(text).outcome is Outcome.ANSWER for _, text in IN_SCOPE)
    assert answered >= LEAST_ANSWERED * len(IN_SCOPE)


def test_wrong_answers_are_rare():
    answered = [(entry, heard(text)) for entry, text in IN_SCOPE]
    wrong = sum(u.outcome is Outcome.ANSWER and u.ranking.best.entry != entry for entry, u in answered)
    assert wrong <= MOST_WRONG * len(IN_SCOPE)


def test_what_is_out_of_scope_is_rarely_answered():
    answered = sum(heard(text).outcome is Outcome.ANSWER for _, text in OUT_OF_SCOPE)
    assert answered <= MOST_ANSWERED_OUT_OF_SCOPE * len(OUT_OF_SCOPE)


def test_no_phrasing_is_in_the_faq():
    known = {text for entry in load_folder(FAQ, DAY).entries for text in entry.phrasings}
    assert not [text for _, text in (*IN_SCOPE, *OUT_OF_SCOPE) if text in known]


def test_known_misses_are_phrasings():
    assert {text for _, text in (*IN_SCOPE, *OUT_OF_SCOPE, *ROUTES)} >= KNOWN_MISSES
