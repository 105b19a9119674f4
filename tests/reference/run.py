#!/usr/bin/python3
"""Two implementations of `derive`, one answer: the C library's (derive_dump) and derive.py, on hard cases and random histories.

	tests/reference/run.py [DUMP] [--histories N] [--seed S] [--keep DIR]

DUMP: the program derive_dump (default: under $ENTENTE_BUILD or build-asan). Prints ok or FAIL and a name for each test, a
failing history shrunk to what it needs, and last `N passed, N failed`.
"""
import argparse
import collections
import functools
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor

try:
    import cases
    import cases_officer
    import cases_partner
    import cases_party
    import cases_stop
    import derive
    import history
    import properties
    import world
except ModuleNotFoundError as missing:
    print(f"SKIP the second implementation of derive\npython3's {missing.name} is not installed")
    sys.exit(0)

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HISTORIES, BATCH, SHARE_ACTIVE, SHARE_OTHER = 2500, 100, 0.30, 0.01
STATES = ["none", "consulted", "proposed", "active", "suspended", "lapsed", "unheard", "withdrawn", "ended", "closed", "unenforced"]
MODULES = [cases, cases_partner, cases_party, cases_stop, cases_officer]


def write(folder, h):
    """The history as derive_dump reads it."""
    (folder / "proposals").mkdir(parents=True)
    (folder / "genesis").write_bytes(h.genesis)
    for i, text in enumerate(h.proposals):
        (folder / "proposals" / str(i)).write_bytes(text.encode() if isinstance(text, str) else text)
    (folder / "ask").write_text("".join(f"{line}\n" for line in h.asks))
    for name, line in h.keys().items():
        (folder / "logs" / name).mkdir(parents=True)
        (folder / "logs" / name / "key").write_text(line)
    for name, notes in h.logs().items():
        log = folder / "logs" / name
        log.mkdir(parents=True, exist_ok=True)
        for i, note in enumerate(notes):
            (log / str(i)).write_bytes(note)
        if name in h.broken:
            (log / "broken").touch()


class Peer:
    """The C side."""

    def __init__(self, program):
        self.program = program

    def answers(self, histories):
        """Its states of many histories, by one call."""
        shm = pathlib.Path("/dev/shm")
        with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
            lines = []
            for i, h in enumerate(histories):
                write(pathlib.Path(folder) / str(i), h)
                lines.append(f"{folder}/{i} {h.order} {' '.join(map(str, h.times))}\n")
            done = subprocess.run([self.program], input="".join(lines), capture_output=True, text=True)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode or len(found) != sum(len(h.times) for h in histories):
            raise SystemExit(f"FAIL derive_dump ended with {done.returncode}\n{done.stderr}\n0 passed, 1 failed")
        found = iter(found)
        return [[next(found) for _ in h.times] for h in histories]


def ours(h):
    proposals = [p.encode() if isinstance(p, str) else p for p in h.proposals]
    return derive.derive(h.genesis, proposals, h.logs(), h.broken, h.times, h.keys(), h.asks)


def tidy(state):
    if state is not None and "may" in state:
        state["may"] = sorted(state["may"])
        # of several by one member for the same, the longest is all that matters
        state["accreditations"] = sorted({tuple(a[:3]): a for a in sorted(state["accreditations"], key=lambda a: a[3:])}.values())
    return state


def difference(a, b, path=""):
    """The places at which two answers differ, one a line: derive.py, then the library."""
    if isinstance(a, dict) and isinstance(b, dict):
        return [line for k in sorted(set(a) | set(b)) for line in difference(a.get(k), b.get(k), f"{path}/{k}")]
    return [] if a == b else [f"{path or '/'}: {a!r}, the library: {b!r}"]


def compare(h, mine, theirs):
    lines = []
    for t, a, b in zip(h.times, mine, theirs):
        found = [line for line in difference(tidy(a), tidy(b)) if "/lineage: None" not in line]
        lines += [f"at {t} (T0 {a['now'] - world.T0:+d} s) {line}" if a else line for line in found]
    return lines


def shrink(h, peer):
    """Leave out entries, proposals and times while the two still differ."""
    def differs():
        return bool(compare(h, ours(h), peer.answers([h])[0]))

    for part in ("times", "ops", "proposals"):
        i = len(getattr(h, part)) - 1
        while i >= 0 and len(getattr(h, part)) > (part == "times"):
            whole = list(getattr(h, part))
            getattr(h, part).pop(i)
            if not differs():
                setattr(h, part, whole)
            i -= 1


