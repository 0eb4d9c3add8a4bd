"""`voicebot evaluate day`: the real scheduling in simulated time. Figures add up, and nobody is lost."""

import json

import pytest

DAYS = {
    "enough clerks": ["--clerks", "6"],
    "too few": ["--clerks", "1", "--calls-per-hour", "40"],
    "nobody picks up": ["--clerks", "2", "--away", "1"],
}


@pytest.mark.parametrize("options", DAYS.values(), ids=DAYS)
def test_every_caller_ends_somewhere(run, options):
    code, out = run("evaluate", "day", "--hours", "0.4", *options, "--json")

    found = json.loads(out.splitlines()[-1])
    assert code == 0
    assert found["calls"] > 0
    assert found["lost"] == 0
    assert found["connected"] + found["ticketed"] == found["calls"]
    assert found["within_15s"] <= found["connected"]
    if "--away" in options:
        assert found["connected"] == 0


def test_the_same_seed_is_the_same_day(run):
    day = ("evaluate", "day", "--hours", "0.2", "--json")

    assert run(*day)[1].splitlines()[-1] == run(*day)[1].splitlines()[-1]
