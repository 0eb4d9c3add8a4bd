"""Which speech models there are, where they are, and how to get them.

A model is named by its short name (`bundled`, `small-cn`, `cn`), by the name of its folder, or by a path. Fetched
models live in the user's cache folder; one that was put there by hand counts as much.
"""

from __future__ import annotations

import shutil
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import platformdirs

from voicebot.errors import ModelError
from voicebot.speech import modelconf
from voicebot.speech.download import Progress, download, quiet

BASE_URL = "https://alphacephei.com/vosk/models/"
_DATA = Path(__file__).resolve().parent.parent / "data"
_UNPACKED = 3
"""Most that a model's zip grows when unpacked, as a factor; used to see that the disk holds it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model of the catalogue."""

    name: str
    title: str
    folder: str
    note: str = ""
    bytes: int = 0
    """Size of its download; 0 when it comes with the program."""
    sha256: str = ""
    licence: str = "Apache-2.0"

    @property
    def bundled(self) -> bool:
        """It comes with the program."""
        return not self.bytes


@cache
def catalogue() -> dict[str, Entry]:
    """The known models by short name."""
    document = tomllib.loads((_DATA / "models.toml").read_text(encoding="utf-8"))
    return {name: Entry(name, **fields) for name, fields in document.items()}


def entry(name: str) -> Entry:
    """The model of the catalogue with this short or folder name. Raises `ModelError` (``model-unknown``)."""
    for known in catalogue().values():
        if name in (known.name, known.folder):
            return known
    raise ModelError("model-unknown", f"没有名为 {name} 的语音模型。可用的名称：{'、'.join(catalogue())}")


def store() -> Path:
    """Where fetched models live."""
    return Path(platformdirs.user_cache_dir("voicebot")) / "models"


def place(model: Entry, folder: Path | None = None) -> Path:
    """Where this model is, or would be once fetched into `folder` (default: `store()`)."""
    return _DATA / model.folder if model.bundled else (folder or store()) / model.folder


def installed(model: Entry, folder: Path | None = None) -> bool:
    """It is there and complete."""
    try:
        modelconf.check(place(model, folder))
    except ModelError:
        return False
    return True


def find(name: str, folder: Path | None = None) -> Path:
    """The folder of a model, by short name, folder name or path. Raises `ModelError`, saying what to do."""
    try:
        known = entry(name)
    except ModelError as error:
        path = Path(name).expanduser()
        if not path.is_dir():
            raise ModelError("model-missing", f"{error.message}；也没有这个文件夹") from error
    else:
        path = place(known, folder)
        if not path.is_dir() and not known.bundled:
            raise ModelError(
                "model-missing", f"语音模型 {known.name} 还没有安装，请运行：voicebot model fetch {known.name}"
            )
    modelconf.check(path)
    return path


def fetch(name: str, progress: Progress = quiet, base_url: str = BASE_URL, folder: Path | None = None) -> Path:
    """Install a model of the catalogue; see `install`. Raises `ModelError`, also ``model-unknown``."""
    return install(entry(name), progress, base_url, folder)


def install(known: Entry, progress: Progress = quiet, base_url: str = BASE_URL, folder: Path | None = None) -> Path:
    """Download, check and unpack a model; returns its folder. What is there already is kept.

    Raises `ModelError`: ``download-failed``, ``download-damaged``, ``disk-full``, ``model-damaged``.
    """
    if known.bundled or installed(known, folder):
        return place(known, folder)
    target = place(known, folder)
    archive = target.with_name(f"{known.folder}.zip")
    url = f"{base_url.rstrip('/')}/{known.folder}.zip"
    try:
        download(url, archive, known.bytes, known.sha256, progress)
    except ModelError as error:
        if error.code != "download-failed":
            raise
        raise ModelError(error.code, f"{error.message}。{by_hand(known, folder)}") from error
    unpack(archive, target)
    archive.unlink()
    return target


def by_hand(model: Entry, folder: Path | None = None) -> str:
    """What to do on a machine without a network."""
    return (
        f"没有网络时，可在别处下载 {BASE_URL}{model.folder}.zip，解压后把文件夹 {model.folder} 放到 "
        f"{place(model, folder).parent}；有镜像时加 --base-url 网址"
    )


def unpack(archive: Path, target: Path) -> None:
    """Put the model in a zip at `target`, whole or not at all. The zip may hold the model in one folder of any name.

    Raises `ModelError` (``model-damaged``, ``disk-full``).
    """
    _check_space(archive)
    try:
        with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=target.parent) as temporary:
            model = Path(temporary) / "model"
            with zipfile.ZipFile(archive) as zipped:
                for member in zipped.infolist():
                    _check_inside(member, archive)
                zipped.extractall(model)
            inside = list(model.iterdir())
            if len(inside) == 1 and inside[0].is_dir():
                model = inside[0]
            modelconf.check(model)
            if target.exists():  # incomplete: a complete one is not fetched again
                shutil.rmtree(target)
            model.rename(target)
    except (zipfile.BadZipFile, EOFError) as error:
        raise ModelError("model-damaged", f"不是完整的 zip 文件：{archive}") from error
    except OSError as error:
        raise ModelError("disk-full", f"无法解压到 {target}：{error.strerror or error}") from error


def _check_inside(member: zipfile.ZipInfo, archive: Path) -> None:
    """No path of the zip may lead out of the folder it is unpacked into, and none may be a link."""
    parts = PurePosixPath(member.filename.replace("\\", "/"))
    link = (member.external_attr >> 28) == 0o12
    if parts.is_absolute() or ".." in parts.parts or ":" in parts.parts[0] or link:
        raise ModelError("model-damaged", f"压缩包含有不安全的路径 {member.filename}，已拒绝：{archive}")


def _check_space(archive: Path) -> None:
    need = archive.stat().st_size * _UNPACKED
    free = shutil.disk_usage(archive.parent).free
    if need > free:
        raise ModelError(
            "disk-full", f"磁盘空间不足：解压需要约 {need / 1e6:.0f} MB，只剩 {free / 1e6:.0f} MB（{archive.parent}）"
        )
