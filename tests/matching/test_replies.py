import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.events import Hypothesis, typed
from voicebot.matching.replies import Reply, denies, is_speech, reply


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("是的", Reply.YES),
        ("对对对", Reply.YES),
        ("嗯，是", Reply.YES),
        ("要得", Reply.YES),
        ("不是", Reply.NO),
        ("不不不，不是这个", Reply.NO),
        ("都不是", Reply.NO),
        ("第一个", Reply.FIRST),
        ("按一", Reply.FIRST),
        ("一", Reply.FIRST),
        ("我选第二个吧", Reply.SECOND),
        ("二", Reply.SECOND),
        ("2", Reply.SECOND),
        ("后面那个", Reply.SECOND),
        ("再说一遍", Reply.REPEAT),
        ("啊？没听清楚", Reply.REPEAT),
        ("你说慢一点我听不过来", Reply.SLOWER),
        ("慢点", Reply.SLOWER),
        ("没有了，谢谢", Reply.DONE),
        ("好的谢谢，再见", Reply.DONE),
        ("知道了", Reply.DONE),
        ("嗯", Reply.BACKCHANNEL),
        ("哦哦，好", Reply.BACKCHANNEL),
        ("喂喂", Reply.BACKCHANNEL),
        ("社保卡丢了怎么办", None),
        ("是的我想问社保卡", None),
        ("是，不是", None),
        ("第一个第二个", None),
        ("转人工", None),
        ("不能再说一遍的那种合同要怎么签才算数呢", None),
        ("", None),
    ],
)
def test_reply(said, meant):
    assert reply(typed(said)) is meant


@pytest.mark.parametrize(
    ("misheard", "meant"),
    [
        ("地二个", Reply.SECOND),
        ("安一", Reply.FIRST),
        ("在说一遍", Reply.REPEAT),
        ("布是", Reply.NO),
        ("满一点", Reply.SLOWER),
    ],
)
def test_by_sound(misheard, meant):
    assert reply(typed(misheard)) is meant


def test_a_credible_second_hypothesis_counts():
    assert reply((Hypothesis("地而革", 0.5), Hypothesis("第二个", 0.4))) is Reply.SECOND
    assert reply((Hypothesis("低保", 0.9), Hypothesis("第一个", 0.1))) is None


DENIED = {
    "不是，我想问公积金": True,
    "不对不对，我问的是居住证": True,
    "嗯，不是的，我想问社保": True,
    "不不不，我要问社保": True,
    "不是呀我问社保": True,
    "我不是要问这个": True,
    "步是我想问公积金": True,
    "不是本人能办吗": False,
    "部队转业的住房公积金怎么转": False,
    "搞错了户口本上的出生日期怎么改": False,
    "都不是本地户口怎么办结婚": False,
    "不是的话怎么办": False,
    "没有身份证怎么办": False,
    "": False,
}


@pytest.mark.parametrize(("text", "denied"), DENIED.items(), ids=DENIED)
def test_a_no_that_goes_on(text, denied):
    assert denies(typed(text) if text else ()) is denied


@pytest.mark.parametrize(
    ("text", "speech"), [("嗯", False), ("嗯嗯好的", False), ("", False), ("社保", True), ("不是", True)]
)
def test_is_speech(text, speech):
    assert is_speech(text) is speech


@given(st.text(max_size=30))
def test_never_raises(text):
    assert reply(typed(text)) in {*Reply, None}
    assert is_speech(text) in {True, False}
