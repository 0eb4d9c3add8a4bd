"""`voicebot ask --explain` in words a clerk can use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from voicebot.events import typed
from voicebot.faq.entry import Entry
from voicebot.matching import Index, rank
from voicebot.matching.explain import Explanation, explain
from voicebot.matching.patching import patched

REASONS = {
    "lead": "比别的问答领先多少",
    "kind": "问的是哪一类（材料、地点、时间、费用……）",
    "contrast": "相反的词、否定、数字",
    "meaning": "意思",
    "matter": "说的是哪件事",
    "length": "长短和多余的话",
    "wording": "用词和读音",
}
"""Reasons of `voicebot.matching.explain.GROUPS`."""
_TOLD = 4
_SLIGHT = 0.3
"""What adds less than this to the score is not told."""


def in_words(text: str, entries: Sequence[Entry], index: Index) -> Iterator[str]:
    """Why the best entry won, and what would change it, line by line."""
    explained = explain(text, index)
    if not explained:
        yield "没有一条问答和这句话沾边。"
        return
    best = explained[0]
    rival = explained[1] if len(explained) > 1 else None
    yield f"为什么是“{best.question}”（{best.entry}）：最像它的问法“{best.matched}”。"
    if rival:
        yield f"和第二名“{rival.question}”（{rival.entry}）相比："
    for reason, gain in best.reasons[:_TOLD]:
        if abs(gain) >= _SLIGHT:
            yield f"  {'支持' if gain > 0 else '反对'} {gain:+.1f}  {REASONS[reason]}"
    if best.question_alone:
        yield f"来电人说了、这条问答里没有相近说法的词：{'、'.join(best.question_alone)}"
    if best.phrasing_alone:
        yield f"问法里有、来电人没说的词：{'、'.join(best.phrasing_alone)}"
    yield from _what_would_change(text, explained, entries, index)


def _what_would_change(
    text: str, explained: Sequence[Explanation], entries: Sequence[Entry], index: Index
) -> Iterator[str]:
    """Tried, not guessed: the sentence becomes a phrasing of the best entries, each in turn."""
    yield "怎样会不一样："
    for one in explained[:2]:
        changed = [replace(e, variants=(*e.variants, text)) for e in entries if e.id == one.entry]
        found = rank(typed(text), patched(index, {one.entry}, changed))
        after = next((c.probability for c in found.candidates if c.entry == one.entry), 0.0)
        yield f"  把这句话写进“{one.question}”（{one.entry}）的问法：把握从 {one.probability:.0%} 变成 {after:.0%}"
