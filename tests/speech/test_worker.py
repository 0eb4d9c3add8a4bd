"""What the worker process does, without the process: its messages, its use of a recogniser, the models it can feed."""

import io
import json

import pytest

from voicebot.errors import ModelError
from voicebot.speech import modelconf, wire
from voicebot.speech.wire import Kind, Message
from voicebot.speech.worker import Listener, serve

MESSAGES = [
    Message(Kind.READY),
    Message(Kind.AUDIO, 7, 3, 8000, b"\x01\x02" * 800),
    Message(Kind.FINAL, 2**32 - 1, 1, 0, "丢了".encode()),
    Message(Kind.TAKEN, 7, 3),
]


class Dribble(io.RawIOBase):
    """A stream that gives one byte at a time."""

    def __init__(self, data):
        self.data = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        piece = self.data.read(1)
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize(
    "stream", [io.BytesIO, lambda data: io.BufferedReader(Dribble(data))], ids=["whole", "dribble"]
)
def test_messages_survive_the_pipe(stream):
    pipe = stream(b"".join(map(wire.encode, MESSAGES)))

    assert [wire.read(pipe) for _ in MESSAGES] == MESSAGES
    assert wire.read(pipe) is None


@pytest.mark.parametrize("cut", [1, 16, 17, 500])
def test_a_message_cut_short_is_the_end(cut):
    assert wire.read(io.BytesIO(wire.encode(MESSAGES[1])[:cut])) is None


class FakeRecogniser:
    """Hears the bytes as text; ends an utterance of its own at a full stop."""

    def __init__(self):
        self.heard = ""

    def AcceptWaveform(self, data):  # noqa: N802 (Vosk's name)
        self.heard += data.decode()
        return self.heard.endswith("。")

    def PartialResult(self):  # noqa: N802 (Vosk's name)
        return json.dumps({"partial": self.heard.strip()})

    def Result(self):  # noqa: N802 (Vosk's name)
        heard, self.heard = self.heard, ""
        return heard

    FinalResult = Result

    def Reset(self):  # noqa: N802 (Vosk's name)
        self.heard = ""


def audio(text, utterance=1):
    return Message(Kind.AUDIO, 1, utterance, 8000, text.encode())


def test_a_partial_is_told_only_when_it_changed():
    listener = Listener(FakeRecogniser(), bytes, 8000)

    told = [listener.audio(audio(text)) for text in (" ", "社保", " ", "卡")]

    assert told == [[], [(Kind.PARTIAL, "社保")], [], [(Kind.PARTIAL, "社保 卡")]]
    assert listener.finish() == " 社保 卡"


def test_what_vosk_ends_by_itself_is_a_segment():
    listener = Listener(FakeRecogniser(), bytes, 8000)

    assert listener.audio(audio("社保。")) == [(Kind.SEGMENT, "社保。")]
    assert listener.audio(audio("卡")) == [(Kind.PARTIAL, "卡")]
    assert listener.finish() == "卡"


def test_an_utterance_that_was_given_up_leaves_nothing_behind():
    listener = Listener(FakeRecogniser(), bytes, 8000)
    listener.audio(audio("旧", utterance=1))

    assert listener.audio(audio("新", utterance=2)) == [(Kind.PARTIAL, "新")]


def test_every_message_is_answered_in_order_until_the_parent_is_gone():
    class Echo:
        def answer(self, message):
            return [(Kind.PARTIAL, message.body.decode())] if message.body else []

    answers = io.BytesIO()
    serve(Echo(), io.BytesIO(wire.encode(audio("甲")) + wire.encode(Message(Kind.CLOSE, 1))), answers)

    answers.seek(0)
    said = [wire.read(answers) for _ in range(4)]
    assert [(message.kind, message.body.decode()) for message in said if message] == [
        (Kind.PARTIAL, "甲"),
        (Kind.TAKEN, ""),
        (Kind.TAKEN, ""),
    ]


def model_folder(folder, mfcc="--allow-upsample=true", graph=("graph/HCLG.fst",)):
    for name in ("am/final.mdl", "conf/model.conf", *graph):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "conf" / "mfcc.conf").write_text(mfcc)
    return folder


@pytest.mark.parametrize(
    ("mfcc", "rate", "fed"),
    [
        pytest.param("--allow-upsample=true", 8000, 8000, id="Kaldi may sample up"),
        pytest.param("--allow-upsample", 8000, 8000, id="a bare option is true"),
        pytest.param("--allow-upsample=false", 8000, 16000, id="it may not"),
        pytest.param("--use-energy=false # --allow-upsample=true", 8000, 16000, id="a comment is no option"),
        pytest.param("--sample-frequency=8000", 8000, 8000, id="a telephone model"),
        pytest.param("--sample-frequency=8000", 16000, 16000, id="sampling down needs no leave"),
        pytest.param("", 16000, 16000, id="wide-band audio"),
    ],
)
def test_the_rate_a_model_is_fed_at(tmp_path, mfcc, rate, fed):
    assert modelconf.rate_to_feed(model_folder(tmp_path, mfcc), rate) == fed


@pytest.mark.parametrize("graph", [("graph/HCLG.fst",), ("graph/HCLr.fst", "graph/Gr.fst")], ids=["static", "dynamic"])
def test_models_with_either_graph_are_whole(tmp_path, graph):
    modelconf.check(model_folder(tmp_path, graph=graph))


@pytest.mark.parametrize("lacks", ["am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLG.fst"])
def test_what_a_model_lacks_is_named(tmp_path, lacks):
    (model_folder(tmp_path) / lacks).unlink()

    with pytest.raises(ModelError, match=lacks) as fault:
        modelconf.check(tmp_path)
    assert fault.value.code == "model-damaged"


def test_half_a_dynamic_graph_is_none(tmp_path):
    with pytest.raises(ModelError, match=r"HCLG\.fst"):
        modelconf.check(model_folder(tmp_path, graph=("graph/Gr.fst",)))
