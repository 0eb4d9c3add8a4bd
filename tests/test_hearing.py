"""What of the questions is new to the recogniser, and how it learns them."""

import json
import shutil
import sys
from datetime import date

import pytest

from tests.speech.conftest import until
from voicebot import content
from voicebot.faq import Faq
from voicebot.faq.load import load_folder
from voicebot.hearing import HearingKeeper
from voicebot.speech import learnt, models

DAY = date(2026, 6, 1)
HEADER = "---\ndepartment: xzx\nname: 行政中心\n---\n"


@pytest.fixture(scope="module")
def bundled():
    return models.find("bundled")


def faq_of(folder, *questions):
    folder.mkdir(exist_ok=True)
    entries = (
        f"\n## {question} {{#xzx-{n:03}}}\n- 关键词: {keyword}\n- 有效期: 2026-01-01 至 2027-12-31\n\n请到窗口办理。\n"
        for n, (question, keyword) in enumerate(questions, 1)
    )
    (folder / "xzx.md").write_text(HEADER + "".join(entries), "utf-8")
    return load_folder(folder, DAY)


class FakePool:
    """Uses whatever it is told to."""

    def __init__(self, model):
        self.model = model
        self.used = []

    def use(self, model):
        self.used.append(model)
        self.model = model


SCRIPT = """
import json, shutil, sys
target = sys.argv[sys.argv.index("--out") + 1]
{what}
"""
DONE = """shutil.copytree({model!r}, target, dirs_exist_ok=True)
open(target + "/office.json", "w").write(open({facts!r}).read())
print(json.dumps(dict(words=3, entries=1, elapsed_s=0.1)))"""


@pytest.fixture
def office(tmp_path, bundled):
    """Makes the keeper of an office whose questions are `questions`; a build runs `what`."""

    class Office:
        faq = faq_of(tmp_path / "faq", ("护照怎么办", "护照"))
        pool = FakePool(bundled)
        data = tmp_path / "data"

        def keeper(self, what="pass"):
            command = (sys.executable, "-c", SCRIPT.format(what=what))
            return HearingKeeper(
                self.pool, "bundled", self.data, lambda: self.faq, tmp_path / "faq", lambda: DAY, command=command
            )

        def builds(self):
            """A build that works, of these questions."""
            model = shutil.copytree(bundled, tmp_path / "fresh")
            learnt.note(model, self.faq)
            return DONE.format(model=str(model), facts=str(model / learnt.LIST))

    (tmp_path / "data").mkdir()
    return Office()


def test_the_sample_questions_are_known_to_the_model_in_the_package(bundled):
    assert learnt.unlearnt(bundled, load_folder(content.sample_faq(), DAY), DAY) == ()


def test_new_phrasings_and_keywords_are_told_once(office, caplog):
    keeper = office.keeper()

    assert keeper.unlearnt() == ("护照", "护照怎么办")
    assert [keeper.look(), keeper.look()] == [2, 2]
    assert len([record for record in caplog.records if "voicebot model build" in record.message]) == 1


def test_a_model_whose_graph_cannot_be_built_offers_nothing(office, tmp_path):
    office.pool.model = tmp_path

    assert office.keeper().unlearnt() == ()


def test_what_is_built_is_taken_into_use(office):
    keeper = office.keeper(office.builds())

    assert keeper.rebuild()
    until(lambda: not keeper.build.running and office.pool.used)

    assert keeper.build.error == ""
    assert office.pool.used == [office.data / learnt.FOLDER]
    assert keeper.look() == 0
    assert office.pool.used == [office.data / learnt.FOLDER], "once"


def test_one_build_at_a_time(office):
    keeper = office.keeper("import time; time.sleep(60)")

    assert [keeper.rebuild(), keeper.rebuild()] == [True, False]

    until(lambda: keeper._process)
    keeper.close()
    until(lambda: not keeper.build.running)
    assert keeper.build.error
    assert office.pool.used == []


@pytest.mark.parametrize("what", ["sys.exit('磁盘满了')", "sys.exit(3)", "raise OSError"])
def test_a_build_that_fails_changes_nothing(office, what, caplog):
    keeper = office.keeper(what)

    keeper.rebuild()
    until(lambda: not keeper.build.running)

    assert keeper.build.error
    assert office.pool.used == []
    assert keeper.look() == 2, "still offered"


def test_a_model_built_by_hand_is_noticed(office, bundled):
    keeper = office.keeper()
    keeper.look()
    own = shutil.copytree(bundled, office.data / learnt.FOLDER)
    learnt.note(own, office.faq)

    assert keeper.look() == 0
    assert office.pool.used == [own]

    learnt.note(own, Faq())
    keeper.look()
    assert office.pool.used == [own, own], "built again"


def test_while_a_model_is_replaced_the_line_keeps_what_it_has(office, bundled):
    own = shutil.copytree(bundled, office.data / learnt.FOLDER)
    learnt.note(own, office.faq)
    office.pool.model = own
    keeper = office.keeper()
    own.rename(office.data / "away")

    keeper.look()

    assert office.pool.used == []


def test_a_model_built_on_another_acoustic_model_is_not_used(office, bundled):
    own = shutil.copytree(bundled, office.data / learnt.FOLDER)
    (own / learnt.LIST).write_text(json.dumps({"acoustic": "another", "phrasings": []}))

    assert learnt.serving("bundled", office.data) == bundled


def test_a_model_named_by_its_path_is_built_in_place(tmp_path, bundled):
    own = shutil.copytree(bundled, tmp_path / "own")

    assert learnt.built_at(str(own), tmp_path) == own
    assert learnt.serving(str(own), tmp_path) == own
    assert learnt.built_at("bundled", tmp_path) == tmp_path / learnt.FOLDER
