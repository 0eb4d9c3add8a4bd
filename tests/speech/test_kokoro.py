import hashlib
import http.server
import threading

import numpy as np
import pytest

from voicebot.errors import ContentError, ModelError
from voicebot.speech.kokoro import (
    MAX_TOKENS,
    MODEL,
    RATE,
    VOICES,
    Kokoro,
    ReleaseFile,
    Weights,
    fetch,
    find_weights,
    load_style,
    sentences,
)


class FakeSession:
    """A model that gives 10 ms of tone for each token and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def run(self, _names, feed):
        self.asked.append(feed)
        return [np.full((1, feed["tokens"].size * RATE // 100), 0.5, np.float32)]


@pytest.fixture(name="voices")
def _voices(tmp_path):
    """A voice whose every row of style holds its own number."""
    rows = np.repeat(np.arange(MAX_TOKENS, dtype=np.float32)[:, None], 256, axis=1)
    folder = tmp_path / "voices"
    folder.mkdir()
    rows.tofile(folder / "zf_test.bin")
    return folder


def test_a_sentence_is_put_to_the_model_as_it_wants_it(voices):
    session = FakeSession()
    Kokoro(session, lambda text: "ni↓xau↓", voices).say("您好。", "zf_test", 0.8)
    (feed,) = session.asked
    assert feed["tokens"].dtype == np.int64
    assert feed["tokens"][0, [0, -1]].tolist() == [0, 0]
    assert feed["tokens"].shape == (1, 7 + 2)
    assert feed["style"].shape == (1, 256)
    assert feed["style"][0, 0] == 7 - 1, "the style of so many tokens"
    assert feed["speed"].tolist() == pytest.approx([0.8])


def test_sentences_are_spoken_one_by_one_with_a_pause_that_follows_the_pace(voices):
    text = "请直接说您的问题。任何时候按零转人工。"
    lengths = [
        Kokoro(FakeSession(), lambda _: "nixau", voices).say(text, "zf_test", speed).size for speed in (1.0, 0.5)
    ]
    assert lengths[1] - lengths[0] == pytest.approx(0.3 * RATE)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("您好，请直接说您的问题。任何时候按零，转人工。", ["您好，请直接说您的问题。", "任何时候按零，转人工。"]),
        ("好的。我说慢一点。", ["好的。我说慢一点。"]),
        ("请直接说您的问题。再见。", ["请直接说您的问题。", "再见。"]),
        ("第一段没有句号\n第二段也没有句号的", ["第一段没有句号\n第二段也没有句号的"]),
        ("您的问题是这样的吗？！", ["您的问题是这样的吗？！"]),
        ("", []),
    ],
)
def test_cutting_into_sentences(text, cut):
    assert list(sentences(text)) == cut
    assert "".join(cut) == text


@pytest.mark.parametrize(
    ("text", "phonemes", "named"),
    [
        pytest.param("请打开APP。", "APP", "APP", id="latin letters"),
        pytest.param("拼❓写", "pʰin❓", "❓", id="what the dictionary does not know"),
    ],
)
def test_what_cannot_be_pronounced_is_named(voices, text, phonemes, named):
    with pytest.raises(ContentError, match=named):
        Kokoro(FakeSession(), lambda _: phonemes, voices).say(text, "zf_test")


def test_a_sentence_without_end_is_refused(voices):
    with pytest.raises(ContentError, match="句号"):
        Kokoro(FakeSession(), lambda _: "a" * (MAX_TOKENS + 1), voices).say("长句", "zf_test")


def test_a_voice_that_does_not_exist_is_named(voices):
    with pytest.raises(ModelError, match="zf_nobody"):
        Kokoro(FakeSession(), lambda _: "a", voices).say("您好", "zf_nobody")


def test_voices_are_read_from_the_release_and_from_single_files(tmp_path, voices):
    style = load_style(voices, "zf_test")
    np.savez(tmp_path / "voices.npz", zf_test=style.reshape(MAX_TOKENS, 1, 256))
    (tmp_path / "voices.npz").rename(tmp_path / VOICES.name)
    assert np.array_equal(load_style(tmp_path / VOICES.name, "zf_test"), style)
    assert style.shape == (MAX_TOKENS, 256)


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


@pytest.mark.parametrize(
    ("files", "model", "voices"),
    [
        ([MODEL.name, VOICES.name], MODEL.name, VOICES.name),
        (["kokoro-v1.0.onnx", MODEL.name, VOICES.name], MODEL.name, VOICES.name),
        (["kokoro-v1.0.onnx", VOICES.name], "kokoro-v1.0.onnx", VOICES.name),
        ([MODEL.name, "voices/zf_xiaoxiao.bin"], MODEL.name, "voices"),
        ([MODEL.name, "node_modules/kokoro-js/voices/zf_xiaoxiao.bin"], MODEL.name, "node_modules/kokoro-js/voices"),
    ],
)
def test_weights_are_found(tmp_path, files, model, voices):
    make(tmp_path, *files)
    expected = Weights(tmp_path / model, tmp_path / voices)
    assert find_weights(tmp_path) == expected
    assert find_weights(cache=tmp_path) == expected


@pytest.mark.parametrize(
    ("files", "lacking"), [([], "模型和音色"), ([MODEL.name], "的音色"), ([VOICES.name], "的模型")]
)
def test_what_is_missing_is_said_with_what_to_run(tmp_path, files, lacking):
    make(tmp_path, *files)
    with pytest.raises(ModelError, match=f"{lacking}.*voicebot voice fetch"):
        find_weights(tmp_path)


def test_the_release_is_fetched_into_the_folder(tmp_path):
    served = tmp_path / "served"
    content = {MODEL.name: b"model" * 999, VOICES.name: b"voices" * 999}
    for name, body in content.items():
        make(served, name)
        (served / name).write_bytes(body)
    release = [ReleaseFile(name, len(body), hashlib.sha256(body).hexdigest()) for name, body in content.items()]

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=served)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            target = tmp_path / "kokoro"
            weights = fetch(target, base=f"http://127.0.0.1:{server.server_port}/", release=release)
        finally:
            server.shutdown()
            thread.join()
    assert weights == find_weights(target)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == content
