import pytest

from voicebot.data_files import load_lexicon
from voicebot.faq.entry import Entry
from voicebot.matching import build_index


def entry(id_, *phrasings, keywords=(), answer=""):
    question, *variants = phrasings
    return Entry(id_, "dep", question, tuple(variants), answer, tuple(keywords))


ENTRIES = (
    entry("card-lost", "社保卡丢了怎么补办", "社会保障卡遗失去哪里补", keywords=("社保卡", "补办")),
    entry("card-new", "第一次办社保卡怎么申领", "新参保的人在哪里领社保卡", keywords=("社保卡", "首次")),
    entry("rent", "租房怎么提取公积金", "公积金可以付房租吗", keywords=("公积金", "租房")),
    entry("married", "结婚登记要带什么", "领结婚证要户口本吗"),
    entry("wages", "单位拖欠工资去哪里反映", "老板不发工资怎么办", keywords=("拖欠工资",)),
    entry("phone", "办事大厅的电话是多少"),
)


@pytest.fixture(scope="session")
def lexicon():
    return load_lexicon()


@pytest.fixture(scope="session")
def index(lexicon):
    return build_index(ENTRIES, lexicon)
