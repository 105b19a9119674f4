#!/usr/bin/python3
"""A second `derive`, written from docs/charter-spec.md and not from the C code. The numbers are that page's rules.

	tests/reference/derive.py DIR TIME...        one line of JSON for each time (Unix seconds)

DIR holds genesis, proposals/*, logs/<member>/<index> (whole notes), and logs/<member>/broken for a log caught lying.
"""
import functools
import json
import pathlib
import sys

import texts
from texts import Bad, key, need, parse, seconds, signers, split_note, unix

SKEW = 120
NARROWING = ("note", "stop", "withdraw", "retire", "destroy")  # one officer is enough; all else needs the quorum (C-9)
ENFORCED = ("consent", "key", "issuer-key", "note")
KEY_ALGORITHMS = {"ec:secp256r1": "e"}
ISSUER_ALGORITHMS = {"ES256": "ec:secp256r1"}


class Member:
    def __init__(self, text):
        self.name = text.one("member")[0]
        self.officers = [key(o[0]) for o in text.all("officer")]
        self.quorum = int(text.one("quorum")[0])
        self.log_key = key(text.all("log")[0][0])
        self.issuers = [i[0] for i in text.all("issuer")]
        self.keys = [o.raw for o in self.officers] + [key(line[0]).raw for line in text.all("log") + text.all("recovery")]
        self.keys.append(key(text.one("witness")[0], 4).raw)


@functools.lru_cache(None)
def read_note(note):
    """(text, parsed, signature lines), or None for what is no note of a valid text."""
    try:
        text, lines = split_note(note)
        return parse(text), lines
    except Bad:
        return None


class Charter:
    """The genesis, and the texts that were added."""

    def __init__(self, genesis):
        text, lines = split_note(genesis, texts.EPOCH_MAX)
        self.epoch = parse(text)
        need(self.epoch.kind == "epoch" and self.epoch.values[0][1][2][1] == "1.1", "no genesis")
        self.id = self.epoch.hash
        self.members = [Member(m) for m in self.epoch.groups()]
        signed = signers(text, lines, [o for m in self.members for o in m.officers])
        for m in self.members:  # C-4
            need(len(signed & {o.raw for o in m.officers}) >= m.quorum, "signatures of " + m.name)
        rule = self.epoch.one("rule project")
        self.needed = len(self.members) if rule[2] == "all" else int(rule[2])
        self.fresh = seconds(rule[6])
        self.proposals = {}

    def member(self, name):
        return next((m for m in self.members if m.name == name), None)

    def ours(self, text):
        return texts.unb64(text.one("charter")[0]) == self.id

    def check_party(self, text):
        keys, issuers = [k for m in self.members for k in m.keys], [i for m in self.members for i in m.issuers]
        need(not self.member(text.one("party")[0]), "a member already")
        need(not any(key(line[0]).raw in keys for line in text.all("officer") + text.all("log")), "a key of the epoch")
        need(not any(i[0] in issuers for i in text.all("issuer")), "an issuer of a member")

    def add_proposal(self, data):  # C-5
        text = parse(data)
        need(text.kind in texts.PROPOSALS and self.ours(text), "no proposal of this charter")
        if text.kind == "project":
            names = {m.name for m in self.members}
            need(text.one("pillar")[0] in {p[0] for p in self.epoch.all("pillar")}, "pillar")
            need({p[0] for p in text.all("participant")} <= names, "participants")
        elif text.kind == "party":
            self.check_party(text)
        elif text.kind == "admit":
            need(not self.member(text.one("party")[0]), "a member is not admitted")
        self.proposals[text.hash] = text


# ---- one log ----

class Statement:
    def __init__(self, text, index, effect):
        self.text, self.index, self.effect = text, index, effect


