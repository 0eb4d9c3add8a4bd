"""How the figures of the line's measurements come about, counted by hand."""

import pytest

from voicebot.cli.evaluate_capacity import Step, summary
from voicebot.cli.evaluate_kills import REPEAT, Toll
from voicebot.cli.evaluate_soak import Look, slope
from voicebot.cli.evaluate_soak import summary as left
from voicebot.cli.hesitating import Hesitation, Verdict
from voicebot.cli.traffic import Waits
from voicebot.switchboard import sound
from voicebot.switchboard.form import Identity
from voicebot.switchboard.result import CallResult, Heard, Latency, Said


def step(lines, *seconds, failed=0, unanswered=0):
    return Step(lines, Waits(list(seconds), unanswered, failed), 1)


STEPS = {
    # id: (ours, peer's, figures)
    "each as far as it kept up": (
        [step(8, 0.4), step(16, 0.9), step(24, 1.2)],
        [step(8, 0.9), step(16, 1.1)],
        (16, 900, 8, 900, 2.0),
    ),
    "to the end": ([step(8, 0.4)], [step(8, 0.9)], (8, 400, 8, 900, 1.0)),
    "the peer never kept up": ([step(8, 0.4)], [step(8, 1.5)], (8, 400, 0, 1500, None)),
    "a call that broke does not count": ([step(8, 0.4), step(16, 0.4, failed=1)], [], (8, 400, 0, None, None)),
    "nor one that was not answered": ([step(8, 0.4, unanswered=1)], [], (0, 400, 0, None, None)),
}


@pytest.mark.parametrize(("ours", "theirs", "figures"), STEPS.values(), ids=STEPS.keys())
def test_capacity(ours, theirs, figures):
    assert tuple(summary(ours, theirs).values()) == figures


def look(calls, rss, left_over=0):
    return Look(calls, rss, 4 + left_over, 30 + left_over, 3 + left_over)


def test_memory_is_a_slope_without_the_beginning():
    looks = [look(0, 1000), look(10, 9000), *(look(n, 9000 + 2 * n) for n in range(100, 600, 100))]

    assert slope(looks) == pytest.approx(2.0)
    assert slope(looks[:2]) is None


@pytest.mark.parametrize(("extra", "figure"), [(0, 0), (2, 2), (-1, 0)])
def test_what_is_left(extra, figure):
    found = left([look(0, 1000), look(50, 1000), look(100, 1000, extra)], 100)

    assert [found[f"{name}_left"] for name in ("processes", "threads", "sockets")] == [figure] * 3


def call(*latencies, ended_by="caller"):
    result = CallResult(Identity("AC", "CA", "+1", "+2", "inbound"), answered=0.0, end=60.0, ended_by=ended_by)
    result.latencies = [Latency("x", 1.0, None, seconds, overlapped=over) for seconds, over in latencies]
    return result


def test_waits_are_those_that_can_be_measured():
    waits = Waits()
    waits.add(call((0.4, False), (0.2, True), (None, False)))
    waits.add(call((0.6, False), ended_by="line"))

    assert (waits.turns, waits.unanswered, waits.failed, waits.ms(50)) == (2, 1, 1, 500)


@pytest.mark.parametrize(
    ("killed", "again", "reprompts"),
    [(11.0, 11.5, [0.5]), (8.0, 11.5, []), (11.0, None, []), (13.5, 14.0, [0.5]), (11.0, 14.5, [3.5])],
    ids=["in the sentence", "long before", "it was answered", "just after the sentence", "late"],
)
def test_a_kill_is_made_good_by_asking_again(killed, again, reprompts):
    result = call()
    result.said = [Said(10.0, 13.0, "x.wav")]
    clip = REPEAT if again else "answers/rsj-001"
    result.heard = [Heard(again or 13.5, 20.0, "media", clips=[clip])]
    toll = Toll(kills=[100.0 + killed])

    toll.add(result, placed=100.0)

    assert toll.reprompts == pytest.approx(reprompts)
    assert (toll.lost, toll.unanswered) == (0, 0)


def test_a_question_without_any_reply_is_noticed():
    result = call(ended_by="fault")
    result.said = [Said(10.0, 13.0, "x.wav")]
    toll = Toll()
    toll.add(result, placed=0.0)

    assert (toll.lost, toll.unanswered) == (1, 1)


@pytest.mark.parametrize(("ended_s", "cut_off"), [(None, False), (0.5, True), (0.95, False), (1.6, False)])
def test_cut_off_is_ended_before_the_last_sound(ended_s, cut_off):
    ulaw = sound.tone((500.0,), 1.0) + b"\xff" * 8000

    assert Verdict(Hesitation("breath", "x", ulaw), ended_s, "").cut_off is cut_off
