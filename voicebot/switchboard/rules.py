"""Rules of TwiML that tie several parts of one element together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from voicebot.switchboard import values
from voicebot.switchboard.legality import SSML_ATTRIBUTES
from voicebot.switchboard.node import Node


def broken_rules(node: Node, parent: str) -> Iterator[str]:
    """What is wrong with `node` inside `parent`, beyond its single attributes and children."""
    rule = _RULES.get(node.name)
    if rule:
        yield from rule(node, parent)


def _say(node: Node, parent: str) -> Iterator[str]:
    wrong = values.speech(node.spoken, node.get("voice"), node.get("language"))
    if wrong:
        yield wrong
    tags = [child for child in node.children if child.name in SSML_ATTRIBUTES]
    if tags and node.get("voice", "man") in ("man", "woman", "alice"):
        yield "SSML needs a Polly or Google voice"


def _play(node: Node, parent: str) -> Iterator[str]:
    if not node.text and not node.get("digits"):
        yield "there is neither an address nor digits"
    if node.text and values.url(node.text):
        yield f"the address {values.url(node.text)}"
    if node.get("digits") and parent == "Gather":
        yield "digits are not allowed inside <Gather>"


def _dial(node: Node, parent: str) -> Iterator[str]:
    nouns = [child.name for child in node.children]
    if nouns.count("Number") > 10:
        yield "more than 10 numbers"
    if {"Conference", "Queue"} & set(nouns) and len(nouns) > 1:
        yield "a conference or queue stands alone"


def _connect(node: Node, parent: str) -> Iterator[str]:
    if not node.children:
        yield "there is nothing inside"
    if len([child for child in node.children if child.name == "Stream"]) > 1:
        yield "a call has one bidirectional stream"


def _start_or_stop(node: Node, parent: str) -> Iterator[str]:
    if not node.children:
        yield "there is nothing inside"


def _stream(node: Node, parent: str) -> Iterator[str]:
    if parent != "Stop" and "url" not in node.attributes:
        yield "there is no url"
    if parent == "Connect" and node.get("track", "inbound_track") != "inbound_track":
        yield "a bidirectional stream has the inbound track only"


def _parameter(node: Node, parent: str) -> Iterator[str]:
    if len(node.get("name") + node.get("value")) >= 500:
        yield "name and value together have 500 characters or more"


def _record(node: Node, parent: str) -> Iterator[str]:
    if node.get("transcribe") == "true" and int(node.get("maxLength", "120")) > 120:
        yield "a transcribed recording lasts at most 120 s"


_RULES: dict[str, Callable[[Node, str], Iterator[str]]] = {
    "Say": _say,
    "Play": _play,
    "Dial": _dial,
    "Connect": _connect,
    "Start": _start_or_stop,
    "Stop": _start_or_stop,
    "Stream": _stream,
    "Parameter": _parameter,
    "Record": _record,
}
