import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.speech.endpoint import HOLD, STRETCH, Began, Ended, Endpointer, Silent


def endpointer(end_silence=0.6, max_utterance=20.0):
    return Endpointer(start_voiced=0.1, end_silence=end_silence, max_utterance=max_utterance)


def play(machine, *stretches):
    """Feed (voiced, seconds) stretches as 20 ms frames; what happened, each with the time of its frame's end."""
    happened, frame = [], 0
    for voiced, seconds in stretches:
        for _ in range(round(seconds / 0.02)):
            frame += 1
            if (step := machine.process(voiced)) is not None:
                happened.append((round(frame * 0.02, 2), step))
    return happened


VOICE, QUIET = True, False


@pytest.mark.parametrize(
    ("stretches", "happened"),
    [
        pytest.param([(QUIET, 1.1)], [(0.5, Silent(0.5)), (1.0, Silent(0.5))], id="silence comes in half seconds"),
        pytest.param([(VOICE, 0.08), (QUIET, 0.42)], [(0.5, Silent(0.5))], id="a click is silence"),
        pytest.param([(VOICE, 0.1)], [(0.1, Began())], id="exactly enough voice"),
        pytest.param([(VOICE, 0.06), (QUIET, 0.02), (VOICE, 0.06)], [(0.14, Began())], id="a gap costs what it lasts"),
        pytest.param([(VOICE, 1.0), (QUIET, 0.58)], [(0.1, Began())], id="a pause for breath"),
        pytest.param(
            [(VOICE, 1.0), (QUIET, 0.6)], [(0.1, Began()), (1.6, Ended(1.0, 0.6))], id="exactly enough silence"
        ),
        pytest.param(
            [(VOICE, 1.0), (QUIET, 0.4), (VOICE, 0.04), (QUIET, 0.4)],
            [(0.1, Began()), (1.6, Ended(1.04, 0.6))],
            id="a blip does not start the count again",
        ),
        pytest.param(
            [(VOICE, 1.0), (QUIET, 0.4), (VOICE, 0.5), (QUIET, 0.6)],
            [(0.1, Began()), (2.5, Ended(1.5, 0.6))],
            id="more speech does",
        ),
        pytest.param(
            [(VOICE, 1.0), (QUIET, 1.1), (VOICE, 0.5), (QUIET, 0.6)],
            [(0.1, Began()), (1.6, Ended(1.0, 0.6)), (2.1, Silent(0.5)), (2.2, Began()), (3.2, Ended(0.5, 0.6))],
            id="two utterances",
        ),
    ],
)
def test_speech_and_silence(stretches, happened):
    assert play(endpointer(), *stretches) == happened


def test_slow_speakers_may_pause_longer():
    machine = endpointer(end_silence=1.6)

    assert play(machine, (VOICE, 1.0), (QUIET, 1.58), (VOICE, 0.5), (QUIET, 1.6)) == [
        (0.1, Began()),
        (4.68, Ended(1.5, 1.6)),
    ]


def test_the_pace_may_change_in_the_middle_of_an_utterance():
    machine = endpointer(end_silence=1.6)
    play(machine, (VOICE, 1.0), (QUIET, 0.5))
    machine.end_silence = 0.6

    assert play(machine, (QUIET, 0.2)) == [(0.1, Ended(1.0, 0.6))]


def test_nobody_holds_the_line_for_ever():
    happened = play(endpointer(max_utterance=5.0), (VOICE, 11.0))

    assert [(at, type(step)) for at, step in happened] == [
        (0.1, Began),
        (5.0, Ended),
        (5.1, Began),
        (10.0, Ended),
        (10.1, Began),
    ]


def test_an_utterance_can_be_ended_from_outside():
    machine = endpointer()

    assert machine.stop() is None
    play(machine, (VOICE, 1.0))
    assert machine.stop() == Ended(1.0)
    assert not machine.speaking
    assert play(machine, (QUIET, 0.5)) == [(0.5, Silent(0.5))]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.02, 0.06, 0.1, 0.3, 0.7, 2.0])), max_size=40))
def test_beginnings_and_ends_alternate_and_no_stretch_is_too_long(stretches):
    steps = [step for _, step in play(endpointer(max_utterance=5.0), *stretches)]

    spoken = [type(step) for step in steps if not isinstance(step, Silent)]
    assert spoken == [Began, Ended] * (len(spoken) // 2) + [Began] * (len(spoken) % 2)
    assert all(0 < step.seconds <= STRETCH for step in steps if isinstance(step, Silent))


def test_a_pause_is_held_open_for_a_moment_while_something_begins():
    def ended_after(stirring):
        machine = endpointer()
        play(machine, (VOICE, 1.0), (QUIET, 0.58))
        for frame in range(1, 20):
            if machine.process(False, stirring=frame in stirring):
                return round(frame * 0.02, 2)
        return None

    assert ended_after(()) == 0.02
    assert ended_after(range(1, 4)) == 0.08
    assert ended_after(range(1, 20)) == round(0.02 + HOLD, 2)


def test_a_voice_that_begins_just_in_time_goes_on_with_the_utterance():
    machine = endpointer()
    play(machine, (VOICE, 1.0), (QUIET, 0.58))
    assert [machine.process(False, stirring=True) for _ in range(4)] == [None] * 4
    assert play(machine, (VOICE, 0.5)) == []


@pytest.mark.parametrize(
    ("stretches", "stray"),
    [
        ([(VOICE, 1.0), (QUIET, 0.2)], False),
        ([(VOICE, 1.0), (QUIET, 0.16), (VOICE, 0.4), (QUIET, 0.2)], True),
        ([(VOICE, 1.0), (QUIET, 0.16), (VOICE, 0.8), (QUIET, 0.2)], False),
        ([(VOICE, 1.0), (QUIET, 0.04), (VOICE, 0.4), (QUIET, 0.2)], False),
        ([(VOICE, 1.0), (QUIET, 0.16), (VOICE, 0.4), (QUIET, 0.16), (VOICE, 1.0), (QUIET, 0.2)], False),
        ([(VOICE, 0.3), (QUIET, 0.2)], False),
    ],
    ids=["whole", "a word after a gap", "a phrase after a gap", "hardly a gap", "it went on", "a lone word"],
)
def test_a_short_sound_after_a_gap_stands_by_itself(stretches, stray):
    machine = endpointer()
    play(machine, *stretches)

    assert machine.stray is stray
