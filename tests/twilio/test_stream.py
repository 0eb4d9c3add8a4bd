"""A stream from its first frame to what the call goes on with."""

import json

import pytest
from simple_websocket import ConnectionClosed
from wsproto.utilities import LocalProtocolError

from tests.dialogue.conftest import FAQ, KNOWLEDGE
from tests.twilio.asking import CALL, Twilio
from tests.twilio.world import MEDIA, STOP, FakeEar, FakeEars, FakeVoice, LostRecord, Peer, key, start
from voicebot.dialogue import Knowledge
from voicebot.dialogue.commands import Clip, Reason
from voicebot.events import (
    EndReason,
    Fault,
    FaultOccurred,
    PartialHeard,
    RecogniserLost,
    SpeechStarted,
    UtteranceHeard,
    typed,
)
from voicebot.speech.ear import BUSY
from voicebot.twilio.continuing import Continuing
from voicebot.twilio.line import SocketClosed
from voicebot.twilio.stream import START_S, FlaskSocket, serve_stream
from voicebot.twilio.twiml import Pages
from voicebot.web import create_app


class WebSocket:
    """A `Peer` as simple-websocket shows it, with its reading thread and its socket."""

    def __init__(self, peer, *, agrees=True):
        self._peer = peer
        self._agrees = agrees
        self.closing = []
        self.thread = self.sock = self

    def close(self):
        self.closing.append("close")

    def join(self, timeout):
        assert 0 < timeout < 5
        self.closing.append("join")

    def is_alive(self):
        return not self._agrees

    def shutdown(self, how):
        self.closing.append("shutdown")

    def receive(self, timeout=None):
        try:
            return self._peer.receive(timeout)
        except SocketClosed:
            raise ConnectionClosed(1006) from None

    def send(self, data):
        try:
            self._peer.send(data)
        except SocketClosed:
            raise ConnectionClosed(1006) from None


class Stage:
    """A bot, Twilio asking for pages, and streams of the call."""

    def __init__(self, bot):
        self.bot = bot
        self.twilio = Twilio(create_app(bot).test_client())
        self.continuing = Continuing(bot, Pages("https://line.example", lambda clip, slow: None), "wss://x")

    def ring(self):
        return self.twilio.ask("voice").find("Connect/Stream/Parameter").attrib["value"]

    def stream(self, token, script=None, *, call=CALL, first=None, **options):
        """Run one stream; `script` is by second after the start frame."""
        script = {at + 0.04: frame for at, frame in (script or {}).items()}
        peer = Peer({0.0: first or start(call, token=token)} | script, **options)
        serve_stream(self.bot, self.continuing, WebSocket(peer), peer.clock)
        return peer


@pytest.fixture
def stage(make_bot):
    return lambda *ears, **differs: Stage(make_bot(ears=FakeEars(list(ears)), **differs))


def sound(name):
    return FakeVoice().audio(Clip(f"prompts/{name}", ""))


def test_the_caller_is_greeted(stage):
    ear = FakeEar()
    line = stage(ear)
    peer = line.stream(line.ring(), until=3)

    assert peer.heard == sound("greeting")
    assert peer.events("media")[0] < 0.1
    assert ear.paces == [0.6]
    assert ear.closed == 1


def test_a_whole_call(stage, record):
    ear = FakeEar(
        {2.0: [SpeechStarted()], 2.5: [PartialHeard("补卡")], 3.0: [UtteranceHeard(typed("补卡"), 1.0, quiet_s=0.6)]}
    )
    line = stage(ear)
    peer = line.stream(line.ring(), {8.0: key("0")})
    page = line.twilio.ask("continue")

    assert FakeVoice().audio(Clip("answers/rsj-001", "")) in peer.heard
    assert peer.heard.endswith(sound("hand_over"))
    assert (page.kind, page.words) == ("Dial", [])  # the last words were heard on the stream
    assert [(turn.decision, turn.entry) for turn in record.turns_of(CALL)] == [
        ("answered", "rsj-001"),
        ("handed-over", None),
    ]
    assert len(record.tickets_of(CALL)) == 1
    assert record.call(CALL).first_audio_s == pytest.approx(0.0, abs=0.05)
    assert record.turns_of(CALL)[0].answer_latency_s == pytest.approx(0.6, abs=0.05)


