"""What the page promises of any history, tried on random ones by derive.py alone: that the library derives the same, run.py shows."""
import random

import derive
import history
import texts
import world

NARROWING = (b"stop", b"withdraw", b"retire", b"destroy")


def states_of(h):
    proposals = [p.encode() if isinstance(p, str) else p for p in h.proposals]
    return derive.derive(h.genesis, proposals, h.logs(), h.broken, h.times, h.keys(), h.asks)


def counting(state):
    """Which consents count."""
    return {(h, m) for h, p in state["proposals"].items() for m, c in p["consents"].items() if c["counts"]}


def active(state):
    return {h for h, p in state["proposals"].items() if p["state"] == "active"} | {w for w, p in state["parts"].items() if p["state"] == "active"}


def narrows(entry):
    return isinstance(entry, bytes) and entry.startswith(tuple(b"charter/v1 statement " + word for word in NARROWING))


def cutting_makes_nothing_count(numbers, seed):
    """C-33. What is cut off narrows nothing: a log that is cut before a withdrawal is one in which it was not yet written."""
    base, lines = world.World(consents="2"), []
    for i in numbers:
        rng = random.Random(f"{seed} cut {i}")
        h = history.random_history(rng, [base])
        whole = states_of(h)
        m, at = rng.randrange(3), rng.randrange(len(h.ops))
        if any(k == m and narrows(entry) for k, entry in h.ops[at:]):
            continue
        h.ops = h.ops[:at] + [op for op in h.ops[at:] if op[0] != m]
        for a, b in zip(whole, states_of(h)):
            if counting(b) - counting(a):
                lines.append(f"history {i}, log {m} cut at {at}: {counting(b) - counting(a)}")
    return lines


def a_stop_makes_nothing_active(numbers, seed):
    """C-68: a stop of anything but an officer's key, anywhere in a log where it may stand."""
    base, lines = world.World(), []
    for i in numbers:
        rng = random.Random(f"{seed} stop {i}")
        h = history.random_history(rng, [base])
        whole = states_of(h)
        m = rng.choice([0, 1, 2, world.PARTNER])
        act = history.some_stop(rng, h, m)
        if "/officer/" in act:
            continue
        stop = world.note(h.text_of(m, act, world.T0 + 7), h.who(m).officers)
        h.ops.insert(rng.randrange(len(h.ops) + 1), (rng.choice([m, rng.randrange(3)]), stop))
        for a, b in zip(whole, states_of(h)):
            if active(b) - active(a):
                lines.append(f"history {i}, {act}: {active(b) - active(a)} at {a['now'] - world.T0:+d}")
    return lines


def as_of_is_what_was_there(numbers, seed):
    """C-51: as of a time is the present of that time, where nothing took effect later and a member has named all proposals."""
    base, lines = world.World(), []
    for i in numbers:
        h = history.random_history(random.Random(f"{seed} as of {i}"), [base])
        officers = h.world.parties[0].officers
        notes = {h.text_of(0, f"note proposal {world.name_of(p)}", world.T0) for p in h.proposals}
        h.ops[:0] = [(0, ("alive", world.T0, {}))] + [(0, world.note(text, officers)) for text in sorted(notes)]
        last = max(texts.unix(line.split(b" ")[1].decode()) for log in h.logs().values() for note in log
                   for line in note.split(b"\n") if line.startswith(b"time ") and note.startswith(b"charter/v1 alive"))
        h.times = [last - 120, f"@{last - 120}", last + 5, f"@{last + 5}"]
        found = states_of(h)
        lines += [f"history {i}" for a, b in (found[:2], found[2:]) if a != b]
    return lines
