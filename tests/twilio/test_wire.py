"""Frames both ways. The real ones are those of Twilio's documentation and of captures."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.errors import RemoteError
from voicebot.twilio import wire
from voicebot.twilio.wire import Connected, Key, Mark, Media, Start, Stop

FORMAT = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}


def start(**changes):
    inner = {
        "accountSid": "AC1",
        "streamSid": "MZ1",
        "callSid": "CA1",
        "tracks": ["inbound"],
        "mediaFormat": FORMAT,
        "customParameters": {"token": "abc"},
    }
    inner |= changes
    return json.dumps({"event": "start", "sequenceNumber": "1", "start": inner, "streamSid": "MZ1"})


def media(track, payload):
    return json.dumps(
        {
            "event": "media",
            "sequenceNumber": "926",
            "media": {"track": track, "chunk": "925", "timestamp": "18553", "payload": payload},
            "streamSid": "MZ1",
        }
    )


QUIET = base64.b64encode(b"\x7e" * 160).decode()

FRAMES = {
    "connected": ('{"event":"connected","protocol":"Call","version":"1.0.0"}', Connected()),
    "start": (start(), Start("MZ1", "CA1", {"token": "abc"})),
    "start without parameters": (start(customParameters=None), Start("MZ1", "CA1", {})),
    "start with a rate as text": (
        start(mediaFormat={**FORMAT, "sampleRate": "8000"}),
        Start("MZ1", "CA1", {"token": "abc"}),
    ),
    "media": (media("inbound", QUIET), Media(b"\x7e" * 160)),
    "media of the other track": (media("outbound", QUIET), None),
    "media of any length": (media("inbound", base64.b64encode(b"\x00").decode()), Media(b"\x00")),
    "key": (
        '{"event":"dtmf","streamSid":"MZ1","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"1"}}',
        Key("1"),
    ),
    "mark": ('{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"my label"}}', Mark("my label")),
    "stop": (
        '{"event":"stop","sequenceNumber":"5","stop":{"accountSid":"AC1","callSid":"CA1"},"streamSid":"MZ1"}',
        Stop(),
    ),
    "an event of tomorrow": ('{"event":"weather","streamSid":"MZ1"}', None),
}


@pytest.mark.parametrize(("text", "frame"), FRAMES.values(), ids=FRAMES.keys())
def test_frame(text, frame):
    assert wire.parse(text) == frame
    assert wire.parse(text.encode()) == frame


BROKEN = {
    "empty": "",
    "not JSON": "hello",
    "half a frame": start()[:40],
    "not an object": "[1]",
    "a number": "7",
    "no event": '{"streamSid":"MZ1"}',
    "an event that is not text": '{"event":["media"]}',
    "nested too deep": "[" * 100_000,
    "media without media": '{"event":"media"}',
    "media without payload": '{"event":"media","media":{"track":"inbound"}}',
    "payload not base64": media("inbound", "*" * 8),
    "payload of wrong padding": media("inbound", "abc"),
    "payload a number": media("inbound", 1),
    "media a list": '{"event":"media","media":[]}',
    "key without a digit": '{"event":"dtmf","dtmf":{"digit":""}}',
    "two keys": '{"event":"dtmf","dtmf":{"digit":"12"}}',
    "key a number": '{"event":"dtmf","dtmf":{"digit":1}}',
    "mark without a name": '{"event":"mark","mark":{}}',
    "start without start": '{"event":"start"}',
    "start without a call": start(callSid=None),
    "start of another encoding": start(mediaFormat={**FORMAT, "encoding": "audio/opus"}),
    "start of another rate": start(mediaFormat={**FORMAT, "sampleRate": 16000}),
    "start of an endless rate": start(mediaFormat={**FORMAT, "sampleRate": float("inf")}),
    "start in stereo": start(mediaFormat={**FORMAT, "channels": 2}),
    "start with odd parameters": start(customParameters=["token"]),
    "start with a number for a parameter": start(customParameters={"token": 1}),
    "half of a surrogate pair": start(customParameters={"token": "\ud800"}),
    "not UTF-8": b"\xff\xfe{",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_broken_frame(text):
    with pytest.raises(RemoteError):
        wire.parse(text)


SENT = {
    "media": (
        wire.media("MZ1", b"\xff\x7f"),
        '{"event": "media", "streamSid": "MZ1", "media": {"payload": "/38="}}',
    ),
    "mark": (wire.mark("MZ1", "7"), '{"event": "mark", "streamSid": "MZ1", "mark": {"name": "7"}}'),
    "clear": (wire.clear("MZ1"), '{"event": "clear", "streamSid": "MZ1"}'),
}


@pytest.mark.parametrize(("made", "text"), SENT.values(), ids=SENT.keys())
def test_sent_frame(made, text):
    assert made == text


def test_what_we_send_has_no_file_header():
    payload = json.loads(wire.media("MZ1", b"\x12" * 800))["media"]["payload"]

    assert base64.b64decode(payload) == b"\x12" * 800


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["connected", "start", "media", "dtmf", "mark", "stop", "closed"])
NEARLY = st.builds(
    lambda event, inner, more: json.dumps({**more, "event": event, event: inner}),
    NAMES,
    JSON
    | st.fixed_dictionaries(
        {},
        optional={
            key: JSON
            for key in ("mediaFormat", "customParameters", "streamSid", "callSid", "track", "payload", "digit", "name")
        },
    ),
    st.dictionaries(st.text(), JSON, max_size=2),
)


@given(st.text() | st.binary() | JSON.map(json.dumps) | NEARLY)
def test_nothing_but_a_remote_error_is_raised(text):
    try:
        frame = wire.parse(text)
    except RemoteError:
        return
    assert frame is None or isinstance(frame, wire.Frame)
