"""The transcript on a terminal."""

import io
import re
from dataclasses import replace
from enum import StrEnum

import pytest
from rich.console import Console

from tests.lines.world import TUNING, WorkerEar, call, data, tone
from voicebot.dialogue.commands import Clip, Decision, OpenTicket, Play, Reason, RecordTurn, TicketKind
from voicebot.events import (
    CallEnded,
    Caller,
    CallStarted,
    EndReason,
    Fault,
    FaultOccurred,
    PartialHeard,
    RecogniserLost,
    TransferEnded,
    TransferOutcome,
    UtteranceHeard,
)
from voicebot.lines.transcript import Transcript
from voicebot.lines.turns import Pressed, Said, Sounded, Stayed
from voicebot.matching.types import Outcome

LABELS = data("transcript.toml")


def shown(told, **options):
    out = io.StringIO()
    transcript = Transcript(Console(file=out, width=200, highlight=False, **options), LABELS)
    with transcript.live():
        for at, item in told:
            transcript(at, item)
    return out.getvalue()


def lines(over):
    """Without times, and with single spaces."""
    return [re.sub(r"^\s*[\d.]+\s+|\s+$", "", line).replace("　", "").strip() for line in shown(over.told).splitlines()]


def test_a_call_reads_like_one():
    assert lines(call(Said("卡的事"), Pressed("1"))) == [
        "后台  电话接通（号码未知）",
        "线路  您好，这里是政务服务热线，我是智能语音助手。请直接说您的问题。任何时候按零，马上转人工。",
        "来电人  卡的事",
        "└ 反问确认 rsj-001 · 较有把握 · rsj-001 社保卡丢了怎么补办 概率 0.90",
        "线路  您是想问，社保卡丢了怎么补办对吗？",
        "来电人  按键 1",
        "└ 回答 rsj-001",
        "线路  带身份证去网点办，当场可取。还有问题请直接说。没有解决，请按零转人工。",
        "后台  通话结束：来电人挂机",
    ]


def test_a_call_for_a_person_reads_like_one():
    over = call(Stayed(TUNING.silence), Said("转人工"), Sounded("m.wav", tone(2.0)), ear=WorkerEar(["请回电话"]))
    assert lines(over)[2:] == [
        "来电人  （沉默 3.0 秒）",
        "└ 提示",
        "线路  我在听，请直接说您的问题。要找人工，请按零。",
        "来电人  转人工",
        "└ 转人工 · 要人工",
        "后台  登记工单（来电）：来电人要求人工。",
        "线路  好的，马上为您转人工，请不要挂机。",
        "后台  正在呼叫人工（总台）：来电人要求人工。",
        "后台  转接结果：无人接听",
        "线路  现在没有人能接听，您的来电已经登记。请在提示音后留言，说说您的问题，说完请按井号键。",
        "来电人  请回电话",
        "来电人  留言 3.0 秒",
        "线路  您的留言已经保存，工作人员会给您回电话。再见。",
        "后台  通话结束：线路道别后挂机",
    ]


TABLES: dict[str, type[StrEnum]] = {
    "decision": Decision,
    "outcome": Outcome,
    "ticket": TicketKind,
    "transfer": TransferOutcome,
    "end": EndReason,
    "fault": Fault,
}


@pytest.mark.parametrize("table", TABLES)
def test_every_word_has_a_label_and_every_label_a_word(table):
    assert set(LABELS[table]) == {str(word) for word in TABLES[table]}


TURN = RecordTurn((), None, Outcome.CHOOSE, None, Decision.PROMPTED, None, "listening")
RARE = {
    "a known caller": (CallStarted(Caller("k", "1234", True)), "电话接通（1234），绿色通道"),
    "no recogniser": (CallStarted(speech_ready=False), "电话接通（号码未知），语音识别没有就绪"),
    "noise": (UtteranceHeard(()), "（有声音，没有听出字）"),
    "another recogniser": (RecogniserLost(replaced=True), "识别进程中断，已换一个继续听"),
    "no recogniser left": (RecogniserLost(replaced=False), "识别进程中断，没有可用的"),
    "a fault": (FaultOccurred(Fault.STORE), "故障：系统记录"),
    "a complaint": (
        OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, None, None, "要投诉"),
        "登记工单（投诉）：要投诉",
    ),
    "a busy desk": (TransferEnded(TransferOutcome.BUSY), "转接结果：占线"),
    "a turn without a word": (TURN, "└ 提示 · 几个相近"),
    "a turn by key": (replace(TURN, key="5", outcome=None), "└ 提示"),
    "the end": (CallEnded(EndReason.CONNECTION_LOST), "通话结束：连接中断"),
}


@pytest.mark.parametrize(("item", "text"), RARE.values(), ids=RARE.keys())
def test_what_is_rare_reads_well_too(item, text):
    assert shown([(0.0, item)]).rstrip().endswith(text)


def test_partials_are_live_on_a_terminal_and_absent_elsewhere():
    told = [(1.0, PartialHeard("社保")), (2.0, PartialHeard("社保卡"))]
    assert "社保卡…" in shown(told, force_terminal=True)
    assert shown(told) == ""


def test_long_texts_wrap_under_themselves_on_a_terminal():
    out = io.StringIO()
    transcript = Transcript(Console(file=out, width=40, highlight=False, force_terminal=True, no_color=True), LABELS)
    transcript(1.0, Play(1, (Clip("prompts/greeting", "您好，这里是政务服务热线，我是智能语音助手。"),)))
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in out.getvalue().splitlines()]
    assert len(lines) > 1
    assert "".join(line.split()[-1] for line in lines) == "您好，这里是政务服务热线，我是智能语音助手。"
    assert all(line.startswith(" " * 17) for line in lines[1:])
