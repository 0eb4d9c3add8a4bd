"""What a worker process is given, and when."""

import io
from types import SimpleNamespace

import pytest

from voicebot.speech import process
from voicebot.speech.process import WorkerProcess
from voicebot.speech.wire import Kind, Message

TAKEN = Message(Kind.TAKEN)


def audio(call):
    return Message(Kind.AUDIO, call, 1, 8000, bytes(1600))


@pytest.fixture
def worker(monkeypatch, tmp_path):
    child = SimpleNamespace(pid=0, stdin=io.BytesIO(), stdout=io.BytesIO(), stderr=io.BytesIO())
    monkeypatch.setattr(process.subprocess, "Popen", lambda *_, **__: child)
    return WorkerProcess(tmp_path, 1)


def test_whose_words_are_awaited_overtakes_what_is_not_given_yet(worker):
    for message in [audio(1)] * 4:
        worker.send(message)
    given = [worker._next(), worker._next()]
    for message in (audio(2), Message(Kind.FINISH, 2, 1)):
        worker.send(message)
    for _ in range(4):
        worker._take(TAKEN)
        given.append(worker._next())
    assert [(one.kind, one.call) for one in given] == [
        (Kind.AUDIO, 1),
        (Kind.AUDIO, 1),
        (Kind.AUDIO, 2),
        (Kind.FINISH, 2),
        (Kind.AUDIO, 1),
        (Kind.AUDIO, 1),
    ]


def test_no_more_is_given_than_it_can_begin_at_once(worker):
    for message in [audio(1)] * 3:
        worker.send(message)
    worker._next(), worker._next()
    worker._changed.wait = lambda: setattr(worker, "_over", True)  # would wait: ended instead
    assert worker._next() is None


def test_it_is_idle_when_it_has_taken_all(worker):
    assert worker.idle
    worker.send(audio(1))
    assert not worker.idle
    worker._next()
    assert not worker.idle
    worker._take(TAKEN)
    assert worker.idle
    assert worker.delay == 0.0


def test_who_is_stopped_is_given_all_that_was_sent(worker):
    for message in [audio(1)] * 3:
        worker.send(message)
    worker.stop()
    worker.send(audio(2))
    given = [worker._next(), worker._next()]
    worker._take(TAKEN)
    given += [worker._next(), worker._next()]
    assert [one and one.call for one in given] == [1, 1, 1, None]