class Log:
    """What stands in one member's log: `alive` entries, statements that take effect, and whether something freezes the node."""

    def __init__(self, charter, member, entries, broken=False):
        self.charter, self.member, self.size, self.broken = charter, member, len(entries), broken
        self.alives, self.statements, self.freezes = [], [], False
        self.seen = set()
        for index, note in enumerate(entries):
            found = read_note(note)
            try:
                if found:
                    self.read(index, *found)
            except Bad:
                pass  # void, and in its place (C-6)

    def read(self, index, text, lines):
        need(text.kind in ("alive", "statement") and self.charter.ours(text), "not of this charter")
        if text.kind == "alive":
            self.read_alive(index, text, lines)
        elif text.act == "stop":
            self.read_stop(text, lines)
        else:
            self.read_statement(index, text, lines)

    def read_alive(self, index, text, lines):  # C-7
        need(text.one("by")[0] == self.member.name and int(text.values[0][1][2][1]) == index, "another's, or in another place")
        need(signers(text.bytes, lines, [self.member.log_key]), "signature")
        at = unix(text.one("time")[0])
        need(not self.alives or at >= self.alives[-1][0], "goes back")
        self.alives.append((at, index))

    def read_stop(self, text, lines):  # C-8
        author = self.charter.member(text.one("by")[0])
        need(author and signers(text.bytes, lines, author.officers), "no officer's")
        self.freezes = True  # on receipt

    def read_statement(self, index, text, lines):
        need(text.one("by")[0] == self.member.name, "another's")
        number, epoch = text.one("epoch")
        need(number == "1" and texts.unb64(epoch) == self.charter.id, "another epoch")
        enough = 1 if text.act in NARROWING else self.member.quorum
        need(len(signers(text.bytes, lines, self.member.officers)) >= enough, "signatures")  # C-9
        need(text.hash not in self.seen, "again")  # C-11
        self.seen.add(text.hash)
        need(self.alives, "before the first alive")
        effect = self.alives[-1][0]
        need(unix(text.one("time")[0]) - SKEW <= effect <= unix(text.one("not-after")[0]), "out of its time")  # C-10
        if text.act in ENFORCED:
            self.statements.append(Statement(text, index, effect))
        else:
            self.freezes = True  # from its entry on, though its time may be ahead (C-13)


# ---- the state at a time ----

class State:
    def __init__(self, charter, logs, now):
        self.charter, self.logs, self.now = charter, logs, now
        self.projects = {h: Project(self, p) for h, p in sorted(charter.proposals.items()) if p.kind == "project"}
        for name in {p.name for p in self.projects.values()}:
            run_name([p for p in self.projects.values() if p.name == name], self.projects, now)
        self.keys, self.issuer_keys = published_keys(charter, logs, now)

    def newest_alive(self, log):
        """The newest that is not ahead of now by more than the skew (C-12)."""
        return next(((at, i) for at, i in reversed(log.alives) if at <= self.now + SKEW), None)

    def heard(self, log, fresh):  # C-27
        alive = self.newest_alive(log)
        return not log.broken and alive is not None and alive[0] >= self.now - fresh

    def clock_floor(self):  # C-31
        newest = sorted((log.alives[-1][0] for log in self.logs if log.alives), reverse=True)
        return newest[1] - SKEW if len(newest) > 1 else None

    def answers(self):
        floor = self.clock_floor()
        return not any(log.broken or log.freezes for log in self.logs) and (floor is None or self.now >= floor)

    def lineage(self, project):
        """The proposal in force under that name, or one that was in force and that it replaced (C-21); None: none is in force."""
        at = next((p for p in self.projects.values() if p.name == project.name and p.holds), None)
        if at is None:
            return None
        while at is not project and at.replaces in self.projects and self.projects[at.replaces].since:
            at = self.projects[at.replaces]
        return at is project

    def may(self, party, name):
        return self.answers() and any(p.name == name and p.state() == "active" and [party] in p.text.all("participant")
                                      for p in self.projects.values())


