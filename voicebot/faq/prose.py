"""Inline Markdown → the words that are spoken, each source line still known. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from voicebot.faq.entry import Problem
from voicebot.faq.faults import problem

Piece = tuple[str, int]
"""Text without line ends, and its line in the file."""


@dataclass(frozen=True, slots=True)
class Text:
    """Spoken text: paragraphs of pieces."""

    parts: tuple[tuple[Piece, ...], ...]

    def paragraphs(self) -> list[list[Piece]]:
        """Paragraphs that say something."""
        kept = [[(text.strip(), line) for text, line in part if text.strip()] for part in self.parts]
        return [part for part in kept if part]

    def flat(self) -> str:
        """Everything in one line."""
        return "".join(join(part)[0] for part in self.paragraphs())


def join(pieces: list[Piece]) -> tuple[str, list[tuple[int, int]]]:
    """One paragraph's pieces as text, and (offset, line) of each. Chinese needs no space at a line end, Latin does."""
    text, offsets = "", []
    for piece, line in pieces:
        if text and text[-1].isascii() and piece[0].isascii():
            text += " "
        offsets.append((len(text), line))
        text += piece
    return text, offsets


def render(content: str, line: int, file: Path) -> tuple[Text, list[Problem]]:
    """The spoken words of inline Markdown that begins at `line`, and what in it cannot be spoken."""
    paragraphs: list[list[Piece]] = [[("", line)]]
    problems: list[Problem] = []
    for token in _markdown().parseInline(content)[0].children or []:
        fault = _fault(token)
        if fault:
            problems.append(problem(fault, file, line, text=token.content.replace("\n", " ")))
        if token.type in ("text", "code_inline"):
            text, at = paragraphs[-1][-1]
            paragraphs[-1][-1] = (text + token.content, at)
        elif token.type == "hardbreak":
            line += 1
            paragraphs.append([("", line)])
        elif token.type == "softbreak":
            line += 1
            paragraphs[-1].append(("", line))
        elif token.type == "html_inline":
            line += token.content.count("\n")
    return Text(tuple(tuple(part) for part in paragraphs)), problems


def _fault(token: Token) -> str | None:
    if token.type == "image":
        return "unspeakable-image"
    if token.type == "html_inline" and not token.content.startswith("</"):
        return "unspeakable-html"
    # In <https://…> the address is the text, and reported as such.
    if token.type == "link_open" and token.info != "auto":
        return "unspeakable-link"
    return None


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark")
