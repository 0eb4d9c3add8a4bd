import io

import numpy as np
import pytest
import soundfile
from aiohttp import ClientSession, web

from tests.switchboard.hurrying import run
from tests.switchboard.little_line import ACCOUNT, LittleLine, switchboard
from voicebot.switchboard import sound
from voicebot.switchboard.account import basic_auth
from voicebot.switchboard.caller import AfterBeep, At, HangUp, Idle, Into, Press, Say
from voicebot.switchboard.exchange import Caller

TONE = sound.tone((440.0,), 1.0)


def respond(inside):
    return f"<Response>{inside}</Response>"


def call(pages, script=(), **options):
    line = LittleLine(pages)

    async def story():
        async with switchboard(line, **options) as board:
            return await board.place(Caller(script))

    return run(story()), line


def wav():
    out = io.BytesIO()
    soundfile.write(out, np.full(22050, 0.25), 22050, format="WAV")
    return out.getvalue()


def test_say_takes_its_time_and_is_heard_as_text():
    result, _ = call(
        {"/voice": respond('<Say voice="Polly.Zhiyu" language="cmn-CN" loop="2">一二三四五六七八九</Say>')}
    )
    assert result.transcript == "一二三四五六七八九"
    assert result.heard[0].end - result.heard[0].t == pytest.approx(4.0, abs=0.2)
    assert result.status == "completed"
    assert not result.problems


def test_play_is_heard_as_audio():
    pages = {"/voice": respond("<Play>/a.wav</Play>")}
    pages["/a.wav"] = lambda form: web.Response(body=wav(), content_type="audio/wav")
    result, line = call(pages)
    assert line.forms("/a.wav") == [{}]
    assert result.heard[0].kind == "play"
    assert len(result.heard[0].audio) == 8000
    assert not result.problems


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (lambda form: web.Response(body=wav(), content_type="application/octet-stream"), 13420),
        (lambda form: web.Response(body=b"no", content_type="audio/wav"), 12400),
        (lambda form: web.Response(status=404), 11200),
    ],
)
def test_what_cannot_be_played_is_passed_over(page, code):
    result, _ = call({"/voice": respond("<Play>/a.wav</Play><Say>next</Say>"), "/a.wav": page})
    assert [problem.code for problem in result.errors] == [code]
    assert result.transcript == "next"


def test_pause_redirect_and_digits():
    pages = {"/voice": respond('<Pause length="2"/><Redirect method="GET">/next</Redirect>')}
    pages["/next"] = respond('<Play digits="1w2"/><Hangup/><Say>never</Say>')
    result, line = call(pages)
    assert line.forms("/next")[0]["CallStatus"] == "ringing"
    assert result.answered >= 1.9
    assert [(item.kind, item.source) for item in result.heard] == [("play", "1w2")]


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_reject(reason, status):
    result, _ = call({"/voice": respond(f'<Reject reason="{reason}"/>')})
    assert result.status == status
    assert result.answered is None


GATHER = (
    '<Gather action="/key" {}><Say>one two three four five six seven eight nine ten</Say></Gather><Say>nothing</Say>'
)


@pytest.mark.parametrize(
    ("attributes", "script", "digits"),
    [
        ('numDigits="1"', [Press("0", Into(0.5))], "0"),
        ('numDigits="3"', [Press("12", Into(0.5)), Press("3", Idle(0.5, patience=1))], "123"),
        ("", [Press("12#", Into(0.5))], "12"),
        ('finishOnKey="*"', [Press("1#*", Into(0.5))], "1#"),
        ('finishOnKey="" numDigits="2"', [Press("1#", Into(0.5))], "1#"),
        ('timeout="2"', [Press("12", Into(0.5))], "12"),
        ("", [Press("#", Into(0.5))], ""),
        ('timeout="1" actionOnEmptyResult="true"', [], None),
        ('timeout="1"', [], "fell through"),
        ('timeout="1" input="speech"', [Press("1", Into(0.5))], "fell through"),
    ],
)
def test_gather(attributes, script, digits):
    result, line = call({"/voice": respond(GATHER.format(attributes)), "/key": respond("<Say>got it</Say>")}, script)
    if digits == "fell through":
        assert "nothing" in result.transcript
        assert not line.forms("/key")
    else:
        assert line.forms("/key")[0].get("Digits") == digits
        assert "got it" in result.transcript


def test_a_key_stops_the_prompt():
    result, _ = call({"/voice": respond(GATHER.format('numDigits="1"')), "/key": respond("")}, [Press("1", Into(0.5))])
    assert 0.5 <= result.heard[0].end - result.heard[0].t < 2.0


def test_gather_without_an_action_asks_its_own_document():
    pages = {"/voice": lambda form: respond('<Gather numDigits="1"/>' if "Digits" not in form else "<Say>done</Say>")}
    result, line = call(pages, [Press("7", At(0.5))])
    assert line.forms("/voice")[1]["Digits"] == "7"
    assert result.transcript == "done"


