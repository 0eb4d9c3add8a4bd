"""An element of TwiML as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """An element. `content` is its text and elements in order."""

    name: str
    attributes: Mapping[str, str]
    content: tuple[str | Node, ...]
    line: int

    @property
    def children(self) -> tuple[Node, ...]:
        """The elements directly inside."""
        return tuple(item for item in self.content if isinstance(item, Node))

    @property
    def text(self) -> str:
        """The text directly inside, without the space around it."""
        return "".join(item for item in self.content if isinstance(item, str)).strip()

    @property
    def spoken(self) -> str:
        """All text inside, at any depth, as a voice would read it (<sub> by its alias)."""
        parts = [item if isinstance(item, str) else item._said() for item in self.content]
        return " ".join("".join(parts).split())

    def _said(self) -> str:
        return self.attributes.get("alias", self.spoken) if self.name == "sub" else self.spoken

    def get(self, name: str, default: str = "") -> str:
        """An attribute's value."""
        return self.attributes.get(name, default)
