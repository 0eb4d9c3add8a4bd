"""Another model takes over while calls are on."""

import os
import shutil
import signal

import pytest

from tests.speech.conftest import caller, heard, listen, say, until
from tests.speech.test_pool import alive, half, lost
from voicebot.errors import ModelError


@pytest.fixture
def another(bundled, tmp_path):
    """The same model in another folder."""
    return shutil.copytree(bundled, tmp_path / "another")


def test_calls_keep_their_model_and_new_calls_get_the_new_one(new_pool, another):
    pool = new_pool()
    before, [old] = pool.open(), pool.pids
    say(before, half(caller("rsj-card-lost")))

    pool.use(another)
    until(lambda: pool.model == another)
    after = pool.open()

    assert pool.pid_of(before) == old
    assert pool.pid_of(after) not in (None, old)
    pcm = caller("rsj-card-lost")
    events = listen(before, pcm[len(pcm) // 2 :])
    assert heard(events) == ["请问社保卡丢了怎么补办"]
    assert not lost(events)
    assert heard(listen(after, caller("human"))) == ["转人工"]

    before.close()
    until(lambda: not alive(old))
    assert heard(listen(after, caller("human"))) == ["转人工"]
    assert not lost(after.events())


def test_workers_without_calls_end_at_once(new_pool, another):
    pool = new_pool(workers=2)
    until(lambda: len(pool.pids) == 2)
    old = pool.pids

    pool.use(another)

    until(lambda: len(pool.pids) == 2 and not set(pool.pids) & set(old))
    until(lambda: not any(map(alive, old)))


def test_when_a_worker_with_the_old_model_dies_its_calls_go_on_with_the_new_one(new_pool, another):
    pool = new_pool()
    ear, [old] = pool.open(), pool.pids
    pool.use(another)
    until(lambda: pool.model == another)

    os.kill(old, signal.SIGKILL)

    until(lambda: pool.pid_of(ear) not in (None, old))
    assert len(until(lambda: lost(ear.events()))) == 1
    assert heard(listen(ear, caller("human"))) == ["转人工"]


def test_a_model_that_cannot_be_loaded_changes_nothing(new_pool, another, bundled):
    pool = new_pool()
    ear, pids = pool.open(), pool.pids
    (another / "am" / "final.mdl").write_bytes(b"no model")

    pool.use(another)

    until(lambda: pool.failure)
    assert (pool.model, pool.pids) == (bundled, pids)
    assert heard(listen(ear, caller("human"))) == ["转人工"]


def test_what_is_no_model_is_refused(new_pool, tmp_path):
    with pytest.raises(ModelError):
        new_pool().use(tmp_path)


def test_of_two_models_one_after_the_other_the_last_counts(new_pool, another, tmp_path):
    last = shutil.copytree(another, tmp_path / "last")
    pool = new_pool()

    pool.use(another)
    pool.use(last)

    until(lambda: pool.model == last)
    assert heard(listen(pool.open(), caller("human"))) == ["转人工"]
