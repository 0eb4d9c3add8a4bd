"""The FAQ that speed is measured with: as many entries as asked for, none with a fault, marked as made up."""

from datetime import date
from pathlib import Path

from voicebot.cli.sample_faq import generate_faq
from voicebot.faq.lint import load_checked
from voicebot.faq.load import load_folder

TODAY = date(2026, 6, 1)
SAMPLE = Path(__file__).parents[2] / "faq"


def test_generated_entries_are_served_and_marked(tmp_path):
    sample = load_folder(SAMPLE, TODAY)
    generate_faq(sample, SAMPLE, tmp_path / "faq", 300)
    made = load_checked(tmp_path / "faq", TODAY)
    assert len(made.entries) == 300
    assert made.errors == ()
    known = {entry.id for entry in sample.entries}
    assert all("示例" in entry.answer for entry in made.entries if entry.id not in known)
    assert {entry.department for entry in made.entries} == {one.id for one in sample.departments}
