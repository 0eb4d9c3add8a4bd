"""Streams of live pages: what they say, how long they are, and that they never take the telephone's threads."""

import itertools

import pytest

from voicebot.errors import StoreLost
from voicebot.web.desk.pulse import BEAT_S, LOOK_S, MOST_STREAMS, STREAM_S, Pulse, Streams, stream
from voicebot.web.server import THREADS


class Time:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def pass_(self, seconds):
        self.now += seconds


def said(words, last):
    """All that a stream says while the record says one of `words` at every look, the last for ever."""
    time, words = Time(), iter(words)
    word = next(words)

    def pulse():
        nonlocal word
        word = next(words, word)
        return word

    return [line for line in stream(pulse, last, clock=time, pause=time.pass_)], time


def test_only_what_is_new_is_told():
    lines, _ = said(["a", "a", "b", "b", "c"], "a")
    assert [line.split()[1] for line in lines if line.startswith("id:")] == ["b", "c"]
    assert lines[0] == "retry: 3000\n\n"
    assert lines[1] == "id: b\nevent: changed\ndata: b\n\n"


@pytest.mark.parametrize("last", ["", "older"])
def test_who_comes_back_is_told_at_once_that_something_has_changed(last):
    assert said(["now", "now"], last)[0][1].startswith("id: now")


def test_a_stream_is_short_and_shows_that_it_lives():
    lines, time = said(["a"], "a")
    assert time.now == pytest.approx(STREAM_S, abs=LOOK_S)
    assert len(lines) == pytest.approx(STREAM_S / BEAT_S, abs=1)


def test_a_stream_keeps_no_server_from_stopping():
    time = Time()
    lines = list(stream(lambda: "a", "a", serving=lambda: time.now < 5, clock=time, pause=time.pass_))
    assert (len(lines), time.now) == (1, 5)


def test_the_record_is_asked_once_however_many_listen():
    looks, time = itertools.count(), Time()
    pulse = Pulse(lambda: str(next(looks)), time)
    assert {pulse() for _ in range(50)} == {"0"}
    time.pass_(LOOK_S)
    assert {pulse() for _ in range(50)} == {"1"}


def test_a_lost_record_is_told_once():
    def lost():
        raise StoreLost("store-lost", "gone")

    assert Pulse(lost)() == "lost"


def test_streams_are_few():
    streams = Streams(most=3, most_each=2)
    assert [streams.enter(who) for who in ("a", "a", "a", "b", "c")] == [True, True, False, True, False]
    streams.leave("a")
    assert streams.enter("c")
    assert not streams.enter("b")


def test_the_telephone_keeps_nearly_all_threads():
    assert MOST_STREAMS <= THREADS // 8


def test_open_streams_leave_the_telephone_its_threads(desk):
    """All streams there may be are open; one more is refused at once, pages and health go on, and what is closed
    may be opened again.
    """
    roles = ["clerk", "clerk2", "clerk_gjj", "supervisor", "leader"]
    clients = [(role, desk.client(role)) for role in roles]
    streams = []
    for _, client in clients:
        opened = [client.get("/desk/today/events", buffered=False) for _ in range(4)]
        assert [response.status_code for response in opened] == [200, 200, 200, 204]
        streams += opened
    assert desk.client().get("/healthz").status_code == 200
    for response in streams:
        response.close()
    response = clients[0][1].get("/desk/today/events", buffered=False)
    assert response.status_code == 200
    response.close()
