"""Fetch one large file: resumed where it broke off, checked by digest, in place only when whole.

Used for speech models and voice weights. Plain urllib: proxies come from the environment as everywhere.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from voicebot.errors import ModelError

if TYPE_CHECKING:
    from hashlib import _Hash

Progress = Callable[[int, int | None], None]
"""Told (bytes here, bytes in all or None when unknown) as they arrive; bytes here may go back to 0 once."""

_CHUNK = 1 << 18
_TIMEOUT_S = 30.0  # seconds without one byte before the connection counts as lost
_ATTEMPTS = 5  # times a broken connection is taken up again in one call, as long as bytes still come


def quiet(_done: int, _total: int | None) -> None:
    """A `Progress` that shows nothing."""


def download(
    url: str,
    target: Path,
    size: int | None = None,
    sha256: str | None = None,
    progress: Progress = quiet,
    *,
    md5: str | None = None,
) -> Path:
    """Put `url` at `target` and return it; does nothing when a file of the right digest is already there.

    What has arrived is kept beside it as ``<name>.part``, and the next call goes on from there. `size` is in bytes;
    `md5` is for publishers that give no SHA-256.
    Raises `ModelError` (``download-failed``, ``download-damaged``, ``disk-full``).
    """
    if not url.startswith(("https://", "http://")):
        raise ModelError("download-failed", f"下载地址必须以 https:// 开头：{url}")
    if target.is_file() and _intact(target, size, sha256, md5):
        return target
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        resumed = _fetch(url, part, size, progress)
        if not _intact(part, size, sha256, md5) and resumed:  # the rest came from another version of the file
            part.unlink()
            _fetch(url, part, size, progress)
        if not _intact(part, size, sha256, md5):
            part.unlink()
            raise ModelError("download-damaged", f"下载的文件与公布的校验值不符，已删除，请重试：{url}")
        os.replace(part, target)
    except OSError as fault:
        raise ModelError("disk-full", f"无法写入 {target}：{fault.strerror or fault}") from fault
    return target


def _fetch(url: str, part: Path, size: int | None, progress: Progress) -> bool:
    """Bring `part` to its full length; True when it already held bytes of an earlier run."""
    resumed = part.exists() and part.stat().st_size > 0
    for attempt in range(_ATTEMPTS):
        before = part.stat().st_size if part.exists() else 0
        try:
            if _fetch_once(url, part, size, progress):
                return resumed
            problem = "连接中断"
        except HTTPError as fault:
            with closing(fault):
                raise ModelError("download-failed", f"下载失败（服务器答复 {fault.code}）：{url}") from fault
        except (URLError, HTTPException, TimeoutError, ConnectionError) as fault:
            problem = str(getattr(fault, "reason", "") or fault) or type(fault).__name__
        if (part.stat().st_size if part.exists() else 0) <= before and attempt:
            break
    raise ModelError("download-failed", f"下载失败（{problem}），再运行一次会从断开处继续：{url}")


def _fetch_once(url: str, part: Path, size: int | None, progress: Progress) -> bool:
    """One connection; True when the whole file has arrived."""
    start = part.stat().st_size if part.exists() else 0
    if size is not None and start >= size:
        return True
    request = Request(url, headers={"Range": f"bytes={start}-"} if start else {})  # noqa: S310 (scheme is checked)
    try:
        response: HTTPResponse = urlopen(request, timeout=_TIMEOUT_S)  # noqa: S310
    except HTTPError as fault:
        if fault.code == 416 and start:  # nothing after what we have: the digest will tell whether it is whole
            fault.close()
            return True
        raise
    with response:
        start = start if response.status == 206 else 0
        left = response.headers.get("Content-Length")
        total = start + int(left) if left is not None else size
        _check_space(part, (total or start) - start)
        with part.open("ab" if start else "wb") as file:
            progress(start, total)
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                progress(file.tell(), total)
            return total is None or file.tell() >= total


def _check_space(part: Path, need: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if need > free:
        raise ModelError(
            "disk-full", f"磁盘空间不足：还需 {need / 1e6:.0f} MB，只剩 {free / 1e6:.0f} MB（{part.parent}）"
        )


def _intact(path: Path, size: int | None, sha256: str | None, md5: str | None) -> bool:
    if size is not None and path.stat().st_size != size:
        return False
    return (sha256 is None or _digest(path, hashlib.sha256()) == sha256.lower()) and (
        md5 is None or _digest(path, hashlib.md5(usedforsecurity=False)) == md5.lower()
    )


def _digest(path: Path, hasher: _Hash) -> str:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            hasher.update(chunk)
    return hasher.hexdigest()
