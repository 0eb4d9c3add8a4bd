import base64
import json

import pytest

from voicebot.switchboard.frames import (
    ClearBuffer,
    FrameWriter,
    InvalidMessage,
    PlayAudio,
    SetMark,
    read_message,
)


def test_frames_have_twilios_form():
    writer = FrameWriter("AC1", "CA1", "MZ1")
    frames = [
        writer.connected(),
        writer.start(["inbound"], {"FirstName": "Jane"}),
        writer.media(b"\x7e" * 160, 73),
        writer.dtmf("1"),
        writer.mark("my label"),
        writer.stop(),
    ]
    assert [json.loads(frame) for frame in frames] == [
        {"event": "connected", "protocol": "Call", "version": "1.0.0"},
        {
            "event": "start",
            "sequenceNumber": "1",
            "start": {
                "accountSid": "AC1",
                "streamSid": "MZ1",
                "callSid": "CA1",
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": {"FirstName": "Jane"},
            },
            "streamSid": "MZ1",
        },
        {
            "event": "media",
            "sequenceNumber": "2",
            "media": {
                "track": "inbound",
                "chunk": "1",
                "timestamp": "73",
                "payload": base64.b64encode(b"\x7e" * 160).decode(),
            },
            "streamSid": "MZ1",
        },
        {
            "event": "dtmf",
            "sequenceNumber": "3",
            "dtmf": {"track": "inbound_track", "digit": "1"},
            "streamSid": "MZ1",
        },
        {"event": "mark", "sequenceNumber": "4", "mark": {"name": "my label"}, "streamSid": "MZ1"},
        {"event": "stop", "sequenceNumber": "5", "stop": {"accountSid": "AC1", "callSid": "CA1"}, "streamSid": "MZ1"},
    ]


def test_chunks_are_counted_by_track():
    writer = FrameWriter("AC1", "CA1", "MZ1")
    chunks = [json.loads(writer.media(b"", 0, track))["media"]["chunk"] for track in ("inbound", "outbound", "inbound")]
    assert chunks == ["1", "1", "2"]
    assert writer.sent == {"media": 3}


@pytest.mark.parametrize(
    ("message", "read"),
    [
        ({"event": "media", "media": {"payload": base64.b64encode(b"abc").decode()}}, PlayAudio(b"abc")),
        ({"event": "mark", "mark": {"name": "a"}}, SetMark("a")),
        ({"event": "clear"}, ClearBuffer()),
    ],
)
def test_messages_that_are_understood(message, read):
    assert read_message(json.dumps(message | {"streamSid": "MZ1"}), "MZ1") == read


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "[]",
        '{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":"1"}}',
        '{"event":"clear"}',
        '{"event":"clear","streamSid":"MZ2"}',
        '{"event":"clear","streamSid":"MZ1","sequenceNumber":"1"}',
        '{"event":"mark","streamSid":"MZ1","mark":{}}',
        '{"event":"mark","streamSid":"MZ1","mark":{"name":1}}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":"?"}}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":""}}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":"UklGRgAAAAA="}}',
        '{"event":"media","streamSid":"MZ1","media":"YWJj"}',
    ],
)
def test_messages_that_are_not(text):
    with pytest.raises(InvalidMessage):
        read_message(text, "MZ1")
