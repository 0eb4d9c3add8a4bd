"""Where the content is: the FAQ, the recordings and the packaged data files.

The working folder's own `faq/` and `recordings/` come first; the sample content that came with the program stands in
where there is none, so that an installed `voicebot demo` works anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def faq_folder(env: Mapping[str, str]) -> Path:
    """The FAQ folder: `VOICEBOT_FAQ`, else `./faq` if it holds Markdown, else the sample that came with the program."""
    return _folder(env, "VOICEBOT_FAQ", "faq", "*.md")


def sample_faq() -> Path:
    """The sample FAQ that came with the program."""
    packaged = _PACKAGE / "data" / "faq"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "faq"


def recordings_folder(env: Mapping[str, str]) -> Path:
    """The recordings folder: `VOICEBOT_RECORDINGS`, else `./recordings` if it holds any, else the packaged ones."""
    return _folder(env, "VOICEBOT_RECORDINGS", "recordings", "*/*")


def data_text(name: str) -> str:
    """Text of a packaged data file such as ``tuning.toml``. Raises `FileNotFoundError`."""
    return (files("voicebot.data") / name).read_text(encoding="utf-8")


def data_file(name: str) -> Traversable:
    """A packaged data file that is not text, such as ``meanings.npz``."""
    return files("voicebot.data") / name


def data_bytes(name: str) -> bytes:
    """Bytes of a packaged data file such as ``general-bigrams.tsv.gz``. Raises `FileNotFoundError`."""
    return (files("voicebot.data") / name).read_bytes()


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