REFUSED = {
    "no token": lambda token: start(CALL),
    "another token": lambda token: start(CALL, token="x" * 43),
    "the token of another call": lambda token: start("CA" + "9" * 32, token=token),
    "no start": lambda token: MEDIA,
    "garbage": lambda token: "{",
    "stopped before it began": lambda token: STOP,
    "another encoding": lambda token: start(CALL, token=token).replace("mulaw", "opus"),
}


@pytest.mark.parametrize("first", REFUSED.values(), ids=REFUSED.keys())
def test_a_stream_that_is_not_ours(stage, record, first):
    ear = FakeEar()
    line = stage(ear)
    peer = line.stream("", first=first(line.ring()))

    assert peer.sent == []
    assert peer.now - peer.began < START_S + 1
    assert ear.heard_s == 0
    assert record.load_state(CALL) is None


def test_a_token_lets_one_stream_in(stage):
    line = stage(FakeEar(), FakeEar())
    token = line.ring()
    line.stream(token, until=1)

    assert line.stream(token, until=1).sent == []


def test_a_token_expires(stage, clock):
    line = stage(FakeEar())
    token = line.ring()
    clock.pass_(3600)

    assert line.stream(token, until=1).sent == []


def test_connected_comes_before_start(stage):
    line = stage(FakeEar())
    token = line.ring()
    peer = Peer(
        {0.0: '{"event":"connected","protocol":"Call","version":"1.0.0"}', 0.02: start(CALL, token=token)}, until=2
    )
    serve_stream(line.bot, line.continuing, WebSocket(peer), peer.clock)

    assert sound("greeting")[:800] in peer.heard


def test_a_peer_that_says_nothing_is_not_waited_for_long(stage):
    line = stage()
    peer = line.stream("", first=None, quiet_after=0, until=600)

    assert peer.now - peer.began <= START_S + 1


def test_hanging_up_ends_the_call(stage, record):
    ear = FakeEar()
    line = stage(ear)
    line.stream(line.ring(), {1.0: STOP})
    row = record.call(CALL)

    assert row.end_reason is EndReason.CALLER_HUNG_UP
    assert ear.closed == 1
    assert line.twilio.ask("continue", CallStatus="completed").verbs == []


NO_EARS = {
    "none ready": lambda: FakeEars([]),
    "broken": lambda: type("Broken", (), {"ready": True, "open": lambda self: 1 / 0})(),
}


@pytest.mark.parametrize("ears", NO_EARS.values(), ids=NO_EARS.keys())
def test_without_a_recogniser_a_person_comes(make_bot, record, ears):
    line = Stage(make_bot(ears=ears()))
    peer = line.stream(line.ring())

    assert peer.heard == sound("hand_over_fault")
    assert line.twilio.ask("continue").kind == "Dial"
    assert len(record.tickets_of(CALL)) == 1


def test_an_empty_faq_brings_a_person(make_bot):
    knowledge = Knowledge(type(FAQ)(), KNOWLEDGE.understand)
    line = Stage(make_bot(ears=FakeEars([FakeEar()]), knowledge=knowledge))
    line.stream(line.ring())

    assert line.twilio.ask("continue").kind == "Dial"


class DeafEar(FakeEar):
    """Breaks in the middle of a call, in a way nobody thought of."""

    def hear(self, pcm):
        super().hear(pcm)
        if self.heard_s > 1.5:
            raise BrokenPipeError


def test_one_caller_too_many_goes_to_a_person_and_the_record_says_why(make_bot, record):
    line = Stage(make_bot(ears=FakeEars([], why=BUSY)))
    peer = line.stream(line.ring())

    assert peer.heard.endswith(sound("hand_over"))
    assert line.twilio.ask("continue").kind == "Dial"
    assert [ticket.reason for ticket in record.tickets_of(CALL)] == [Reason.BUSY]