def describe(h):
    rules = "; ".join(line for line in h.world.text.splitlines() if line.startswith("rule "))
    lines = [f"{rules}, order {h.order}, broken {sorted(h.broken)}, times {h.times}"]
    for p in h.proposals:
        lines.append(f"proposal {world.name_of(p)[:8]}: " + "; ".join(line[:90] for line in p.splitlines()[2:] if not line.startswith("title")))
    for name, notes in h.logs().items():
        for i, note in enumerate(notes):
            text, _, signatures = note.decode("utf-8", "replace").partition("\n\n")
            kept = [line for line in text.splitlines() if line.split(" ")[0] not in ("charter/v1", "charter", "epoch", "view", "says", "not-after")]
            signed = ", ".join(line.split(" ")[1].rpartition("/")[2] for line in signatures.splitlines() if line.count(" ") == 2)
            lines.append(f"{name} {i} {world.name_of(text + chr(10))[:8]}: " + "; ".join(line[:90] for line in kept) + f" ({signed})")
    return lines


class Tests:
    def __init__(self):
        self.passed = self.failed = 0

    def judge(self, name, good, lines=()):
        print(f"{'ok  ' if good else 'FAIL'} {name}", flush=True)
        for line in () if good else lines:
            print(f"     {line}")
        self.passed, self.failed = self.passed + good, self.failed + (not good)


def hard_cases(tests, peer):
    made = [(name.replace("_", " "), *case()) for name, case in sorted(cases.CASES.items())]
    answers = peer.answers([h for _, h, _ in made])
    for (name, h, expected), theirs in zip(made, answers):
        mine = ours(h)
        lines = compare(h, mine, theirs)
        for at, (want, state) in enumerate(zip(expected, mine)):
            lines += cases.unmet(want, state, at)
        tests.judge(f"case: {name}", not lines, lines)


WORLDS = [{}, {"consents": "2", "admit_fresh": "10h"}, {"fresh": "10h", "admit": "2"}, {"members": ["au.example", "uk.example"]},
          {"members": world.NAMES, "consents": "3", "profile": None}, {"officers": 1}, {"consents": "1", "officers": 2, "accreditation": "20h"}]


@functools.lru_cache(None)
def worlds():
    return [world.World(**fields) for fields in WORLDS]


def made(seed, i):
    return history.random_history(random.Random(f"{seed} {i}"), worlds())


def batch(peer, seed, numbers):
    """What a batch of histories reached, how many states were asked for, and the histories that differ, by number."""
    histories = [made(seed, i) for i in numbers]
    mine, theirs = [ours(h) for h in histories], peer.answers(histories)
    reached = collections.Counter(p["state"] for states in mine for state in states for p in state["parts"].values())
    return reached, sum(map(len, mine)), [i for i, h, a, b in zip(numbers, histories, mine, theirs) if compare(h, a, b)]


def random_histories(tests, peer, count, seed, keep):
    states, asked, wrong = collections.Counter(), 0, []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        batches = [range(i, min(i + BATCH, count)) for i in range(0, count, BATCH)]
        for reached, times, differ in pool.map(batch, [peer] * len(batches), [seed] * len(batches), batches):
            states, asked = states + reached, asked + times
            wrong += [made(seed, i) for i in differ]
    total = sum(states.values())
    for n, h in enumerate(wrong[:5]):
        shrink(h, peer)
        lines = compare(h, ours(h), peer.answers([h])[0])
        tests.judge(f"random history {n + 1} of {len(wrong)} that differ, seed {seed}", False, lines + describe(h))
        if keep:
            write(pathlib.Path(keep) / str(n), h)
    if not wrong:
        tests.judge(f"{count} random histories at {asked} times derive alike", True)
    for state in STATES:
        share = states[state] / max(total, 1)
        least = SHARE_ACTIVE if state == "active" else SHARE_OTHER
        tests.judge(f"random histories reach `{state}` for {least:.0%} of whom they ask about", share >= least, [f"{share:.1%} of {total}"])


PROMISES = (("cutting a log makes no consent count", properties.cutting_makes_nothing_count),
            ("a stop makes nothing active", properties.a_stop_makes_nothing_active),
            ("as of a time is what was there", properties.as_of_is_what_was_there))


def promises(tests, count, seed):
    numbers = [range(i, min(i + BATCH // 4, count)) for i in range(0, count, BATCH // 4)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for name, check in PROMISES:
            lines = [line for found in pool.map(check, numbers, [seed] * len(numbers)) for line in found]
            tests.judge(f"{count} random histories: {name}", not lines, lines[:10])


def main():
    build = pathlib.Path(os.environ.get("ENTENTE_BUILD", ROOT / "build-asan"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump", nargs="?", default=build / "tests/unit/charter/derive_dump")
    parser.add_argument("--histories", type=int, default=HISTORIES)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--keep", help="write histories that differ into this folder")
    options = parser.parse_args()
    tests, peer = Tests(), Peer(str(options.dump))
    hard_cases(tests, peer)
    promises(tests, options.histories // 20, options.seed)
    random_histories(tests, peer, options.histories, options.seed, options.keep)
    print(f"{tests.passed} passed, {tests.failed} failed")
    return 1 if tests.failed else 0


if __name__ == "__main__":
    sys.exit(main())
