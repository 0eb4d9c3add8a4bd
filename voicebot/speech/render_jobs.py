"""Synthesis spread over processes: the model's own threads scale badly, processes do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from voicebot.errors import ContentError, OperatorError
from voicebot.speech.kokoro import Kokoro, Weights, load
from voicebot.speech.render import Speech, synthesise

Result = tuple[Speech, bytes | ContentError]
"""What was rendered: µ-law audio, or why it could not be."""

_worker: dict[str, Kokoro] = {}  # the model of this worker process, loaded once by `_load`


def rendered(wanted: Sequence[Speech], weights: Weights, jobs: int) -> Iterator[Result]:
    """Render with Kokoro in `jobs` processes; results come as they are ready, unspeakable texts as errors."""
    pool = ProcessPoolExecutor(min(jobs, len(wanted)) or 1, get_context("spawn"), _load, (weights,))
    try:
        for future in as_completed([pool.submit(_render, speech) for speech in wanted]):
            yield future.result()
    except BrokenProcessPool as fault:
        raise OperatorError(
            "render-died", "合成进程意外退出，可能是内存不够。请加 --jobs 1 再运行，会接着做。"
        ) from fault
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _load(weights: Weights) -> None:
    _worker["kokoro"] = load(weights)


def _render(speech: Speech) -> tuple[Speech, bytes | ContentError]:
    try:
        return speech, synthesise(speech, _worker["kokoro"].say)
    except ContentError as fault:
        return speech, fault