class Project:
    def __init__(self, state, text):
        self.state_at, self.text, self.now = state, text, state.now
        self.name, self.until = text.one("project")[0], unix(text.one("until")[0])
        replaces = text.one("replaces")
        self.replaces = texts.unb64(replaces[0]) if replaces else None
        self.fresh = min(state.charter.fresh, seconds(text.one("fresh")[0]))  # C-28
        self.needed = state.charter.needed
        self.holds, self.since, self.replaced_by = False, 0, None
        self.consents = [[(c, unix(c.text.one("consent")[2])) for c in log.statements if self.is_consent(c)] for log in state.logs]

    def is_consent(self, s):  # C-14
        line = s.text.one("consent")
        return (s.text.act == "consent" and texts.unb64(line[0]) == self.text.hash and " ".join(s.text.one("says")) == said(self.text)
                and s.effect < unix(line[2]) <= self.until)

    def given(self, member, at):
        """Consents of a member that stand at a time, as known now."""
        return [(c, until) for c, until in self.consents[member] if c.effect <= at and min(at, self.now) < until]

    def counts(self, member):
        return bool(self.given(member, self.now + SKEW)) and self.state_at.heard(self.state_at.logs[member], self.fresh)

    def unenforced(self):
        return bool(self.text.all("requires") or self.text.all("labels") or self.text.one("originator") == ["last"])

    def state(self):  # C-20
        if self.unenforced():
            return "unenforced"
        if self.replaced_by or self.now >= self.until:
            return "ended"
        if self.holds:
            return "active" if sum(map(self.counts, range(len(self.consents)))) >= self.needed else "unheard"
        return "lapsed" if self.since else "proposed"

    def closes(self):
        """When this stops being in force if nothing more is heard (C-29); 0 when it is not."""
        if self.state() != "active":
            return 0
        ends = [min(max(until for _, until in self.given(m, self.now + SKEW)), self.state_at.newest_alive(log)[0] + self.fresh)
                for m, log in enumerate(self.state_at.logs) if self.counts(m)]
        return min(self.until, sorted(ends, reverse=True)[self.needed - 1])


@functools.lru_cache(None)
def said_of(proposal_bytes):
    return texts.says(parse(proposal_bytes))


def said(proposal):
    return said_of(proposal.bytes)


def events_of(projects, now):
    """What begins or ends by now, in the order in which it counts: in one second beginnings first, by member and then log index."""
    events = []
    for n, p in enumerate(projects):
        for m, given in enumerate(p.consents):
            for c, until in given:
                if c.effect <= now + SKEW:
                    events.append((c.effect, 0, m, c.index, n))
                    if until <= now:
                        events.append((until, 1, m, c.index, n))
        if p.until <= now:
            events.append((p.until, 2, 0, 0, n))
    return sorted(events)


def run_name(projects, known, now):
    """Who of the proposals of one name is in force, from the first event to now (C-17 to C-19)."""
    projects.sort(key=lambda p: p.text.hash)
    standing = [[0] * len(p.consents) for p in projects]
    complete, expired, holder = {}, set(), None
    events = events_of(projects, now)
    for number, (at, kind, m, _, n) in enumerate(events):
        if kind == 2:
            expired.add(n)
        else:
            standing[n][m] += 1 - 2 * kind
        if sum(map(bool, standing[n])) >= projects[n].needed and n not in expired:
            complete.setdefault(n, number)
        else:
            complete.pop(n, None)
        if number + 1 == len(events) or events[number + 1][0] != at:
            holder = settle(projects, complete, holder, known, at)


def settle(projects, complete, holder, known, at):
    """At the end of a second: who leaves, and who takes the name. The new holder."""
    if holder is not None and holder not in complete:
        projects[holder].holds, holder = False, None
    while True:
        ready = [n for n, p in enumerate(projects) if n in complete and n != holder and not p.replaced_by
                 and may_begin(p, None if holder is None else projects[holder], known)]
        if not ready:
            return holder
        if holder is not None:
            projects[holder].holds = False
        holder = min(ready, key=complete.get)
        taker = projects[holder]
        taker.holds, taker.since = True, at
        if taker.replaces:
            known[taker.replaces].replaced_by = taker.text.hash


def may_begin(p, holder, known):
    if p.replaces and (p.replaces not in known or known[p.replaces].name != p.name):
        return False
    return holder is None or p.replaces == holder.text.hash


def published_keys(charter, logs, now):
    """Keys and issuers' keys by member: who publishes a key first has it, in one role (C-24 to C-26)."""
    keys, issuer_keys = {m.name: {} for m in charter.members}, {m.name: {} for m in charter.members}
    owner = {raw: ("epoch", m.name) for m in charter.members for raw in m.keys}
    order = sorted((s.effect, log.member.name, s.index, log, s) for log in logs for s in log.statements
                   if s.text.act in ("key", "issuer-key"))
    for effect, name, index, log, s in order:
        if s.text.act == "key":
            add_key(keys[name], owner, name, s)
        else:
            add_issuer_key(issuer_keys[name], owner, log.member, s)
    for log in logs:
        name = log.member.name
        if log.broken:  # nothing of it counts, and what it published first is not another's for that
            keys[name], issuer_keys[name] = {}, {}
        keys[name] = {kid: known[-1] for kid, found in keys[name].items() if (known := [s for s in found if s.effect <= now + SKEW])}
        issuer_keys[name] = {k: list(filter(lambda u: u[2] <= now + SKEW and u[1] > now, found)) for k, (_, found) in issuer_keys[name].items()}
    return keys, issuer_keys


