"""Every measurement of the line at a small size: it runs, and its JSON has the promised shape. Real processes, real
sound, the emulated telephone network. How fast or how many is not judged here: this machine may be busy.
"""

import json
import subprocess
import sys

import pytest

COMMANDS = {
    "latency": ["--turns", "2", "--per-call", "2", "--barge-in", "1", "--hesitations", "8", "--workers", "1"],
    "capacity": ["--first", "2", "--most", "2", "--turns", "1"],
    "soak": ["--calls", "12", "--lines", "3"],
    "kills": ["--kills", "4", "--lines", "2"],
    "desk": ["--calls", "60", "--days", "10", "--rounds", "2"],
    "quiet": ["--hours", "0.02", "--workers", "1"],
}
AT_ONCE = 3
LONGEST_S = 400


@pytest.fixture(scope="module")
def measured():
    """What each command printed; some run at the same time, for most of their time is spent waiting."""
    running, done, waiting = {}, {}, list(COMMANDS.items())
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            name, options = waiting.pop(0)
            command = [sys.executable, "-m", "voicebot", "evaluate", name, *options, "--json"]
            running[name] = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        name, process = next(iter(running.items()))
        out, err = process.communicate(timeout=LONGEST_S)
        del running[name]
        done[name] = out, err
    return done


def figures(measured, name):
    out, err = measured[name]
    assert out, err
    [line] = out.splitlines()
    return json.loads(line)


def test_latency(measured):
    found = figures(measured, "latency")

    assert set(found) == {"turns", "p50_ms", "p95_ms", "cut_off_share"}
    assert found["turns"] == 2
    assert 0 < found["p50_ms"] <= found["p95_ms"]
    assert 0 <= found["cut_off_share"] <= 1


def test_capacity(measured):
    found = figures(measured, "capacity")

    assert set(found) == {"lines", "p95_ms", "peer_lines", "peer_p95_ms", "ratio"}
    assert found["lines"] in (0, 2)
    assert found["p95_ms"] > 0
    assert found["peer_p95_ms"] > 0


def test_soak(measured):
    found = figures(measured, "soak")

    assert set(found) == {"calls", "rss_kb_per_call", "processes_left", "threads_left", "sockets_left"}
    left = [found[name] for name in ("processes_left", "threads_left", "sockets_left")]
    assert (found["calls"], left) == (12, [0, 0, 0])
    assert found["rss_kb_per_call"] is not None


def test_kills(measured):
    found = figures(measured, "kills")

    assert (found["kills"], found["lost"], found["unanswered"]) == (4, 0, 0)
    assert found["calls"] >= 2


def test_quiet(measured):
    found = figures(measured, "quiet")

    assert set(found["sets"]) == {"silence", "noise", "music", "tones"}
    for name in ("silence", "noise", "tones"):
        assert (found["sets"][name]["utterances"], found["sets"][name]["matched"]) == (0, 0)
    assert all(tally["answered"] == 0 for tally in found["sets"].values())


def test_desk(measured):
    found = figures(measured, "desk")

    assert found["calls"] == 60
    assert {page["path"] for page in found["pages"]} >= {"/desk/figures", "/desk/missed", "/desk/report"}
    assert {page["status"] for page in found["pages"]} <= {200, 302, 303, 503}
    for key, action in {"worst_p95_ms": False, "worst_action_p95_ms": True}.items():
        assert found[key] == max(page["p95_ms"] for page in found["pages"] if page["action"] is action)
