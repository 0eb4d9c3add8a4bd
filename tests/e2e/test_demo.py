"""The README's first command, as pasted."""

import json
import subprocess
import sys


def test_every_call_of_the_demo_ends_as_expected(tmp_path):
    command = [sys.executable, "-m", "voicebot", "demo", "--json", "--keep", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=400)

    calls = [json.loads(line) for line in run.stdout.splitlines()]
    assert [(call["title"], call["faults"]) for call in calls if call["faults"]] == [], run.stderr
    assert len(calls) >= 5
    assert run.returncode == 0
