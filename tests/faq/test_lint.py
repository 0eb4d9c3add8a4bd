import pytest
from rapidfuzz import fuzz

from tests.faq.samples import HEADER, OTHER, TODAY, entry, write
from voicebot.faq import Level
from voicebot.faq.lint import check, load_checked
from voicebot.faq.load import load_folder


def checked(tmp_path, text, **options):
    return check(load_folder(write(tmp_path, rsj=text, ybj=OTHER), TODAY), **options)


def found(problems):
    return [(p.file, p.line, p.code) for p in problems]


# The entry's heading is line 6, its variants line 7, its answer line 10.
CASES = {
    "nothing": ({}, []),
    "same question": ({"question": "异地看病，怎么备案？"}, [("faq/ybj.md", 6, "duplicate-question")]),
    "same variant": ({"variants": "甲 | 去外地住院要先登记吗"}, [("faq/ybj.md", 7, "duplicate-question")]),
    "same sound": ({"question": "一地看病怎么背案"}, [("faq/ybj.md", 6, "homophone")]),
    "nearly the same": ({"question": "异地看病如何办理备案"}, [("faq/ybj.md", 6, "look-alike")]),
    "same for many accents": ({"question": "异地看宾怎么备案"}, [("faq/ybj.md", 6, "look-alike")]),
    "in another order": ({"question": "怎么备案异地看病"}, [("faq/ybj.md", 6, "look-alike")]),
    "variant twice": ({"variants": "社保卡丢了，怎么补办 | 乙"}, [("faq/rsj.md", 7, "duplicate-variant")]),
    "too long": ({"answer": "请带身份证到窗口办理。" * 12}, [("faq/rsj.md", 10, "answer-too-long")]),
    "address": ({"answer": "请看www.example.gov.cn上的说明。"}, [("faq/rsj.md", 10, "unspeakable-url")]),
    "second paragraph": ({"answer": "可以。\n\n请写信到\na@b.cn。"}, [("faq/rsj.md", 13, "unspeakable-email")]),
    "number": ({"answer": "请拨打12333。"}, [("faq/rsj.md", 10, "unspeakable-digits")]),
    "number in the question": ({"question": "12333是什么电话"}, [("faq/rsj.md", 6, "unspeakable-digits")]),
    "table": ({"answer": "| 甲 | 乙 |\n|---|---|\n| 一 | 二 |"}, [("faq/rsj.md", 10, "unspeakable-table")]),
}


@pytest.mark.parametrize(("change", "expected"), CASES.values(), ids=CASES.keys())
def test_faults_with_their_lines(tmp_path, change, expected):
    assert found(checked(tmp_path, HEADER + entry(**change))) == expected


def test_different_questions_are_left_alone(tmp_path):
    text = HEADER + entry(question="租房怎么提取公积金") + entry("rsj-002", "买房怎么提取公积金", "买房能取多少公积金")
    assert checked(tmp_path, text) == ()


def test_next_years_version_is_no_duplicate_of_this_years(tmp_path):
    text = HEADER + entry() + entry("rsj-002", validity="2027-01-01 起")
    assert [p.code for p in checked(tmp_path, text)] == ["not-yet-valid"]
    text = HEADER + entry() + entry("rsj-002", validity="2026-12-31 起")
    assert [p.code for p in checked(tmp_path, text)] == ["duplicate-question"] * 2 + ["not-yet-valid"]


def test_only_one_report_for_two_entries_that_are_the_same_throughout(tmp_path):
    text = HEADER + entry() + entry("rsj-002")
    assert [p.code for p in checked(tmp_path, text)] == ["duplicate-question"] * 2  # question and variant


def test_length_says_how_much_to_cut(tmp_path):
    [problem] = checked(tmp_path, HEADER + entry(answer="请带身份证到窗口办理。" * 12))
    assert problem.level is Level.ERROR
    assert "32 秒" in problem.message
    assert "删去 28 个字" in problem.message
    assert checked(tmp_path, HEADER + entry(answer="请带身份证到窗口办理。" * 9)) == ()


def similar(entries):
    """A bold matcher in six lines: best similarity of any phrasing, the phrase itself left out."""

    def rank(phrase, owner):
        score = {
            e.id: max((fuzz.ratio(phrase, p) / 100 for p in e.phrasings if (e.id, p) != (owner, phrase)), default=0)
            for e in entries
        }
        likely = [(id, min(1.0, 1.6 * value)) for id, value in score.items() if value >= 0.4]
        return sorted(likely, key=lambda pair: -pair[1])

    return rank


def test_a_variant_that_is_nearer_to_another_entry(tmp_path):
    text = HEADER + entry(variants="社保卡丢了去哪里补办 | 看病要怎么备案呢异地的病")
    faq = load_folder(write(tmp_path, rsj=text, ybj=OTHER), TODAY)
    problem, *others = check(faq, rank=similar(faq.entries))
    assert (problem.line, problem.code, problem.level) == (7, "matches-another", Level.WARNING)
    # and that entry's own question is drawn here
    assert found(others) == [("faq/ybj.md", 6, "matches-another")]
    assert "看病要怎么备案呢异地的病" in problem.message
    assert "ybj-001" in problem.message
    assert "faq/ybj.md:6" in problem.message


def test_a_phrase_is_reported_once_not_also_as_nearer_to_its_twin(tmp_path):
    text = HEADER + entry(variants="异地看病如何备案")
    faq = load_folder(write(tmp_path, rsj=text, ybj=OTHER), TODAY)
    assert found(check(faq, rank=similar(faq.entries))) == [("faq/ybj.md", 6, "look-alike")]


def test_words_the_model_cannot_hear(tmp_path):
    known = set("社保卡丢了怎么补办异地看病备案去外地住院要先登记吗")
    problems = checked(tmp_path, HEADER + entry(variants="社保卡丢了 | 龘龘卡APP"), knows=known.__contains__)
    assert found(problems) == [("faq/rsj.md", 7, "unhearable")]
    assert "“龘、APP”" in problems[0].message


def test_sample_content_is_reported_on_request(tmp_path):
    text = HEADER.replace("---\ndep", "---\nsample: true\ndep") + entry()
    assert checked(tmp_path, text) == ()
    assert found(checked(tmp_path, text, strict_sample=True)) == [("faq/rsj.md", 3, "sample-content")]


def test_loading_with_checks_is_what_decides_about_serving(tmp_path):
    folder = write(tmp_path, rsj=HEADER + entry(answer="请拨打12333。"))
    assert load_folder(folder, TODAY).errors == ()
    assert [p.code for p in load_checked(folder, TODAY).errors] == ["unspeakable-digits"]
    assert "rsj-001" in load_checked(folder, TODAY)
