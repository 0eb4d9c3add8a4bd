"""Where the content is: the FAQ, the recordings and the packaged data files.

The working folder's own `faq/` and `recordings/` come first; the sample content that came with the program stands in
where there is none, so that an installed `voicebot demo` works anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def faq_folder(env: Mapping[str, str]) -> Path:
    """The FAQ folder: `VOICEBOT_FAQ`, else `./faq` if it holds Markdown, else the sample that came with the program."""
    return _folder(env, "VOICEBOT_FAQ", "faq", "*.md")


def recordings_folder(env: Mapping[str, str]) -> Path:
    """The recordings folder: `VOICEBOT_RECORDINGS`, else `./recordings` if it holds any, else the packaged ones."""
    return _folder(env, "VOICEBOT_RECORDINGS", "recordings", "*/*")


def data_text(name: str) -> str:
    """Text of a packaged data file such as ``tuning.toml``. Raises `FileNotFoundError`."""
    return (files("voicebot.data") / name).read_text(encoding="utf-8")


def _folder(env: Mapping[str, str], variable: str, name: str, holds: str) -> Path:
    set_to = env.get(variable, "").strip()
    if set_to:
        return Path(set_to).expanduser()
    # Absolute, so that a long-running service keeps its content when it changes its working folder.
    here = Path.cwd() / name
    packaged = _PACKAGE / "data" / name
    checkout = _PACKAGE.parent / name
    for folder in (here, packaged, checkout):
        if any(folder.glob(holds)):
            return folder
    return here