def test_an_ear_that_breaks_brings_a_person(stage, record):
    ear = DeafEar()
    line = stage(ear)
    line.stream(line.ring())
    page = line.twilio.ask("continue")

    assert (page.kind, page.words) == ("Dial", ["prompts/hand_over_fault"])
    assert len(record.tickets_of(CALL)) == 1
    assert ear.closed == 1


@pytest.mark.parametrize("event", [RecogniserLost(replaced=False), FaultOccurred(Fault.SPEECH)], ids=["lost", "fault"])
def test_a_recogniser_that_dies_brings_a_person(stage, event):
    line = stage(FakeEar({1.5: [event] * 3}))
    peer = line.stream(line.ring())

    assert peer.heard.endswith(sound("hand_over_fault"))
    assert line.twilio.ask("continue").kind == "Dial"


def test_a_matcher_that_breaks_brings_a_person(make_bot):
    ears = FakeEars([FakeEar({1.5: [UtteranceHeard(typed("补卡"), 1.0)]})])
    line = Stage(make_bot(ears=ears, knowledge=Knowledge(FAQ, lambda hypotheses: 1 / 0)))
    line.stream(line.ring())

    assert line.twilio.ask("continue").kind == "Dial"


def test_a_call_goes_on_after_its_stream_broke(stage):
    line = stage(
        FakeEar({2.0: [UtteranceHeard(typed("补卡"), 1.0)]}), FakeEar({3.0: [UtteranceHeard(typed("失业"), 1.0)]})
    )
    line.stream(line.ring(), until=3)
    page = line.twilio.ask("continue")
    peer = line.stream(page.find("Connect/Stream/Parameter").attrib["value"], until=8)

    assert sound("greeting") not in peer.heard
    assert peer.heard.startswith(sound("repeat_please"))
    assert FakeVoice().audio(Clip("answers/rsj-002", "")) in peer.heard


def test_a_call_whose_words_twilio_spoke_goes_on(stage):
    voice = FakeVoice(missing=frozenset({"answers/rsj-001"}))
    line = stage(FakeEar({2.0: [UtteranceHeard(typed("补卡"), 1.0)]}), FakeEar(), voice=voice)
    line.stream(line.ring())
    page = line.twilio.ask("continue")
    peer = line.stream(page.find("Connect/Stream/Parameter").attrib["value"], {1.0: key("*")})

    assert page.words == ["带身份证去网点补办。", "prompts/after_answer"]
    assert peer.sent == []  # nothing to add: we listen, and * has it spoken again
    assert line.twilio.ask("continue").words == ["带身份证去网点补办。"]


def test_a_stream_that_opens_after_a_decision_closes_at_once(stage):
    """0 was pressed on the first stream when it was cut; the second opens all the same."""
    line = stage(FakeEar(), FakeEar())
    line.stream(line.ring(), {1.0: key("0")}, until=1.2)
    second = line.stream(line.bot.record.issue_token(CALL), until=600)

    assert second.sent == []
    assert second.now - second.began < 1
    page = line.twilio.ask("continue")
    assert (page.kind, page.words) == ("Dial", ["prompts/hand_over"])


def test_a_caller_of_the_green_channel_goes_to_a_person(stage, record, clock):
    line = stage(FakeEar())
    token = line.ring()
    record.register_green(record.call(CALL).caller_key, consent="test", expires_at=clock().replace(year=2099))
    line.stream(token)

    assert line.twilio.ask("continue").kind == "Dial"


def test_a_stream_without_the_record_is_left_at_once(stage):
    ear = FakeEar()
    line = stage(ear, record=LostRecord())
    peer = line.stream("token")

    assert (peer.sent, ear.heard_s) == ([], 0)
    assert line.twilio.ask("continue").kind == "Dial"


@pytest.mark.parametrize(
    "error", [ConnectionClosed(1006), OSError("reset"), BrokenPipeError(), LocalProtocolError("closing")]
)
def test_every_way_a_socket_breaks_is_closed(error):
    class Breaking:
        def receive(self, timeout=None):
            raise error

        def send(self, data):
            raise error

    socket = FlaskSocket(Breaking())
    with pytest.raises(SocketClosed):
        socket.send(json.dumps({}))
    with pytest.raises(SocketClosed):
        socket.receive(0.02)
