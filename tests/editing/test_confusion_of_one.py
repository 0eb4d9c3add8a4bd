"""What one entry takes or loses is found as when every entry is asked about."""

from datetime import date
from pathlib import Path

from voicebot.data_files import load_lexicon
from voicebot.faq.load import load_folder
from voicebot.questions.confusion import confusions

FAQ = Path(__file__).parents[2] / "faq"


def test_one_entry_alone_is_as_in_the_whole():
    entries = load_folder(FAQ, date(2026, 6, 1)).entries[:24]
    before = [entry for entry in entries if entry is not entries[9]]
    lexicon = load_lexicon()
    whole = confusions(entries, before, lexicon)
    assert whole, "nothing to compare"
    for entry in entries:
        of_it = [one for one in whole if entry.id in (one.owner, one.taker)]
        assert confusions(entries, before, lexicon, entry.id) == of_it
