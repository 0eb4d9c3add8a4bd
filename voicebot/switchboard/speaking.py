"""Verbs that speak, wait, or lead elsewhere: Say, Play, Pause, Redirect, Reject, Hangup, Leave."""

from __future__ import annotations

from voicebot.audio import silence
from voicebot.switchboard import sound
from voicebot.switchboard.call import Call, Go, HungUp, Left
from voicebot.switchboard.node import Node
from voicebot.switchboard.reading import decode_sound, media_type
from voicebot.switchboard.twiml import BadDocument
from voicebot.switchboard.webhook import WebhookError

LATIN_RATE = 15.0
"""Letters of other scripts that <Say> speaks in a second."""
FOREVER = 1000
"""What a loop of 0 means."""


async def say(call: Call, node: Node) -> Go | None:
    """<Say>: silence as long as the text would take, with the text as its label."""
    text = node.spoken
    wide = sum(ord(letter) > 0x2E7F for letter in text)
    duration = max(0.4, wide / call.board.options.say_rate + (len(text) - wide) / LATIN_RATE)
    for _ in range(int(node.get("loop", "1")) or FOREVER):
        await call.play(silence(duration), "say", text)
    return None


async def play(call: Call, node: Node) -> Go | None:
    """<Play>: a sound file, or keys. A file that cannot be had or played is passed over."""
    if node.get("digits"):
        pauses = {"w": silence(0.5), "W": silence(1.0)}
        tones = (pauses.get(key) or sound.key_tone(key) + silence(0.1) for key in node.get("digits"))
        await call.play(b"".join(tones), "play", node.get("digits"))
        return None
    url = call.address(node.text)
    try:
        reply = await call.asking.ask("play", url, "GET", {})
        ulaw = decode_sound(reply.body, media_type(reply.content_type))
    except (WebhookError, BadDocument) as error:
        call.asking.problem(error.code, "error", error.message, url)
        return None
    for _ in range(int(node.get("loop", "1")) or FOREVER):
        await call.play(ulaw, "play", url)
    return None


async def pause(call: Call, node: Node) -> Go | None:
    """<Pause>: as the first verb it delays answering."""
    await call.board.clock.sleep(float(node.get("length", "1")))
    return None


async def redirect(call: Call, node: Node) -> Go | None:
    """<Redirect>: another document."""
    return Go(call.address(node.text), node.get("method", "POST"))


async def reject(call: Call, node: Node) -> Go | None:
    """<Reject>: the call is never answered."""
    if not call.answered:
        call.result.status = "busy" if node.get("reason") == "busy" else "no-answer"
    raise HungUp("line")


async def hangup(call: Call, node: Node) -> Go | None:
    """<Hangup>."""
    raise HungUp("line")


async def leave(call: Call, node: Node) -> Go | None:
    """<Leave>: out of the queue, to what follows <Enqueue>."""
    raise Left
