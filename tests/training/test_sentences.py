"""What the synthesiser is given to say, and by whom."""

import json
import random
import re
import tomllib

import numpy as np
import pytest

from voicebot import content
from voicebot.audio import resample
from voicebot.errors import ContentError
from voicebot.speech.kokoro import RATE
from voicebot.training import sentences, synthesis
from voicebot.training.text import sentences_in, texts_in

DICTIONARY = "\n".join(
    f"{word} {count} {part}"
    for part, words in {
        **{part: "上海 北京" for part in ("ns", "nt", "s", "nz")},
        **{part: "天气 社保 电话" for part in ("n", "vn", "i", "l", "j", "r", "t", "nr")},
        **{part: "打开 办理 想" for part in ("v", "a", "d", "ad", "b", "c", "f")},
    }.items()
    for word, count in zip(words.split(), (90, 9, 4, 3), strict=False)
)
PATTERNS = tomllib.loads(content.data_text("training.toml"))


def test_sentences_can_all_be_said():
    source = sentences.Sentences(DICTIONARY, PATTERNS, ["社保卡"], ["社保卡丢了怎么补办？"])
    rng = random.Random(1)

    drawn = [source.draw(rng) for _ in range(2000)]

    assert all(re.fullmatch(r"[\u4e00-\u9fff，]+", sentence) for sentence in drawn)
    assert max(map(len, drawn)) <= sentences.LONGEST
    assert {"社保卡丢了怎么补办"} < set(drawn)


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("数", "[零一幺二三四五六七八九]+"),
        ("日", "[一二三四五六七八九十]+月[一二三四五六七八九十]+[号日]"),
        ("钱", ".+(块|元|块钱|万元)"),
    ],
)
def test_numbers(kind, form):
    rng = random.Random(2)

    assert all(re.fullmatch(form, sentences.number(kind, rng)) for _ in range(200))


def test_voices_kept_for_tests_are_in_no_speaker():
    rng = random.Random(3)
    voices = ["zf_a", "zm_b", "af_c"]

    speakers = [synthesis.draw_speaker(voices, rng) for _ in range(500)]

    assert {s.voice for s in speakers} == {s.other for s in speakers} == set(voices)
    assert all(synthesis.SPEEDS[0] <= s.speed <= synthesis.SPEEDS[1] for s in speakers)
    assert sum(s.voice.startswith("z") for s in speakers) > 300


class Voice:
    """Says every character as a tenth of a second of tone, and cannot say 哑."""

    def say(self, text, style, speed):
        if "哑" in text:
            raise ContentError("unspeakable", text)
        return np.sin(np.arange(len(text) * RATE // 10) * float(style[0, 0])).astype(np.float32)


def test_a_shard_goes_on_where_it_stopped(tmp_path):
    styles = {"zf_a": np.full((510, 256), 0.1, np.float32)}
    said = iter(["一二三", "哑", "四五", "六七八九", "十"])
    for hours in (0.4 / 3600, 0.8 / 3600):
        shard = synthesis.Shard(tmp_path, Voice(), styles)
        synthesis.speak_hours(shard, hours, 7, ["zf_a"], lambda rng: next(said))

    lines = [json.loads(line) for line in (tmp_path / "manifest.jsonl").read_text("utf-8").splitlines()]
    assert [line["text"] for line in lines] == ["一二三", "四五", "六七八九"]
    assert all((tmp_path / line["audio"]).is_file() for line in lines)
    assert len({line["audio"] for line in lines}) == 3
    assert next(said) == "十"


def test_given_texts_are_said_by_every_voice_and_keep_what_is_known_of_them(tmp_path):
    (tmp_path / "q.yaml").write_text("rsj-001:\n  - 卡丢了\nchat:\n  - 天气好\n", "utf-8")
    texts = texts_in([tmp_path / "q.yaml"], {"rsj-001"})
    styles = {name: np.full((510, 256), 0.1, np.float32) for name in ("zf_a", "zm_b")}
    for part in (0, 1, 1):  # the second twice: nothing is said again
        shard = synthesis.Shard(tmp_path / str(part), Voice(), styles)
        synthesis.speak_texts(shard, texts, part, 2, sorted(styles))

    lines = [
        json.loads(line)
        for part in "01"
        for line in (tmp_path / part / "manifest.jsonl").read_text("utf-8").splitlines()
    ]
    assert sorted((line["text"], line["entry"] or "", line["voice"]) for line in lines) == [
        ("卡丢了", "rsj-001", "zf_a"),
        ("卡丢了", "rsj-001", "zm_b"),
        ("天气好", "", "zf_a"),
        ("天气好", "", "zm_b"),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", "- 卡丢了\n"),
        ("a.yaml", "rsj-001: 卡丢了\n"),
        ("a.yaml", "{"),
        ("a.jsonl", "卡丢了"),
        ("a.jsonl", "[1]"),
        ("a.jsonl", '{"text": 5}'),
    ],
)
def test_a_file_without_texts_is_complained_about(tmp_path, name, content):
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(ContentError, match=name):
        texts_in([tmp_path / name], ())


@pytest.mark.parametrize(("name", "content"), [("a.yaml", "rsj-001:\n  - 卡丢了"), ("a.jsonl", '{"text": "卡丢了"}')])
def test_a_file_in_gbk_is_complained_about(tmp_path, name, content):
    (tmp_path / name).write_bytes(content.encode("gbk"))
    with pytest.raises(ContentError, match="UTF-8"):
        texts_in([tmp_path / name], ())


def test_speech_is_brought_to_16_khz():
    samples = synthesis.say(
        Voice(), "一二", synthesis.Speaker("a", "a", 0.0, 1.0), {"a": np.full((510, 256), 0.1, np.float32)}
    )

    assert len(samples) == len(resample(np.zeros(RATE // 5, np.float32), RATE, synthesis.WIDE))
    assert np.abs(samples).max() == pytest.approx(0.7)


def test_text_is_cut_into_words_without_its_tags(tmp_path):
    (tmp_path / "a.txt").write_text("我们/r  打开/v  电视/n  。/w\n今天天气,好 x\n", "utf-8")

    assert ["".join(words) for words in sentences_in([tmp_path / "a.txt"])] == ["我们打开电视", "今天天气"]
