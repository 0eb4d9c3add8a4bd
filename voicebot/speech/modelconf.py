"""Reads what a Vosk model says about itself. Imports next to nothing, because every worker imports it.

The trap this is for: Vosk lets Kaldi sample *down* by itself but not *up*. A model whose ``conf/mfcc.conf`` lacks
``--allow-upsample=true`` ends the process when it is given 8 kHz audio (alphacep/vosk-api#18, #424, #689), so for
such a model the worker brings the audio to the model's own rate first.
"""

from __future__ import annotations

from pathlib import Path

from voicebot.errors import ModelError

_NEEDED = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf")
_GRAPHS = (("graph/HCLG.fst",), ("graph/HCLr.fst", "graph/Gr.fst"))


def check(model: Path) -> None:
    """Raise `ModelError` (``model-missing``, ``model-damaged``) unless the folder looks like a model Vosk can load."""
    if not model.is_dir():
        raise ModelError("model-missing", f"找不到语音模型文件夹：{model}")
    missing = [name for name in _NEEDED if not (model / name).is_file()]
    if not any(all((model / name).is_file() for name in graph) for graph in _GRAPHS):
        missing.append("graph/HCLG.fst")
    if missing:
        raise ModelError("model-damaged", f"语音模型不完整，{model} 中缺少 {'、'.join(missing)}")


def rate_to_feed(model: Path, rate: int) -> int:
    """Hertz at which a recogniser of this model must be fed when the audio comes at `rate`."""
    options = parse((model / "conf" / "mfcc.conf").read_text(encoding="utf-8"))
    own = round(float(options.get("sample-frequency", "16000")))  # Kaldi's default
    return rate if rate >= own or options.get("allow-upsample", "false") == "true" else own


def parse(text: str) -> dict[str, str]:
    """Options of a Kaldi configuration file, ``--name=value`` a line with ``#`` comments; a bare name is ``true``."""
    options = {}
    for line in text.splitlines():
        option = line.partition("#")[0].strip()
        if option.startswith("--"):
            name, _, value = option[2:].partition("=")
            options[name.strip()] = value.strip() or "true"
    return options
