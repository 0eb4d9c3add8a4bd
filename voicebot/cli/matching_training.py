"""`voicebot evaluate matching --train`: the weights of the evidence, learnt anew from sets of questions.

The text stays where it is; what is kept are the weights and how common characters are. Besides the sets given, the
program's own sample FAQ teaches: every phrasing is asked as if its entry did not list it.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from voicebot.cli.matching_noise import Confusions
from voicebot.cli.matching_practice import NAME as PRACTICE
from voicebot.cli.matching_sets import Query, QuerySet
from voicebot.faq import Entry
from voicebot.matching import Index, Lexicon, build_index
from voicebot.matching.learn import Example, Kind, examples, learn
from voicebot.matching.model import Model

OWN = "sample-faq"
OFFICE = 4.0
"""What offices are asked counts so many times as much as what chat programs and health forums are: it is what the line
will be asked. Judged by an office that had no part in the learning.
"""
FOLDS = 3
"""Parts for cross-validation: each is judged by what was learnt from the others."""
SURE = 0.9
"""When the rest of the data is this sure of another entry, the two are taken for one and the same, listed twice, and
the question is not learnt from. Questions that nothing answers always are: there the sure ones teach most."""
_MOST = 1500
"""Questions of each sort taken from one set."""
_OWN_PARTS = 7
_SMALL_TALK = (4, 16)
"""Characters of a question that may stand before another as a caller's story."""
_NOISE = 0.15
"""Share of characters misheard in a noisy question."""
_BEFORE = ("那个", "嗯", "你好，", "喂，", "请问一下", "我想问问", "就是说", "哎", "", "")
_AFTER = ("啊", "呢", "呀", "嘛", "，谢谢", "", "", "")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one question of a set teaches: as it stands in the set, and as a caller might say it."""

    name: str
    fold: int
    plain: tuple[Example, ...]
    spoken: tuple[Example, ...]


def lessons(
    sets: Sequence[QuerySet], own: Sequence[Entry], lexicon: Lexicon, noise: Confusions, said: Callable[[str], None]
) -> list[Lesson]:
    """The lessons of all sets, and of the program's own FAQ. `said` hears the name of each set that is begun."""
    found: list[Lesson] = []
    for one in sets:
        said(one.name)
        talk = [q.text for s in sets if s is not one for q in s.queries if not q.right and _is_small_talk(q.text)]
        found += _of_set(one, build_index(one.entries, lexicon), talk, noise)
    said(OWN)
    talk = [q.text for s in sets for q in s.queries if not q.right and _is_small_talk(q.text)]
    for part in _own_parts(own):
        found += _of_set(part, build_index(part.entries, lexicon), talk, noise)
    return found


def _of_set(one: QuerySet, index: Index, talk: Sequence[str], noise: Confusions) -> Iterator[Lesson]:
    rng = random.Random(one.name)
    inside, outside = ([q for q in one.queries if bool(q.right) is wanted] for wanted in (True, False))
    for sort in (inside, outside):
        for query in rng.sample(sort, min(_MOST, len(sort))):
            fold = zlib.crc32(query.text.encode()) % FOLDS
            plain = tuple(examples(query.text, query.right, index))
            spoken = _spoken(query.text, talk, noise, rng)
            yield Lesson(
                one.name.split("/")[0],
                fold,
                plain,
                plain if spoken == query.text else tuple(examples(spoken, query.right, index)),
            )


def _spoken(text: str, talk: Sequence[str], noise: Confusions, rng: random.Random) -> str:
    """The question as a caller might say it: as it is, after a story, before an afterthought, or misheard."""
    dice = rng.random()
    if dice < 0.55 or not talk:
        return text
    if dice < 0.82:
        story = "，".join(rng.choice(talk) for _ in range(1 if dice < 0.72 else 2))
        return f"{rng.choice(_BEFORE)}{story}，{text}{rng.choice(_AFTER)}"
    return f"{text}，{rng.choice(talk)}" if dice < 0.87 else noise.heard(text, _NOISE, rng)


def _is_small_talk(text: str) -> bool:
    return _SMALL_TALK[0] <= len(text) <= _SMALL_TALK[1]


def _own_parts(entries: Sequence[Entry]) -> Iterator[QuerySet]:
    """The FAQ again and again, each time without some phrasings, which are asked. Half of the entries keep their answer
    and keywords: other FAQs have none.
    """
    rng = random.Random(OWN)
    for part in range(_OWN_PARTS):
        rest, asked = [], []
        for place, entry in enumerate(entries):
            out = {text for k, text in enumerate(entry.phrasings) if (place + k) % _OWN_PARTS == part}
            left = [text for text in entry.phrasings if text not in out]
            if not left:
                continue
            whole = rng.random() < 0.5
            rest.append(
                replace(
                    entry,
                    question=left[0],
                    variants=tuple(left[1:]),
                    answer=entry.answer if whole else "",
                    keywords=entry.keywords if whole else (),
                )
            )
            asked += [Query(text, frozenset([entry.id])) for text in out]
        yield QuerySet(f"{OWN}/{part}", tuple(rest), tuple(sorted(asked, key=lambda query: query.text)))


def learnt(taught: Sequence[Lesson], common: Mapping[str, float]) -> Model:
    """The model of these lessons."""
    names = sorted({one.name for one in taught})
    examples_of = [[e for one in taught if one.name == name for e in one.spoken] for name in names]
    return learn(examples_of, common, [OFFICE if name in {OWN, PRACTICE} else 1.0 for name in names])


def trusted(taught: Sequence[Lesson], common: Mapping[str, float]) -> list[Lesson]:
    """The lessons without those whose label the rest of the data contradicts (`SURE`)."""
    return [
        one for one, model in relearnt(taught, taught, common) if not any(_contradicted(e, model) for e in one.plain)
    ]


def _contradicted(example: Example, model: Model) -> bool:
    if example.kind is Kind.OUTSIDE:
        return False
    shares = model.probabilities(example.rows)
    return bool(shares.max() > SURE and int(shares.argmax()) != example.right)


def relearnt(
    taught: Sequence[Lesson], kept: Sequence[Lesson], common: Mapping[str, float]
) -> Iterator[tuple[Lesson, Model]]:
    """Every lesson taught with a model learnt from the kept ones of the other folds."""
    for fold in range(FOLDS):
        model = learnt([one for one in kept if one.fold != fold], common)
        yield from ((one, model) for one in taught if one.fold == fold)


def set_apart(
    taught: Sequence[Lesson], kept: Sequence[Lesson], common: Mapping[str, float]
) -> Iterator[tuple[Lesson, Model]]:
    """Every lesson taught with a model learnt from the kept ones of the other sets."""
    for name in sorted({one.name for one in taught}):
        model = learnt([one for one in kept if one.name != name], common)
        yield from ((one, model) for one in taught if one.name == name)


@dataclass(frozen=True, slots=True)
class Told:
    """One question put to a model."""

    name: str
    kind: Kind
    probability: float
    right: bool


def told(judged: Iterator[tuple[Lesson, Model]]) -> list[Told]:
    """What the models say of the questions as they stand in the sets."""
    found = []
    for one, model in judged:
        for example in one.plain:
            shares = model.probabilities(example.rows)
            found.append(Told(one.name, example.kind, float(shares.max()), int(shares.argmax()) == example.right))
    return found
