"""`voicebot simulate`, whole: real wiring, real matching, real recogniser, real record."""

import json
import os
import pty
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import soundfile
from click.testing import CliRunner
from sqlalchemy import select

import voicebot
from tests.open_hours import ALWAYS
from voicebot import wiring
from voicebot.cli.simulate import simulate
from voicebot.store.database import Database
from voicebot.store.models import Call

ROOT = Path(voicebot.__file__).parent.parent
CALLERS = ROOT / "recordings" / "callers"
LOST = "社保卡丢了怎么补办"


@pytest.fixture
def line(tmp_path):
    """A function that places a call with an empty record and one department's sample FAQ."""
    (tmp_path / "faq").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "calendar.toml").write_text(ALWAYS, "utf-8")
    shutil.copy(ROOT / "faq" / "rsj.md", tmp_path / "faq")
    env = {
        "VOICEBOT_DATA": str(tmp_path / "data"),
        "VOICEBOT_FAQ": str(tmp_path / "faq"),
        "VOICEBOT_RECORDINGS": str(ROOT / "recordings"),
        "VOICEBOT_DATABASE_URL": "",
        "VOICEBOT_SECRET": "a secret for tests only",
    }
    runner = CliRunner(env=env)

    def place(*arguments, typed=""):
        return runner.invoke(simulate, [str(argument) for argument in arguments], input=typed, catch_exceptions=False)

    def only_call():
        """Id and channel of the one call on the record."""
        with Database(wiring.settings(env).database_url).reading() as session:
            return session.execute(select(Call.id, Call.channel)).one()

    place.record, place.only_call = wiring.open_record(wiring.settings(env)), only_call
    place.data = tmp_path / "data"
    return place


def told(result):
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def spoken(result):
    """Names of the clips said, without folder; numbers and times within them are left out."""
    names = [clip["name"].split("/") for item in told(result) for clip in item.get("clips", ())]
    return [name[1] for name in names if name[1] != "numbers"]


def named(result, name):
    return [item for item in told(result) if item["name"] == name]


MESSAGE = ["nobody_open", "registered", "promise_lead", "promise_tail", "message_offer", "message_empty"]
CALLS = {
    "a question": (["--text", LOST], ["greeting", "rsj-001", "after_answer"]),
    "a person by voice": (["--text", "转人工"], ["greeting", "hand_over", *MESSAGE]),
    "a person by key": (["--key", "0@2.5"], ["greeting", "hand_over", *MESSAGE]),
    "unknown twice": (
        ["--text", "今天天气怎么样", "--text", "你会唱歌吗"],
        ["greeting", "rephrase", "hand_over_sorry", *MESSAGE],
    ),
    "silent twice": (["--silence", "60"], ["greeting", "listening", "hand_over_silence", *MESSAGE]),
    "slower, then again": (
        ["--text", LOST, "--text", "慢一点", "--key", "*"],
        ["greeting", "rsj-001", "after_answer", "slower", "rsj-001", "rsj-001"],
    ),
    "say it again": (["--text", LOST, "--text", "再说一遍"], ["greeting", "rsj-001", "after_answer", "rsj-001"]),
    "goodbye": (["--text", LOST, "--text", "没有了，再见"], ["greeting", "rsj-001", "after_answer", "rate"]),
    "the green channel": (["--green", "--silence", "1"], ["green", *MESSAGE]),
    "danger": (["--text", "着火了"], ["greeting", "emergency", *MESSAGE]),
}


@pytest.mark.parametrize(("arguments", "clips"), CALLS.values(), ids=CALLS.keys())
def test_calls(line, arguments, clips):
    result = line(*arguments, "--json")
    assert spoken(result) == clips
    assert [item["name"] for item in told(result)].count("CallEnded") == 1
    assert told(result)[-1]["name"] == "CallEnded"


@pytest.mark.parametrize("reply", [["--text", "是的"], ["--key", "1"], ["--text", LOST]])
def test_a_likely_question_is_confirmed(line, reply):
    result = line("--text", "卡丢了", *reply, "--json")
    assert spoken(result)[1:] == ["confirm_lead", "rsj-001", "confirm_tail", "rsj-001", "after_answer"]


@pytest.mark.parametrize(("reply", "place"), [(["--key", "1"], 0), (["--key", "2"], 1), (["--text", "第二个"], 1)])
def test_a_question_between_two_is_a_choice(line, reply, place):
    _, lead, first, middle, second, keys, answered, _ = spoken(line("--text", "社保卡怎么办", *reply, "--json"))
    assert (lead, middle, keys) == ("choose_lead", "choose_or", "choose_keys")
    sides = {"apart_lost": "rsj-001", "apart_new": "rsj-002"}
    assert {first, second} == sides.keys()
    assert answered == sides[(first, second)[place]]


@pytest.mark.parametrize(("named_side", "entry"), [("丢了的那种", "rsj-001"), ("头一回办", "rsj-002")])
def test_a_choice_may_be_answered_with_the_difference(line, named_side, entry):
    assert entry in spoken(line("--text", "社保卡怎么办", "--text", named_side, "--json"))


