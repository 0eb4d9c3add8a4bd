"""The microphone, the loudspeaker and the keyboard of a machine, and what is said when they are missing."""

import os
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from voicebot import audio
from voicebot.errors import DeviceError
from voicebot.lines.devices import Loudspeaker, Microphone, sound_system
from voicebot.lines.keyboard import Keyboard


class FakeStream:
    latency = 0.1

    def __init__(self, **options):
        self.options, self.running, self.closed = options, False, False

    def start(self):
        self.running = True

    def close(self):
        self.running, self.closed = False, True


class FakeSystem:
    """As much of `sounddevice` as we use. `rates` are what the devices can do, best first."""

    class PortAudioError(Exception):
        pass

    def __init__(self, rates=(8000,), busy=False):
        self.rates, self.busy, self.streams = rates, busy, []

    def query_devices(self, kind):
        if not self.rates:
            raise self.PortAudioError("Error querying device -1")
        return {"default_samplerate": float(self.rates[0])}

    def check_input_settings(self, samplerate, channels, dtype):
        if samplerate not in self.rates:
            raise self.PortAudioError("Invalid sample rate")

    check_output_settings = check_input_settings

    def RawInputStream(self, **options):  # noqa: N802
        if self.busy:
            raise self.PortAudioError("Device unavailable")
        self.streams.append(FakeStream(**options))
        return self.streams[-1]

    RawOutputStream = RawInputStream


def failing(error):
    def load():
        raise error

    return load


@pytest.mark.parametrize(
    ("error", "code", "remedy"),
    [
        (ModuleNotFoundError("No module named 'sounddevice'"), "sounddevice-missing", "voicebot[mic]"),
        (OSError("PortAudio library not found"), "portaudio-missing", "libportaudio2"),
    ],
)
def test_a_missing_library_is_one_clear_line(error, code, remedy):
    with pytest.raises(DeviceError) as caught:
        sound_system(failing(error))
    assert (caught.value.code, remedy in caught.value.message, "\n" in caught.value.message) == (code, True, False)


@pytest.mark.parametrize("device", [Microphone, Loudspeaker])
@pytest.mark.parametrize(("system", "code"), [(FakeSystem(rates=()), "missing"), (FakeSystem(busy=True), "unusable")])
def test_a_missing_or_busy_device_is_one_clear_line(device, system, code):
    with pytest.raises(DeviceError) as caught:
        device(system)
    assert caught.value.code == f"{device.__name__.lower()}-{code}"
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("rates", [(8000,), (48000, 8000), (44100,), (48000,), (16000,)])
def test_the_microphone_gives_telephone_audio_whatever_it_runs_at(rates):
    system = FakeSystem(rates)
    with Microphone(system) as microphone:
        options = system.streams[0].options
        rate, block, arrived = options["samplerate"], options["blocksize"], options["callback"]
        assert (rate, block) == ((8000 if 8000 in rates else rates[0]), round(0.02 * rate))
        sound = (8000 * np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate)).astype(np.int16)
        for start in range(0, len(sound), block):
            arrived(memoryview(sound[start : start + block].tobytes()), block, None, None)
        pieces = []
        while (piece := microphone.next(0.0)) is not None:
            pieces.append(piece)
    heard = np.concatenate(pieces)
    assert heard.dtype == np.int16
    assert len(heard) == pytest.approx(16000, abs=800)
    assert np.abs(np.fft.rfft(heard[-8000:].astype(float))).argmax() == pytest.approx(440, abs=1)
    assert system.streams[0].closed


def test_typed_characters_come_in_between():
    with Microphone(FakeSystem()) as microphone:
        microphone.typed("0")
        assert (microphone.next(0.0), microphone.next(0.0)) == ("0", None)


def test_a_microphone_that_is_pulled_out_is_told_once_and_closing_is_not():
    system = FakeSystem()
    with Microphone(system) as microphone:
        finished = system.streams[0].options["finished_callback"]
        finished()
        with pytest.raises(DeviceError, match="断开"):
            microphone.next(0.0)
    finished()
    assert microphone.next(0.0) is None


@pytest.mark.parametrize("rate", [8000, 44100])
def test_the_loudspeaker_plays_in_order_and_is_quiet_at_once(rate):
    system = FakeSystem((rate,))
    with Loudspeaker(system) as loudspeaker:
        wanted = system.streams[0].options["callback"]

        def block(samples):
            out = bytearray(b"\x55" * samples * 2)
            wanted(memoryview(out), samples, None, None)
            return np.frombuffer(out, np.int16)

        assert loudspeaker.latency == 0.1
        assert not block(100).any()
        loudspeaker.play(audio.pcm_to_ulaw(np.full(800, 8000, np.int16)))
        loudspeaker.play(audio.pcm_to_ulaw(np.full(800, -8000, np.int16)))
        tenth = rate // 10
        first, second = block(tenth), block(tenth)
        assert (np.median(first), np.median(second)) == (pytest.approx(8000, rel=0.05), pytest.approx(-8000, rel=0.05))
        assert not block(100)[50:].any()
        loudspeaker.play(audio.pcm_to_ulaw(np.full(800, 8000, np.int16)))
        loudspeaker.hush()
        assert not block(100).any()


class Typed:
    """Collects what is typed, and waits for so many characters."""

    def __init__(self):
        self.characters, self.more = [], threading.Condition()

    def __call__(self, character):
        with self.more:
            self.characters.append(character)
            self.more.notify_all()

    def wait(self, count):
        with self.more:
            assert self.more.wait_for(lambda: len(self.characters) >= count, timeout=10)
        return "".join(self.characters)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    mine, theirs = os.openpty()
    yield mine, theirs
    os.close(mine)
    os.close(theirs)


def test_keys_come_one_by_one_without_enter_and_the_terminal_is_put_back(terminal):
    import termios

    mine, theirs = terminal
    before = termios.tcgetattr(theirs)
    typed = Typed()
    with Keyboard(theirs, typed):
        assert not termios.tcgetattr(theirs)[3] & termios.ICANON
        os.write(mine, b"0")
        assert typed.wait(1) == "0"
        os.write(mine, "１＃*".encode())
        assert typed.wait(4) == "01#*"
    assert termios.tcgetattr(theirs) == before


def test_keys_may_come_from_a_pipe_and_end():
    out, into = os.pipe()
    os.write(into, b"12\n")
    os.close(into)
    typed = Typed()
    with Keyboard(out, typed):
        assert typed.wait(3) == "12\n"
    os.close(out)
    assert threading.active_count() == len([thread for thread in threading.enumerate() if thread.name != "keyboard"])