def test_gather_hears_words_it_knows_from_the_script():
    pages = {"/voice": respond(GATHER.format('input="speech dtmf"')), "/key": respond("")}
    _, line = call(pages, [Say(TONE, "q", Into(0.5), text="转人工")])
    assert line.forms("/key")[0]["SpeechResult"] == "转人工"


RECORD = (
    '<Record action="/done" timeout="2" maxLength="10" trim="{}" recordingStatusCallback="/rec" '
    'recordingStatusCallbackEvent="completed absent"/><Say>never</Say>'
)


def recording(script, trim="do-not-trim"):
    """A recorded call; the fields of action and callback, and what the file held when asked at either."""
    files = {}

    async def fetch(form):
        async with ClientSession(headers={"Authorization": basic_auth(ACCOUNT.sid, ACCOUNT.token)}) as session:
            reply = await session.get(form["RecordingUrl"] + ".wav")
            files[form.get("RecordingStatus", "action")] = (await reply.read()) if reply.status == 200 else reply.status
        return respond("<Say>thanks</Say>") if "Digits" in form else web.Response(status=204)

    result, line = call({"/voice": respond(RECORD.format(trim)), "/done": fetch, "/rec": fetch}, script)
    return result, line.forms("/done"), line.forms("/rec"), files


@pytest.mark.parametrize(
    ("script", "digits", "least"),
    [
        ([Say(TONE, "m", AfterBeep(0.2)), Press("5", At(3.0))], "5", 2.0),
        ([Say(TONE, "m", Idle(0.3))], "", 3.0),
        ([Say(TONE, "m", Idle(0.3)), HangUp(At(2.5))], "hangup", 1.0),
        ([Say(TONE * 11, "m", Idle(0.3))], "", 9.9),
    ],
)
def test_record(script, digits, least):
    result, (done,), (told,), files = recording(script)
    assert done["Digits"] == digits
    assert done["CallStatus"] == ("completed" if digits == "hangup" else "in-progress")
    assert int(done["RecordingDuration"]) >= round(least)
    assert told["RecordingUrl"] == done["RecordingUrl"]
    assert told["RecordingStatus"] == "completed"
    assert told["RecordingSource"] == "RecordVerb"
    assert files["action"] == 404
    samples, rate = soundfile.read(io.BytesIO(files["completed"]))
    assert rate == 8000
    assert len(samples) / rate >= least
    assert np.abs(samples).max() > 0.2
    assert ("thanks" in result.transcript) is (digits != "hangup")


def test_silence_at_both_ends_may_be_trimmed():
    result, (done,), _, _ = recording([Say(TONE, "m", At(2.0))], trim="trim-silence")
    assert done["RecordingDuration"] == "1"
    assert result.recordings[0].duration_s == pytest.approx(1.0, abs=0.05)


def test_hanging_up_during_the_beep_records_nothing():
    pages = {"/voice": respond(RECORD.format("do-not-trim")), "/rec": web.Response(status=204)}
    pages |= {"/done": respond(""), "/rec": lambda form: web.Response(status=204)}
    result, line = call(pages, [HangUp(At(0.2))])
    assert not result.recordings
    assert not line.forms("/done")


def test_the_caller_may_hang_up_while_something_is_said():
    result, _ = call({"/voice": respond("<Say loop='0'>again</Say>")}, [HangUp(At(3.0))])
    assert result.ended_by == "caller"
    assert 3.0 <= result.end - result.answered < 5.0


def test_a_call_has_a_longest_length():
    result, _ = call({"/voice": respond("<Say loop='0'>again</Say>")}, max_call_s=2.0)
    assert result.ended_by == "limit"


def test_what_is_legal_but_beyond_us_is_an_error():
    result, _ = call({"/voice": respond('<Pay paymentConnector="x"/><Say>next</Say>')})
    assert [problem.code for problem in result.errors] == [0]
    assert result.transcript == "next"


def test_strict_twiml_refuses_what_twilio_warns_of():
    pages = {"/voice": respond('<Say tone="kind">hi</Say>')}
    assert [(p.code, p.level) for p in call(pages)[0].problems] == [(12200, "warning")]
    assert [(p.code, p.level) for p in call(pages, strict_twiml=True)[0].problems] == [(12200, "error")]


def test_the_json_form_is_plain():
    result, _ = call({"/voice": respond("<Say>hi</Say>")})
    plain = result.to_json()
    assert plain["from"] == "+12025550100"
    assert plain["heard"][0].keys() == {"t", "end", "kind", "text", "clips", "source"}
    assert plain["exchanges"][0]["body"] == respond("<Say>hi</Say>")
    assert plain["duration_s"] == pytest.approx(result.end - result.answered, abs=0.001)