def test_a_sound_through_the_real_recogniser(line):
    result = line("--wav", CALLERS / "rsj-card-lost.wav", "--wav", CALLERS / "human.wav", "--desk", "accept", "--json")
    assert spoken(result) == ["greeting", "rsj-001", "after_answer", "hand_over", "rate"]
    assert named(result, "CallEnded")[0]["reason"] == "connected-and-over"
    assert {"SpeechStarted", "PartialHeard", "UtteranceHeard"} <= {item["name"] for item in told(result)}


def test_options_are_turns_in_the_order_they_were_given(line):
    result = line("--key", "5", "--text", "转人工", "--key", "#", "--json")
    turns = [item for item in told(result) if item["name"] in ("KeyPressed", "UtteranceHeard")]
    assert [turn.get("key") or turn["hypotheses"][0]["text"] for turn in turns] == ["5", "转人工", "#"]


def test_every_line_says_when_what_and_its_name(line):
    items = told(line("--text", "转人工", "--json"))
    assert all(list(item)[:3] == ["t", "kind", "name"] and item["kind"] in ("event", "command") for item in items)
    assert [item["t"] for item in items] == sorted(item["t"] for item in items)
    names = [item["name"] for item in items]
    assert names.index("OpenTicket") < names.index("HandOver")


def test_typed_lines_are_turns(line):
    result = line("--json", typed=f"{LOST}\n\n0\nq\n")
    assert spoken(result)[:5] == ["greeting", "rsj-001", "after_answer", "still_there", "hand_over"]


def test_nothing_typed_is_a_caller_who_hangs_up(line):
    result = line("--json", typed="")
    assert named(result, "CallEnded")[0]["reason"] == "caller-hung-up"


def test_the_call_is_on_the_record(line):
    line("--text", LOST, "--text", "转人工", "--from", "01012345678")
    number, channel = line.only_call()
    assert channel == "script"
    assert [(turn.decision, turn.entry) for turn in line.record.turns_of(number)] == [
        ("answered", "rsj-001"),
        ("handed-over", None),
    ]
    assert line.record.caller(number).last4 == "5678"


def test_a_spoken_message_is_stored_for_the_staff(line):
    result = line("--key", "0", "--wav", CALLERS / "rsj-card-lost.wav", "--json")
    assert spoken(result)[-1] == "message_saved"
    number, _ = line.only_call()
    (message,) = line.record.messages_of(number)
    assert Path(message.file).parent == line.data / "messages"
    assert soundfile.info(message.file).duration == pytest.approx(named(result, "MessageTaken")[0]["seconds"], abs=0.01)


def test_a_registered_number_is_green(line):
    line("--text", LOST, "--from", "01012345678")
    key = line.record.caller(line.only_call()[0]).key
    line.record.register_green(key, consent="来电时同意", expires_at=wiring.now() + timedelta(days=1))
    assert spoken(line("--text", LOST, "--from", "010-1234 5678", "--json"))[0] == "green"
    assert spoken(line("--text", LOST, "--from", "01087654321", "--json"))[0] == "greeting"


def test_the_readable_transcript(line):
    result = line("--text", LOST)
    assert result.exit_code == 0
    for part in (f"来电人  {LOST}", "└ 回答 rsj-001", "概率", "通话结束：来电人挂机"):
        assert part in result.stdout


WRONG = {
    "not a key": (["--key", "x"], 2, "不是按键"),
    "not a time": (["--key", "0@soon"], 2, "不是按键"),
    "no such file": (["--wav", "no-such.wav"], 2, "no-such.wav"),
    "not a sound": (["--wav", __file__], 1, "读不了声音文件"),
    "the microphone and a script": (["--mic", "--text", "你好"], 2, "--mic 不能和"),
    "no such desk": (["--desk", "perhaps"], 2, "perhaps"),
}


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_in_one_line(line, arguments, code, message):
    result = line(*arguments)
    assert (result.exit_code, message in result.stderr) == (code, True)
    assert "Traceback" not in result.output


WITHOUT_SOUND = "import sys; sys.modules['sounddevice'] = None; from voicebot.cli.simulate import simulate; simulate()"


def test_without_portaudio_the_microphone_is_refused_in_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SOUND, "--mic"],
        env={**os.environ, "VOICEBOT_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "voicebot[mic]" in done.stderr


def test_on_a_terminal_without_a_microphone_the_caller_types(tmp_path):
    mine, theirs = pty.openpty()
    env = {**os.environ, "VOICEBOT_DATA": str(tmp_path), "VOICEBOT_FAQ": str(ROOT / "faq")}
    with subprocess.Popen(
        [sys.executable, "-c", WITHOUT_SOUND], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    ) as process:
        os.write(mine, "转人工\nq\n".encode())
        out, err = (stream.decode() for stream in process.communicate(timeout=120))
    os.close(mine)
    os.close(theirs)
    assert process.returncode == 0
    assert "没有安装麦克风支持" in err
    assert "来电人要求人工" in out
