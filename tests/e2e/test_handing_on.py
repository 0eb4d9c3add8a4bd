"""A caller is handed on from unit to unit, over real HTTP and WebSocket: once, and then only with everybody there."""

import pytest

from tests.e2e.conftest import heard
from tests.e2e.people import ALL_WEEK, A, B, C, accept, office
from voicebot.staffing.roster import Person, Role, Shift
from voicebot.switchboard.callee import Behaviour, Callee
from voicebot.switchboard.caller import At, Bridged, HangUp, Into, Press

STAFF = (
    (Person("a", "窗口一", A), Person("b", "窗口二", B), Person("c", "窗口三", C)),
    (Shift("a", "gaj", Role.A, *ALL_WEEK), Shift("b", "gjj", Role.B, *ALL_WEEK), Shift("c", "ybj", Role.B, *ALL_WEEK)),
)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """Without a single question in the FAQ, and without ears."""
    data, faq = tmp_path_factory.mktemp("office"), tmp_path_factory.mktemp("faq")
    more = {"VOICEBOT_DESK_NUMBER": "", "VOICEBOT_FAQ": str(faq)}
    with office(data, more=more, staff=STAFF) as made:
        yield made


def hands_on(keys, *more):
    """Takes the call, and after a moment hands it on to the unit with that number."""
    then = (Press("*", Bridged(1.5)), Press(f"{keys}#", Into(1.0)), *more, HangUp(At(140.0)))
    return Callee(Behaviour.ACCEPT, pickup_s=1.0, then=then)


def test_a_green_caller_reaches_a_person_with_speech_down_and_an_empty_faq(here):
    green = here.remember(60)
    here.people(a=accept(talk_s=0.5))
    result = here.call(HangUp(Bridged(0.3)), HangUp(At(20.0)), number=green)

    assert here.outcomes(result) == [("a", "accepted")]
    assert result.dials[0].t <= 3.0
    assert result.keys == []
    assert heard(result.legs[0])[0] == "prompts/whisper_green"


def test_once_and_then_only_with_whoever_had_the_caller_still_there(here):
    here.people(a=hands_on("1"), b=hands_on("1"), c=accept(talk_s=20.0))
    result = here.call(HangUp(At(150.0)))

    assert here.outcomes(result) == [("a", "accepted"), ("b", "accepted"), ("c", "accepted")]
    first, second, third = result.dials
    assert first.end < second.t + 2.0, "the first time they may go at once"
    assert second.end > third.t + 5.0, "the second time they stay until the next one has the caller"
    assert [dial.bridged for dial in result.dials] == [True, True, True]
    whispers = [heard(leg)[0] for leg in result.legs]
    assert whispers == ["prompts/whisper_fault", "prompts/whisper_handed_on", "prompts/whisper_handed_on"]
    assert heard(result.legs[0])[-2:] == ["prompts/hand_on_lead…", "prompts/hand_on_sent"]
    assert heard(result.legs[1])[-2:] == ["prompts/hand_on_stay", "prompts/hand_on_met"]
    assert {"prompts/handing_on_wait", "prompts/handed_on"} <= set(heard(result))
    call = result.identity.call
    assert here.rows("SELECT handed_on FROM calls WHERE id = ?", call) == [(2,)]
    assert here.tickets(result) == [("call", "resolved", "a", "")], "whoever had the caller first owns it"
    assert result.problems == []
