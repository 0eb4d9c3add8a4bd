"""`voicebot faq suggest`: phrasings from real calls that an entry should list."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

import click

from voicebot.data_files import load_lexicon
from voicebot.errors import VoicebotError
from voicebot.events import typed
from voicebot.faq import Entry
from voicebot.faq.load import load_folder, servable
from voicebot.matching import Bands, Index, Lexicon, Outcome, build_index, rank, understand
from voicebot.matching.reading import normalise

LEAST = 3
"""Characters of a phrasing worth proposing."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something callers said before they got the answer."""

    phrasing: str
    calls: int
    """How often it was said, in words that come to the same."""
    probability: float
    """Of the entry, as the FAQ stands."""
    takes_from: tuple[str, ...]
    """Entries whose own phrasings would go astray if it were added."""


def proposals(
    said: Iterable[str], id_: str, entries: Sequence[Entry], lexicon: Lexicon, bands: Bands
) -> list[Proposal]:
    """What of `said` the FAQ still does not answer with the entry, the most frequent first.

    What differs only in fillers and politeness is one, proposed as it was said most. Raises `KeyError` when there is no
    such entry.
    """
    entry = {one.id: one for one in entries}[id_]
    index = build_index(entries, lexicon)
    listed = {normalise(text, lexicon) for text in entry.phrasings}
    ways: dict[str, Counter[str]] = {}
    for one in said:
        ways.setdefault(normalise(one, lexicon), Counter())[one] += 1
    found = []
    for core, counted in sorted(ways.items(), key=lambda way: -way[1].total()):
        text = counted.most_common(1)[0][0]
        heard = understand(typed(text), index, bands)
        best = heard.ranking.best
        answered = heard.outcome is Outcome.ANSWER and best is not None and best.entry == id_
        if len(core) < LEAST or core in listed or answered:
            continue
        probability = next((c.probability for c in heard.ranking.candidates if c.entry == id_), 0.0)
        found.append(Proposal(text, counted.total(), round(probability, 4), _takes_from(text, entry, entries, lexicon)))
    return found


def _takes_from(text: str, entry: Entry, entries: Sequence[Entry], lexicon: Lexicon) -> tuple[str, ...]:
    """Whose phrasings would lead to the entry if it listed the text."""
    changed = build_index(
        [replace(one, variants=(*one.variants, text)) if one is entry else one for one in entries], lexicon
    )
    lost = []
    for one in entries:
        near = one is not entry and any(_leads_to(phrasing, entry.id, changed) for phrasing in one.phrasings)
        if near:
            lost.append(one.id)
    return tuple(lost)


def _leads_to(phrasing: str, id_: str, index: Index) -> bool:
    best = rank(typed(phrasing), index).best
    return best is not None and best.entry == id_


@click.command()
@click.argument("entry", metavar="编号")
@click.option("--json", "as_json", is_flag=True, help="一行一个 JSON。")
def suggest(entry: str, as_json: bool) -> None:
    """从来电记录里找出这条问答还没听懂的问法，供挑选后写进“问法”。

    只看最后得到了这条答案的来电在那之前说的话。写进去之前请去掉个人信息。
    """
    from voicebot import wiring  # brings in the whole line; not for --help
    from voicebot.cli.ask import bands
    from voicebot.content import faq_folder

    config, today = wiring.settings(), wiring.today()
    faq = servable(load_folder(faq_folder(wiring.environment()), today))
    entries = [one for one in faq.entries if one.valid_on(today)]
    if entry not in {one.id for one in entries}:
        raise click.ClickException(f"没有编号是 {entry} 的问答")
    try:
        said = wiring.open_record(config).said_before(entry)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    found = proposals(said, entry, entries, load_lexicon(), bands())
    for one in found:
        if as_json:
            click.echo(json.dumps(asdict(one), ensure_ascii=False))
        else:
            warning = f"；加上会抢走 {'、'.join(one.takes_from)} 的问法" if one.takes_from else ""
            click.echo(f"{one.phrasing}（{one.calls} 次，现在把握 {one.probability:.0%}{warning}）")
    if not found and not as_json:
        click.echo("来电记录里没有还没听懂的问法。")
