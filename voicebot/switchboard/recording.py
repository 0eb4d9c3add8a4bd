"""<Record>, and what becomes of any recording: a file that exists a little later, and a callback about it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import format_datetime

from voicebot.audio import seconds
from voicebot.switchboard import sound
from voicebot.switchboard.account import new_sid
from voicebot.switchboard.call import Call, Go
from voicebot.switchboard.node import Node
from voicebot.switchboard.recordings import Recorder, Recording, whole_seconds
from voicebot.switchboard.result import RecordingRecord


async def record(call: Call, node: Node) -> Go | None:
    """Record the party until silence, a key, the longest length or hanging up; then `action` is asked."""
    if node.get("playBeep", "true") == "true":
        await call.play(sound.beep(), "beep")
    recorder = Recorder(timeout_s=float(node.get("timeout", "5")), max_s=float(node.get("maxLength", "3600")))
    keys = node.get("finishOnKey", "1234567890*#")

    def listener(key: str) -> None:
        if key in keys:
            recorder.stop(key)

    call.phone.taps.append(recorder.tap)
    call.key_listeners.append(listener)
    go = Go(call.address(node.get("action")), node.get("method", "POST"))
    try:
        why = await recorder.done
    except asyncio.CancelledError:
        if call.over:
            await call.tell(Go(go.url, go.method, _finished(call, node, recorder, "hangup")))
        raise
    finally:
        call.phone.taps.remove(recorder.tap)
        call.key_listeners.remove(listener)
    return Go(go.url, go.method, _finished(call, node, recorder, why if why in keys else ""))


def _finished(call: Call, node: Node, recorder: Recorder, digits: str) -> dict[str, str]:
    """Keep the recording; the fields of `action`."""
    ulaw = recorder.audio(trim=node.get("trim", "trim-silence") == "trim-silence")
    fields = keep(call, node, ulaw, "RecordVerb")
    return {key: fields[key] for key in ("RecordingUrl", "RecordingSid", "RecordingDuration") if key in fields} | {
        "Digits": digits
    }


def keep(call: Call, node: Node, ulaw: bytes, source: str) -> dict[str, str]:
    """Keep a recording and tell its status callback when its file exists; the fields that describe it.

    An empty one is reported as ``absent`` and has no address.
    """
    board = call.board
    sid = new_sid("RE")
    account = board.options.account.sid
    url = f"{board.api_url}/2010-04-01/Accounts/{account}/Recordings/{sid}"
    fields = {
        "AccountSid": account,
        "CallSid": call.sid,
        "RecordingSid": sid,
        "RecordingStatus": "completed" if ulaw else "absent",
        "RecordingDuration": whole_seconds(ulaw),
        "RecordingChannels": "1",
        "RecordingSource": source,
    }
    if source == "DialVerb":
        fields["RecordingStartTime"] = format_datetime(datetime.now(UTC))
    if ulaw:
        fields["RecordingUrl"] = url
        call.result.recordings.append(RecordingRecord(sid, call.now, seconds(ulaw), source, url))
    board.spawn(_appear(call, node, Recording(sid, call.sid, ulaw), fields))
    return fields


async def _appear(call: Call, node: Node, recording: Recording, fields: dict[str, str]) -> None:
    """The file exists some time after the recording ended, and only then is its callback sent."""
    board = call.board
    board.recordings.add(recording)
    await board.clock.sleep(board.options.recording_delay_s)
    recording.ready = bool(recording.ulaw)
    events = node.get("recordingStatusCallbackEvent", "completed").replace(",", " ").split()
    if fields["RecordingStatus"] in events:
        url = node.get("recordingStatusCallback")
        call.asking.callback(call.address(url) if url else "", node.get("recordingStatusCallbackMethod"), fields)
