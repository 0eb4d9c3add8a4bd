"""An entry as a form and as Markdown. What the form cannot hold without loss is edited as Markdown. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from voicebot.faq.entry import Entry
from voicebot.faq.fields import phrases, words
from voicebot.faq.parse import ParsedFile, parse
from voicebot.faq.tidy import tidy

HEAD_LINES = 4
"""Lines that `parse_block` puts before the entry's own."""
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ITEM = re.compile(r"- (问法|关键词|有效期|依据): (.*)")
_SMS = re.compile(r"> 短信: ?(.*)")


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of an entry as a clerk fills them in."""

    id: str
    question: str
    variants: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    validity: str = ""
    """As typed: ``2026-01-01 至 2026-12-31``."""
    basis: str = ""
    answer: str = ""
    """Markdown."""
    sms: str = ""
    comments: tuple[str, ...] = ()
    """Notes for colleagues that stand in the entry (``<!-- … -->``)."""


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as Markdown."""

    text: str
    fields: tuple[str, ...]
    """For each of its lines, which field of the form it comes from; empty for a blank line."""


def written(form: Form) -> Written:
    """The form as a block of a FAQ file."""
    parts: list[tuple[str, str]] = [("question", f"## {_one_line(form.question)} {{#{form.id.strip()}}}")]
    lists = {
        "variants": ("问法", " | ".join(_one_line(one) for one in form.variants)),
        "keywords": ("关键词", ", ".join(form.keywords)),
        "validity": ("有效期", _one_line(form.validity)),
        "basis": ("依据", _one_line(form.basis)),
    }
    parts += [(name, f"- {key}: {value}") for name, (key, value) in lists.items() if value]
    if form.answer.strip():
        parts += [("", ""), *(("answer", line.rstrip()) for line in form.answer.strip().splitlines())]
    if form.sms.strip():
        first, *more = form.sms.strip().splitlines()
        parts += [
            ("", ""),
            ("sms", f"> 短信: {first.strip()}"),
            *(("sms", f"> {line.strip()}".rstrip()) for line in more),
        ]
    for comment in form.comments:
        parts += [("", ""), *(("comments", line) for line in comment.splitlines())]
    return Written("\n".join(line for _, line in parts), tuple(name for name, _ in parts))


def form_from(
    id_: str, *, question: str, variants: str, keywords: str, validity: str, basis: str, answer: str, sms: str,
    comments: tuple[str, ...] = (),
) -> Form:  # fmt: skip
    """The form of what was typed into its fields; phrasings one a line or separated by bars."""
    ways = [phrase for line in variants.splitlines() for phrase in phrases(line)]
    return Form(
        id_,
        _one_line(question),
        tuple(dict.fromkeys(ways)),
        words(keywords),
        _one_line(validity),
        _one_line(basis),
        answer.replace("\r\n", "\n").strip(),
        sms.replace("\r\n", "\n").strip(),
        comments,
    )


def form_of(block: str) -> Form | None:
    """The form of an entry's Markdown; None when writing it back would say something else."""
    before = parse_block(block)
    if len(before.entries) != 1:
        return None
    form = _read(block, before.entries[0])
    after = parse_block(written(form).text)
    same = len(after.entries) == 1 and _content(before.entries[0]) == _content(after.entries[0])
    faults = [sorted(fault.code for fault in parsed.problems) for parsed in (before, after)]
    return form if same and faults[0] == faults[1] else None


def parse_block(block: str, department: str = "x", file: Path = Path("faq.md")) -> ParsedFile:
    """One entry's Markdown read by itself, in a file of that department; its first line is `HEAD_LINES` + 1."""
    return parse(f"---\ndepartment: {department}\nname: x\n---\n{block}", file)


def _content(entry: Entry) -> tuple[object, ...]:
    dates = (entry.valid_from, entry.valid_to)
    return (entry.id, entry.question, entry.variants, entry.answer, entry.keywords, *dates, entry.basis, entry.sms)


def _read(block: str, entry: Entry) -> Form:
    comments = tuple(found[0] for found in _COMMENT.finditer(block))
    lines = tidy(_COMMENT.sub("", block))
    answer, sms, validity, inside = [], [], "", ""
    for line in lines[1:]:
        if found := _ITEM.match(line):
            inside = found[1]
            validity = found[2] if inside == "有效期" else validity
        elif found := _SMS.match(line):
            inside = "短信"
            sms.append(found[1])
        elif not line.strip() and inside:
            inside = ""
        elif inside == "短信":
            sms.append(line.removeprefix(">").strip())
        elif inside not in ("问法", "关键词", "依据"):
            answer.append(line)
    return Form(
        entry.id,
        entry.question,
        entry.variants,
        entry.keywords,
        validity.strip(),
        _one_line(entry.basis),
        "\n".join(answer).strip(),
        "\n".join(sms).strip(),
        comments,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