def add_key(keys, owner, name, s):
    kid, use, alg, data = s.text.one("key")
    raw = texts.unb64(data)
    if use == "kas" and (KEY_ALGORITHMS.get(alg) != kid[0] or texts.spki_type(raw) != alg):
        return
    if use == "seal" and not (texts.no_fail(texts.point, raw) and texts.good_point(raw)):
        return
    if owner.setdefault(raw, (use, name)) == (use, name):
        keys.setdefault(kid, []).append(s)


def add_issuer_key(keys, owner, member, s):
    issuer, kid, alg, data, _, until = s.text.one("issuer-key")
    raw = texts.unb64(data)
    if issuer not in member.issuers or alg not in ISSUER_ALGORITHMS or texts.spki_type(raw) != ISSUER_ALGORITHMS[alg]:
        return
    if keys.setdefault((issuer, kid), (raw, []))[0] != raw:
        return  # another key under a kid that is taken
    if owner.setdefault(raw, ("issuer", member.name)) == ("issuer", member.name):
        keys[issuer, kid][1].append((s.index, unix(until), s.effect))


# ---- as JSON ----

def consent_json(p, m):
    given = p.given(m, p.now + SKEW)
    lapsed = not given and any(c.effect <= p.now + SKEW for c, until in p.consents[m])
    return {"given": bool(given), "counts": p.counts(m), "lapsed": lapsed, "index": given[-1][0].index if given else None,
            "until": max(until for _, until in given) if given else None}


def project_json(state, p):
    return {"name": p.name, "state": p.state(), "since": p.since, "closes": p.closes(), "lineage": state.lineage(p), "replaced_by": p.replaced_by.hex() if p.replaced_by else None,
            "consents": {log.member.name: consent_json(p, m) for m, log in enumerate(state.logs)}}


def member_json(state, log):
    alive = state.newest_alive(log)
    return {"alive": alive and alive[0], "alive_index": alive and alive[1], "size": log.size, "broken": log.broken, "frozen": log.freezes,
            "keys": {kid: [s.index, s.effect] for kid, s in state.keys[log.member.name].items()},
            "issuer_keys": {f"{issuer} {kid}": max(u for _, u, _ in found)
                            for (issuer, kid), found in state.issuer_keys[log.member.name].items() if found}}


def state_json(state):
    names = sorted({p.name for p in state.projects.values()})
    return {"now": state.now, "clock_floor": state.clock_floor(), "answers": state.answers(),
            "proposals": sorted(h.hex() for h in state.charter.proposals),
            "projects": {h.hex(): project_json(state, p) for h, p in state.projects.items()},
            "members": {log.member.name: member_json(state, log) for log in state.logs},
            "may": [f"{m.name} {name}" for m in state.charter.members for name in names if state.may(m.name, name)]}


def derive(genesis, proposals, logs, broken, times):
    """The states at times, as JSON; None when the genesis is none. logs: notes by member; broken: names."""
    try:
        charter = Charter(genesis)
    except Bad:
        return [None for _ in times]
    for text in proposals:
        try:
            charter.add_proposal(text)
        except Bad:
            pass
    read = [Log(charter, m, logs.get(m.name, []), m.name in broken) for m in charter.members]
    return [state_json(State(charter, read, now)) for now in times]


def main():
    folder, times = pathlib.Path(sys.argv[1]), [int(t) for t in sys.argv[2:]]
    logs, broken = {}, set()
    for log in (folder / "logs").iterdir():
        count = sum(f.name.isdigit() for f in log.iterdir())
        logs[log.name] = [(log / str(i)).read_bytes() for i in range(count)]
        if (log / "broken").exists():
            broken.add(log.name)
    proposals = [f.read_bytes() for f in sorted((folder / "proposals").iterdir())]
    for state in derive((folder / "genesis").read_bytes(), proposals, logs, broken, times):
        print(json.dumps(state, sort_keys=True))


if __name__ == "__main__":
    main()
