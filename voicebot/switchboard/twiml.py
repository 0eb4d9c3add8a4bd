"""Reading TwiML as Twilio reads it: XML first, then what each verb may hold. Pure.

A document that is not XML, or whose root is not <Response>, is refused (12100). Anything else that is not allowed is a
warning (12200) and passed over, as Twilio does; the reason and the line are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from xml.parsers import expat

from voicebot.switchboard.legality import ALLOWED, IGNORED, SPECS, SSML_ATTRIBUTES, Spec
from voicebot.switchboard.node import Node
from voicebot.switchboard.rules import broken_rules

Context = Literal["call", "whisper", "wait", "dequeue"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a document that Twilio would not accept. Code 0: legal, but beyond this emulator."""

    code: int
    message: str
    line: int


class BadDocument(Exception):
    """The document is refused as a whole."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Document:
    """What will be performed, with its faults left out.

    `notes` names verbs that can never run, and attributes that this emulator takes no notice of.

    `audio` (µ-law) is played first: an answer may be a sound file instead of TwiML.
    """

    verbs: tuple[Node, ...]
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    audio: bytes = b""


def read(body: bytes, context: Context = "call", *, strict: bool = False) -> Document:
    """Read a document used in `context`. Raises `BadDocument` (12100; with `strict` also 12200 for any fault)."""
    root = _parse(body)
    if root.name != "Response":
        raise BadDocument(12100, f"the root element is <{root.name}>, not <Response>")
    faults: list[Fault] = []
    verbs = tuple(_checked(node, "Response", ALLOWED[context], faults) for node in root.children)
    kept = tuple(node for node in verbs if node is not None)
    if root.text:
        faults.append(Fault(12200, f"text outside a verb: {root.text[:40]!r}", root.line))
    faults += _order(kept)
    if strict and faults:
        raise BadDocument(12200, "; ".join(f"line {fault.line}: {fault.message}" for fault in faults))
    return Document(kept, tuple(faults), (*_unreachable(kept), *_ignored(kept)))


def _parse(body: bytes) -> Node:
    """The root element. Raises `BadDocument`."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadDocument(12100, f"the document is not UTF-8: {error}") from error
    builder = _Builder()
    try:
        builder.parser.Parse(body, True)
    except expat.ExpatError as error:
        raise BadDocument(12100, f"not XML: {error}") from error
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._open: list[tuple[str, dict[str, str], list[str | Node], int]] = []
        self.root: Node

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append((name, attributes, [], self.parser.CurrentLineNumber))

    def _end(self, name: str) -> None:
        _, attributes, content, line = self._open.pop()
        self.root = Node(name, attributes, tuple(content), line)
        if self._open:
            self._open[-1][2].append(self.root)

    def _data(self, text: str) -> None:
        self._open[-1][2].append(text)

    def _doctype(self, *_: object) -> None:
        raise BadDocument(12100, "a document type declaration is not allowed")


def _checked(node: Node, parent: str, allowed: frozenset[str], faults: list[Fault]) -> Node | None:
    """The node without what is illegal in it; None when it is illegal itself."""
    if node.name not in allowed:
        faults.append(Fault(12200, f"<{node.name}> is not allowed in <{parent}>", node.line))
        return None
    if node.name in SSML_ATTRIBUTES and parent in (*SSML_ATTRIBUTES, "Say"):
        faults.extend(_ssml(node))
        return node
    spec = SPECS.get(node.name)
    if spec is None:
        faults.append(Fault(0, f"this emulator cannot perform <{node.name}>", node.line))
        return None
    attributes = dict(_attributes(node, spec, faults))
    children = {id(child): _checked(child, node.name, spec.children, faults) for child in node.children}
    content = [item if isinstance(item, str) else children[id(item)] for item in node.content]
    clean = replace(node, attributes=attributes, content=tuple(item for item in content if item is not None))
    problems = [*_text(clean, spec), *broken_rules(clean, parent)]
    faults.extend(Fault(12200, f"<{node.name}>: {problem}", node.line) for problem in problems)
    return clean


def _attributes(node: Node, spec: Spec, faults: list[Fault]) -> Iterator[tuple[str, str]]:
    for name in spec.required:
        if name not in node.attributes:
            faults.append(Fault(12200, f"<{node.name}> needs the attribute {name}", node.line))
    for name, value in node.attributes.items():
        if name.startswith(("xmlns", "xsi:", "xml:")):
            continue
        check = spec.attributes.get(name)
        wrong = check(value) if check else "is not an attribute of this element"
        if wrong:
            faults.append(Fault(12200, f"<{node.name}> {name} {wrong}", node.line))
        # A stream's address is kept as it is: what becomes of it is the stream's story.
        if check and (not wrong or (node.name, name) == ("Stream", "url")):
            yield name, value


def _text(node: Node, spec: Spec) -> Iterator[str]:
    """What is wrong with the text inside. <Dial> may have a number or nouns, <Enqueue> a name or a workflow."""
    if spec.text is None:
        if node.text:
            yield f"text is not allowed here: {node.text[:40]!r}"
        return
    optional = (node.name == "Dial" and node.children) or (node.name == "Enqueue" and "workflowSid" in node.attributes)
    if node.text or not optional:
        wrong = spec.text(node.spoken if node.name == "Say" else node.text)
        if wrong:
            yield f"the text {wrong}"


def _ssml(node: Node) -> Iterator[Fault]:
    for name in node.attributes.keys() - SSML_ATTRIBUTES[node.name]:
        yield Fault(12200, f"<{node.name}> {name} is not an attribute of this element", node.line)
    for child in node.children:
        if child.name in SSML_ATTRIBUTES:
            yield from _ssml(child)
        else:
            yield Fault(12200, f"<{child.name}> is not allowed in <{node.name}>", child.line)


def _order(verbs: Sequence[Node]) -> Iterator[Fault]:
    for node in verbs[1:]:
        if node.name == "Reject":
            yield Fault(12200, "<Reject> must be the first verb", node.line)


def _ends(node: Node) -> bool:
    """Nothing after this verb ever runs."""
    match node.name:
        case "Redirect" | "Hangup" | "Reject" | "Record" | "Leave":
            return True
        case "Dial" | "Connect" | "Enqueue":
            return bool(node.get("action"))
        case "Gather":
            return node.get("actionOnEmptyResult") == "true"
    return False


def _unreachable(verbs: Sequence[Node]) -> Iterator[str]:
    for index, node in enumerate(verbs):
        if _ends(node):
            yield from (
                f"unreachable: <{later.name}> on line {later.line}, after <{node.name}>" for later in verbs[index + 1 :]
            )
            return


def _ignored(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        for name in sorted(node.attributes.keys() & IGNORED.get(node.name, frozenset())):
            yield f"ignored: {name} of <{node.name}> on line {node.line}"
        yield from _ignored(node.children)
