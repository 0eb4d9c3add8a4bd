import tomllib

import pytest

from voicebot.data_files import load_meanings
from voicebot.errors import ContentError
from voicebot.matching.lexicon import Phrases, lexicon_from
from voicebot.matching.reading import normalise, read


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("喂你好我想问一下社保卡怎么办", "社保卡怎么办"),
        ("嗯那个就是说公积金的话怎么取啊谢谢", "公积金怎么取"),
        ("麻烦问一下，请问，身份证", "身份证"),
        ("你好", ""),
        ("我要补办", "补办"),
        ("额度是多少", "额度是多少"),
    ],
)
def test_fillers_go(said, rest, lexicon):
    assert normalise(said, lexicon) == rest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("社保卡丢了咋整", "社会保障卡遗失怎么办"),
        ("驾照找不着了啷个办", "驾驶证不见了如何办理"),
        ("办证要带啥", "办证需要什么材料"),
        ("多少钱", "怎么收费"),
        ("能不能异地办", "可不可以跨省办理"),
    ],
)
def test_synonyms_read_the_same(one, other, lexicon):
    assert read(one, lexicon).text == read(other, lexicon).text


@pytest.mark.parametrize(
    ("question", "types"),
    [
        ("补身份证要多少钱", {"费用"}),
        ("什么时候能拿到", {"时间"}),
        ("在哪里办", {"地点"}),
        ("要带什么材料", {"材料"}),
        ("多久能办好", {"多久"}),
        ("社保卡", set()),
    ],
)
def test_kinds_of_question(question, types, lexicon):
    assert read(question, lexicon).types >= types
    assert bool(read(question, lexicon).types) == bool(types)


def test_a_no_in_a_question_form_is_no_negation(lexicon):
    assert not read("能不能办", lexicon).negated
    assert read("单位不给办", lexicon).negated


def test_contrasts(lexicon):
    assert read("在外地丢了身份证", lexicon).contrasts >= {"地域/外地", "环节/补办"}


def test_phrases_prefer_the_longest():
    phrases = Phrases([("办", "x"), ("怎么办", "y"), ("怎么", "z")])
    assert [(f.start, f.end, f.label) for f in phrases.find("怎么办办")] == [(0, 3, "y"), (3, 4, "x")]


@pytest.mark.parametrize(
    "document",
    ['[fillers]\nanywhere = "嗯"', "[fillers]\nstart = []", "x = 1"],
    ids=["not a list", "list missing", "table missing"],
)
def test_a_broken_word_list_is_the_clerks_problem(document):
    with pytest.raises(ContentError):
        lexicon_from(tomllib.loads(document), {}, load_meanings())
