"""Every page is legal for Twilio: checked against the SDK's own classes and the emulated Twilio's strict reader."""

import inspect
from xml.etree import ElementTree as ET

import pytest
from twilio.twiml import TwiML, lower_camel, voice_response

from voicebot.dialogue.commands import Clip
from voicebot.switchboard.twiml import read
from voicebot.twilio import twiml
from voicebot.twilio.twiml import Pages

BASE = "https://line.example"
SOCKET = "wss://line.example/twilio/stream"
RECORDED = Clip("prompts/hand_over", "好的，马上为您转人工。")
SPOKEN = Clip("answers/rsj-001", "带身份证，去<网点>补办 & 当场取。")
CLIPS = (RECORDED, SPOKEN)
PAGES = Pages(BASE, lambda clip, slow: f"{BASE}/twilio/clip/normal/{clip.name}.wav" if clip is RECORDED else None)
DESK = "+15005550006"
LINE = "+15005550001"
LONG = Clip("answers/long", "按" * 300)
DIRTY = Clip("answers/dirty", "第一\x00行\x0b第二\ud800行")

ALL = {
    "stream": PAGES.stream(SOCKET, "t0ken"),
    "speak, then stream": PAGES.speak_then_stream(CLIPS, False, SOCKET, "t0ken"),
    "speak nothing, then stream": PAGES.speak_then_stream((), False, SOCKET, "t0ken"),
    "ring": PAGES.ring(DESK, LINE, "CA1", CLIPS, False),
    "ring without words": PAGES.ring(DESK, LINE, "CA1", (), False),
    "ring from a withheld number": PAGES.ring(DESK, "", "CA1", (), False),
    "record": PAGES.record(CLIPS, False),
    "record without words": PAGES.record((), False),
    "hang up": PAGES.hang_up(CLIPS, True),
    "hang up without words": PAGES.hang_up((), False),
    "whisper": PAGES.whisper("CA1", "来电人说“社保卡丢了”，想问社保卡丢了怎么补办。", CLIPS),
    "whisper without a summary": PAGES.whisper("CA1", "", (RECORDED,)),
    "nothing": twiml.nothing(),
    "refuse": twiml.refuse(),
    "a long answer": PAGES.speak_then_stream((LONG, LONG, LONG), False, SOCKET, "t" * 43),
    "characters that are not XML": PAGES.hang_up((DIRTY,), False),
    "nothing to say": PAGES.record((Clip("answers/empty", " \x00"),), False),
}
WHISPERS = {"whisper", "whisper without a summary", "refuse", "nothing"}
each = pytest.mark.parametrize("page", ALL.values(), ids=ALL.keys())


def parsed(page):
    return ET.fromstring(page.encode("utf-8"))


def known_to_the_sdk(parent, tag):
    """Attributes that the SDK's method for this element inside its parent takes, as they stand in XML."""
    inside = voice_response.VoiceResponse if parent == "Response" else getattr(voice_response, parent)
    taken = inspect.signature(getattr(inside, tag.lower())).parameters
    return {lower_camel(name) for name in taken}


@each
def test_every_verb_and_attribute_is_one_the_sdk_knows(page):
    for parent in parsed(page).iter():
        for element in parent:
            assert element.attrib.keys() <= known_to_the_sdk(parent.tag, element.tag)


@pytest.mark.parametrize("name", ALL)
def test_the_emulated_twilio_finds_no_fault(name):
    read(ALL[name].encode(), "call", strict=True)
    if name in WHISPERS:
        read(ALL[name].encode(), "whisper", strict=True)


@each
def test_every_address_is_absolute(page):
    for element in parsed(page).iter():
        for name, value in element.attrib.items():
            if name in ("url", "action") or name.lower().endswith("callback"):
                assert value.startswith((f"{BASE}/twilio/", "wss://line.example/")), (element.tag, name)
        if element.tag in ("Play", "Redirect"):
            assert element.text.startswith(f"{BASE}/twilio/")


@each
def test_every_page_is_short_enough_to_be_sent_inline(page):
    assert len(page) <= 4000


def rebuilt(element):
    """The SDK's own object of what stands there."""
    kind = voice_response.VoiceResponse if element.tag == "Response" else getattr(voice_response, element.tag)
    made = kind.__new__(kind)
    TwiML.__init__(made)
    made.name, made.value, made.attrs = element.tag, element.text, dict(element.attrib)
    for child in element:
        made.append(rebuilt(child))
    return made


@each
def test_every_page_survives_the_sdk(page):
    assert ET.canonicalize(str(rebuilt(parsed(page)))) == ET.canonicalize(page)


def find(page, path):
    found = parsed(page).find(path)
    assert found is not None
    return found


def test_the_stream_carries_its_token():
    page = ALL["stream"]

    assert find(page, "Connect").attrib == {"action": f"{BASE}/twilio/continue"}
    assert find(page, "Connect/Stream").attrib == {"url": SOCKET}
    assert find(page, "Connect/Stream/Parameter").attrib == {"name": "token", "value": "t0ken"}


def test_the_desk_is_rung_from_our_own_number_and_asked_to_press_1():
    dial = find(ALL["ring"], "Dial")

    assert dial.attrib["callerId"] == LINE
    assert dial.attrib["action"] == f"{BASE}/twilio/dialled"
    assert find(ALL["ring"], "Dial/Number").text == DESK
    assert find(ALL["ring"], "Dial/Number").attrib["url"] == f"{BASE}/twilio/whisper?call=CA1"


def test_recordings_are_played_and_the_rest_is_spoken_in_mandarin():
    page = parsed(ALL["ring"])

    assert [child.tag for child in page] == ["Play", "Say", "Dial"]
    assert page[0].text == f"{BASE}/twilio/clip/normal/prompts/hand_over.wav"
    assert (page[1].text, page[1].attrib) == (SPOKEN.text, {"voice": "Polly.Zhiyu-Neural", "language": "cmn-CN"})


@pytest.mark.parametrize("name", ["speak, then stream", "record", "hang up"])
def test_keys_are_heard_while_twilio_speaks(name):
    gather = find(ALL[name], "Gather")

    assert [child.tag for child in gather] == ["Play", "Say"]
    assert gather.attrib == {"action": f"{BASE}/twilio/key", "finishOnKey": "", "numDigits": "1", "timeout": "1"}


def test_a_message_ends_with_0_or_the_hash_key_and_goes_on_without_one():
    record = find(ALL["record"], "Record")

    assert record.attrib["finishOnKey"] == "0#"
    assert record.attrib["recordingStatusCallbackEvent"] == "completed absent"
    assert parsed(ALL["record"])[-1].text == record.attrib["action"]


def test_the_whisper_says_what_it_is_about_and_hangs_up_on_a_voicemail_box():
    page = parsed(ALL["whisper"])

    assert [child.tag for child in page] == ["Gather", "Hangup"]
    assert page[0].attrib["action"] == f"{BASE}/twilio/accept?call=CA1"
    assert [child.tag for child in page[0]] == ["Say", "Play", "Say"] * 2


def test_characters_that_xml_forbids_are_left_out():
    assert find(ALL["characters that are not XML"], "Gather/Say").text == "第一行第二行"
