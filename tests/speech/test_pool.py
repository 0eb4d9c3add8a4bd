"""Worker processes that die, hang, cannot start: only their own calls notice, and nothing is left behind."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from tests.speech.conftest import caller, gather, heard, listen, say, until
from voicebot.errors import ModelError, SpeechLost
from voicebot.events import Fault, FaultOccurred, RecogniserLost, SpeechStarted, UtteranceHeard
from voicebot.speech.ear import BUSY
from voicebot.speech.files import hear_file
from voicebot.speech.hearer import Moved
from voicebot.speech.listening import PATIENCE_S, CallEar
from voicebot.speech.pool import SpeechPool
from voicebot.speech.wire import Kind, Message


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def half(pcm):
    return pcm[: len(pcm) // 2]


def lost(events):
    return [event for event in events if isinstance(event, RecogniserLost)]


def test_a_worker_killed_in_the_middle_of_a_sentence_costs_its_calls_one_repetition(new_pool):
    pool = new_pool(workers=2)
    ears = [pool.open() for _ in range(4)]
    pids = [pool.pid_of(ear) for ear in ears]
    assert len(set(pids)) == 2, "calls are spread over the workers"
    for ear in ears:
        say(ear, half(caller("rsj-card-lost")))

    os.kill(pids[0], signal.SIGKILL)

    for ear, pid in zip(ears, pids, strict=True):
        if pid == pids[0]:
            assert lost(gather(ear, RecogniserLost)) == [RecogniserLost(replaced=True)]
            assert pool.pid_of(ear) != pids[0]
    for ear, pid in zip(ears, pids, strict=True):
        pcm = caller("rsj-card-lost")
        events = listen(ear, pcm[len(pcm) // 2 :])
        assert not lost(events)
        assert heard(events) == ([] if pid == pids[0] else ["请问社保卡丢了怎么补办"])
        assert heard(listen(ear, caller("human"))) == ["转人工"]
    until(lambda: len(pool.pids) == 2)
    assert pids[0] not in pool.pids


def test_control_c_in_the_terminal_is_not_for_workers(new_pool):
    pool = new_pool()
    ear = pool.open()
    os.kill(pool.pids[0], signal.SIGINT)

    assert heard(listen(ear, caller("human"))) == ["转人工"]
    assert not lost(ear.events())


def test_the_only_worker_is_replaced_and_its_call_goes_on(new_pool):
    pool = new_pool()
    ear = pool.open()
    [pid] = pool.pids

    os.kill(pid, signal.SIGKILL)

    assert lost(gather(ear, RecogniserLost)) == [RecogniserLost(replaced=True)]
    assert heard(listen(ear, caller("human"))) == ["转人工"]


def test_a_call_that_comes_while_the_only_worker_is_replaced_is_listened_to(new_pool):
    pool = new_pool()
    os.kill(pool.pids[0], signal.SIGKILL)
    until(lambda: not pool.pids)

    ear = pool.open()

    assert lost(gather(ear, RecogniserLost)) == [RecogniserLost(replaced=True)]
    assert heard(listen(ear, caller("human"))) == ["转人工"]


def test_a_call_that_ended_is_not_told(new_pool):
    pool = new_pool()
    ear = pool.open()
    ear.close()
    [pid] = pool.pids

    os.kill(pid, signal.SIGKILL)
    until(lambda: pool.pids not in ((), (pid,)))

    assert ear.events() == []


def test_audio_a_worker_died_of_is_kept_aside_for_its_owner_only(new_pool, tmp_path):
    folder = tmp_path / "quarantine"
    pool = new_pool(quarantine=folder)
    ear, idle = pool.open(), pool.open()
    [pid] = pool.pids
    os.kill(pid, signal.SIGSTOP)
    pcm = half(caller("rsj-card-lost"))
    say(ear, pcm)

    os.kill(pid, signal.SIGABRT)  # what a failed assertion of Kaldi's does
    os.kill(pid, signal.SIGCONT)

    gather(ear, RecogniserLost)
    gather(idle, RecogniserLost)
    [path] = until(lambda: list(folder.glob("*.wav")))
    info = soundfile.info(path)
    assert (info.samplerate, info.subtype) == (8000, "ULAW")
    assert 0.5 < info.duration <= len(pcm) / 8000
    assert path.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
    until(lambda: pool.pids)
    assert "社保卡" in hear_file(pool, path).text, "it can be heard again, as `voicebot transcribe` does"


def test_a_worker_ended_from_outside_or_idle_accuses_no_audio(new_pool, tmp_path):
    pool = new_pool(quarantine=tmp_path)
    for ending, audio in (
        (signal.SIGKILL, half(caller("human"))),
        (signal.SIGTERM, half(caller("human"))),
        (signal.SIGABRT, []),
    ):
        ear = pool.open()
        say(ear, np.array(audio, np.int16))
        os.kill(until(lambda: pool.pids)[0], ending)
        gather(ear, RecogniserLost)
        ear.close()

    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_hangs_is_replaced(new_pool, tmp_path):
    pool = new_pool(quarantine=tmp_path, stalled_s=0.3)
    ear = pool.open()
    [pid] = pool.pids
    os.kill(pid, signal.SIGSTOP)
    say(ear, half(caller("rsj-card-lost")))

    assert lost(gather(ear, RecogniserLost)) == [RecogniserLost(replaced=True)]
    assert not alive(pid)
    assert len(until(lambda: list(tmp_path.glob("*.wav")))) == 1
    listen(ear, np.zeros(16000, np.int16))
    assert heard(listen(ear, caller("human"))) == ["转人工"]


def test_settling_does_not_wait_for_a_worker_that_hangs(new_pool):
    pool = new_pool(stalled_s=0.3)
    ear = pool.open()
    os.kill(pool.pids[0], signal.SIGSTOP)
    say(ear, caller("human"))

    assert ear.settle(20)
    assert heard(ear.events()) == []


def test_a_worker_far_behind_is_given_no_new_calls(new_pool):
    pool = new_pool()
    ear = pool.open()
    [pid] = pool.pids
    os.kill(pid, signal.SIGSTOP)
    for _ in range(4):
        say(ear, caller("swj-start-up"))

    assert not pool.ready
    with pytest.raises(SpeechLost):
        pool.open()
    os.kill(pid, signal.SIGCONT)
    assert ear.settle(20)
    assert pool.ready


def test_more_calls_than_can_be_answered_in_time_are_not_listened_to(bundled, tuning):
    with SpeechPool(bundled, 2, replace(tuning, lines_per_worker=2)) as pool:
        until(lambda: len(pool.pids) == 2)
        ears = [pool.open() for _ in range(4)]

        assert not pool.ready
        with pytest.raises(SpeechLost) as fault:
            pool.open()
        assert fault.value.code == BUSY
        os.kill(pool.pids[0], signal.SIGKILL)
        until(lambda: sum(bool(lost(ear.events())) for ear in ears))
        assert all(pool.pid_of(ear) for ear in ears), "calls that are on are moved, however many there are"
        ears[0].close()
        assert until(lambda: pool.ready)


def test_a_worker_that_has_grown_is_replaced_between_calls(new_pool, tmp_path):
    pool = new_pool(workers=2, most_growth_kb=-1, quarantine=tmp_path)
    first, second = pool.open(), pool.open()
    grown = pool.pid_of(first)
    assert heard(listen(first, caller("human"))) == ["转人工"]
    third = pool.open()
    assert {pool.pid_of(second), pool.pid_of(third)} == set(pool.pids)
    for ear in (first, third):
        if pool.pid_of(ear) == grown:
            ear.close()

    until(lambda: len(pool.pids) == 2 and grown not in pool.pids)
    assert not alive(grown)
    assert not lost(second.events())
    assert heard(listen(second, caller("human"))) == ["转人工"]
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_takes_audio_up_late_takes_no_more_calls(bundled, tuning, clock):
    with SpeechPool(bundled, 1, tuning, clock=clock) as pool:
        until(lambda: pool.pids)
        ear = pool.open()
        for late in (0.02, 0.02, 0.02 + tuning.most_delay + 0.1):
            clock.now += late
            ear.hear(np.zeros(160, np.int16))

        assert not pool.ready
        ear.hear(np.zeros(8000, np.int16))
        assert pool.ready, "it has caught up"


class FakeWorker:
    """Takes everything, answers nothing."""

    ready = takes_cuts = True

    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)

    def check(self):
        pass


@pytest.fixture
def clock():
    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def fake_ear(tuning, clock):
    return CallEar(1, FakeWorker(), tuning, lambda call: None, clock=clock)


def test_without_any_worker_the_caller_soon_goes_to_a_person_and_is_told_once(fake_ear, clock):
    fake_ear.post(Moved(None))
    assert fake_ear.events() == []
    clock.now += PATIENCE_S + 0.1

    assert fake_ear.events() == [FaultOccurred(Fault.SPEECH)]
    assert fake_ear.events() == []


def test_a_worker_that_comes_in_time_is_news_and_one_that_comes_late_is_none(fake_ear, clock):
    fake_ear.post(Moved(None))
    fake_ear.events()
    fake_ear.post(Moved(FakeWorker()))
    assert fake_ear.events() == [RecogniserLost(replaced=True)]

    fake_ear.post(Moved(None))
    fake_ear.events()
    clock.now += PATIENCE_S + 0.1
    fake_ear.events()
    fake_ear.post(Moved(FakeWorker()))
    assert fake_ear.events() == []


def test_of_what_is_said_to_nobody_it_is_known_only_that_it_was_said(fake_ear):
    fake_ear.post(Moved(None))
    say(fake_ear, caller("human"))

    told = fake_ear.events()
    assert any(isinstance(event, SpeechStarted) for event in told)
    assert not any(isinstance(event, UtteranceHeard) for event in told)


def test_a_result_that_is_empty_is_replaced_by_the_last_words(fake_ear):
    say(fake_ear, caller("human"))
    for kind, text in ((Kind.PARTIAL, "转 人工"), (Kind.PARTIAL, ""), (Kind.FINAL, '{"alternatives": []}')):
        fake_ear.post((Message(kind, 1, 1, 0, text.encode()), 100.2))

    assert heard(fake_ear.events()) == ["转人工"]


def test_a_result_of_an_utterance_that_was_lost_is_not_told(fake_ear):
    say(fake_ear, caller("human"))
    fake_ear.post(Moved(FakeWorker()))
    fake_ear.post((Message(Kind.PARTIAL, 1, 1, 0, "转".encode()), 100.2))

    assert fake_ear.events()[-1] == RecogniserLost(replaced=True)


def test_time_to_decode_is_counted_from_the_end_of_speech(fake_ear, clock):
    say(fake_ear, caller("human"))
    clock.now += 50
    fake_ear.post((Message(Kind.FINAL, 1, 1, 0, b"{}"), 100.25))

    assert fake_ear.events()[-1].decode_s == pytest.approx(0.25)


def copied(bundled, folder, mfcc=None, conf=None):
    shutil.copytree(bundled, folder)
    for name, change in (("mfcc.conf", mfcc), ("model.conf", conf)):
        if change:
            file = folder / "conf" / name
            file.write_text(change(file.read_text()))
    return folder


def test_a_model_that_may_not_sample_up_hears_telephone_audio_all_the_same(new_pool, bundled, tmp_path):
    stubborn = copied(bundled, tmp_path / "m", mfcc=lambda text: text.replace("--allow-upsample=true", ""))
    ear = new_pool(model=stubborn).open()

    assert heard(listen(ear, caller("human"))) == ["转人工"]


def test_utterances_vosk_parts_by_itself_are_put_together(new_pool, bundled, tmp_path):
    hasty = copied(
        bundled, tmp_path / "m", conf=lambda text: text.replace("min-trailing-silence=90", "min-trailing-silence=0.3")
    )
    ear = new_pool(model=hasty).open()
    ear.pace(1.6)
    pause = np.concatenate((caller("human")[:-2400], caller("complaint"), np.zeros(16000, np.int16)))

    events = listen(ear, pause)

    assert heard(events) == ["转人工我要投诉"]


def test_a_folder_that_is_no_model_is_refused_at_once(tuning, tmp_path):
    with pytest.raises(ModelError) as fault:
        SpeechPool(tmp_path / "none", 1, tuning)
    assert fault.value.code == "model-missing"


def test_a_model_vosk_cannot_load_is_reported_and_tried_again_with_patience(new_pool, bundled, tmp_path, capfd):
    broken = copied(bundled, tmp_path / "m")
    (broken / "graph" / "words.txt").unlink()
    pool = new_pool(model=broken, ready=False)

    assert not pool.wait_ready(20)
    assert str(broken) in pool.failure
    with pytest.raises(SpeechLost, match="模型"):
        pool.open()
    assert capfd.readouterr() == ("", ""), "what Kaldi says of it goes to the log"
    shutil.copy(bundled / "graph" / "words.txt", broken / "graph")
    until(lambda: pool.ready)
    assert pool.failure == ""


def test_closing_leaves_no_process_and_no_thread(bundled, tuning):
    before = set(threading.enumerate())
    with SpeechPool(bundled, 2, tuning) as pool:
        until(lambda: len(pool.pids) == 2)
        pids = pool.pids
        say(pool.open(), caller("human"))

    assert not any(alive(pid) for pid in pids)
    assert set(threading.enumerate()) == before
    pool.close()


def test_closing_does_not_wait_for_a_worker_that_hangs(bundled, tuning):
    with SpeechPool(bundled, 1, tuning) as pool:
        assert pool.wait_ready(20)
        [pid] = pool.pids
        os.kill(pid, signal.SIGSTOP)

    assert not alive(pid)


def test_a_pool_can_be_closed_while_it_starts(bundled, tuning):
    before = set(threading.enumerate())
    with SpeechPool(bundled, 1, tuning):
        pass

    assert set(threading.enumerate()) == before


def test_workers_do_not_outlive_their_parent(bundled):
    """The parent is killed without any chance to clean up."""
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(bundled)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    with parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
    until(lambda: not any(alive(pid) for pid in pids))


_PARENT = """
import sys, tomllib
from pathlib import Path
from voicebot import content
from voicebot.config import tuning_from
from voicebot.speech.pool import SpeechPool
pool = SpeechPool(Path(sys.argv[1]), 2, tuning_from(tomllib.loads(content.data_text("tuning.toml"))))
pool.start()
while len(pool.pids) < 2:
    pool.wait_ready(1)
print(*pool.pids, flush=True)
ear = pool.open()
sys.stdin.read()
"""


def test_a_worker_that_is_killed_again_and_again_is_soon_back_each_time(new_pool):
    pool = new_pool()
    ear = pool.open()
    for _ in range(5):
        [pid] = until(lambda: pool.pids)
        os.kill(pid, signal.SIGKILL)
        assert lost(gather(ear, RecogniserLost)) == [RecogniserLost(replaced=True)], "within the patience of a call"
    assert heard(listen(ear, caller("human"))) == ["转人工"]
