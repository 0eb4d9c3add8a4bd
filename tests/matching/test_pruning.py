"""Only a few entries are looked at closely; the answer must be the one that a close look at all of them gives."""

import numpy as np

from tests.test_questions import IN_SCOPE, OUT_OF_SCOPE, bands, index
from voicebot.matching.candidates import CLOSE_LOOKS, search
from voicebot.matching.evidence import evidence

LIKELY = bands().confirm
"""Below this no entry is offered, and which of them comes first decides nothing."""


def best(text, keep):
    parts = index().parts(text)
    found = search(parts, index(), keep=keep)
    if not found.picks:
        return None, 0.0
    shares = index().lexicon.model.probabilities(evidence(parts, found, index()))
    top = int(np.argmax(shares))
    return found.picks[top].entry, float(shares[top])


def test_what_is_likely_is_what_a_close_look_at_all_finds():
    texts = [text for _, text in (*IN_SCOPE, *OUT_OF_SCOPE)][::4]
    pairs = [(best(text, len(index().entries)), best(text, CLOSE_LOOKS)) for text in texts]
    likely = [(full[0], pruned[0]) for full, pruned in pairs if max(full[1], pruned[1]) >= LIKELY]
    assert len(likely) > 50
    assert [full for full, _ in likely] == [pruned for _, pruned in likely]


def test_what_is_answered_is_answered_either_way():
    texts = [text for _, text in (*IN_SCOPE, *OUT_OF_SCOPE)][1::4]
    for text in texts:
        full, pruned = best(text, len(index().entries)), best(text, CLOSE_LOOKS)
        if min(full[1], pruned[1]) >= bands().answer:
            assert full[0] == pruned[0]
