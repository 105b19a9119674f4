#!/usr/bin/python3
"""A second `derive`, written from docs/charter-spec.md and not from the C code. The numbers are that page's rules.

	tests/reference/derive.py DIR TIME...        one line of JSON for each time (Unix seconds; @TIME: as of that time)

DIR holds genesis, proposals/*, logs/<party>/<index> (whole notes), logs/<party>/broken for a log caught lying,
logs/<partner>/key (the key of a partner's log), and ask (lines of `party <name>`, `project <name>`,
`person <person>` and `file <uuid> <originator> <self>`).
"""
import functools
import json
import pathlib
import sys

import texts
from derive_keys import Keys
from derive_logs import ALWAYS, FREEZING, NEVER, SKEW, Hearing, Log, form_of, member_reading, narrows, party_reading
from derive_names import Proposal, Replay, ends_by
from derive_part import Accreditation, Part
from texts import Bad, key, need, parse, seconds, signers, split_note, unix

CANDIDATES = ["unheard", "lapsed", "ended", "proposed", "unenforced"]  # C-23


def remember(method):
    """Of a State: what was once found stays so."""
    @functools.wraps(method)
    def found(self, *what):
        mark = (method.__name__, *what)
        if mark not in self.memory:
            self.memory[mark] = method(self, *what)
        return self.memory[mark]
    return found


class Member:
    def __init__(self, text):
        self.name = text.one("member")[0]
        self.officers = [key(o[0]) for o in text.all("officer")]
        self.quorum = int(text.one("quorum")[0])
        self.log_key, self.access_key = key(text.all("log")[0][0]), key(text.all("log")[1][0])
        self.issuers = [i[0] for i in text.all("issuer")]
        self.keys = [o.raw for o in self.officers] + [key(line[0]).raw for line in text.all("log") + text.all("recovery")]
        self.witness = key(text.one("witness")[0], 4)
        self.keys.append(self.witness.raw)


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
        rules = {kind: self.epoch.one("rule " + kind) for kind in ("admit", "project", "profile")}
        self.rules = {kind: (self.how_many(rule[2]), seconds(rule[6])) for kind, rule in rules.items() if rule}
        self.accreditation = seconds(self.epoch.one("limit accreditation")[1])
        self.closed = {p[0] for p in self.epoch.all("pillar") if p[1] == "closed"}
        self.proposals = {}

    def how_many(self, word):
        return len(self.members) if word == "all" else int(word)

    def member(self, name):
        return next((m for m in self.members if m.name == name), None)

    def is_closed(self, project):
        return project.text.one("pillar")[0] in self.closed

    def check_party(self, text):
        keys = [k for m in self.members for k in m.keys]
        issuers = [i.removesuffix("/") for m in self.members for i in m.issuers]
        need(not self.member(text.one("party")[0]), "a member already")
        need(not any(key(line[0]).raw in keys for line in text.all("officer") + text.all("log")), "a key of the epoch")
        need(not any(i[0].removesuffix("/") in issuers for i in text.all("issuer")), "an issuer of a member")

    def add_proposal(self, data):  # C-5
        text = parse(data)
        need(text.kind in texts.PROPOSALS and texts.unb64(text.one("charter")[0]) == self.id, "no proposal of this charter")
        if text.kind == "project":
            names = {m.name for m in self.members}
            need(text.one("pillar")[0] in {p[0] for p in self.epoch.all("pillar")}, "pillar")
            need({p[0] for p in text.all("participant")} <= names, "participants")
        elif text.kind == "party":
            self.check_party(text)
        elif text.kind == "admit":
            need(not self.member(text.one("party")[0]), "a member is not admitted")
        self.proposals[text.hash] = text


class Stop:
    """A stop that stands, and where it stands first."""

    def __init__(self, found):
        self.first = min(found, key=lambda s: s.place.order)
        self.text, self.by, self.words = self.first.text, self.first.party, self.first.words()

    def json(self):
        time = self.first.effect
        kind, name, *more = self.words
        of = [name if kind == "partner" else "", more[1] if more else name if kind == "project" else "",
              *(name if kind == k else "" for k in ("person", "file", "key"))]
        return {"by": self.by, "host": self.first.log, "index": self.first.index, "effect": None if time == ALWAYS else time, "of": "|".join(of),
                "proposal": texts.unb64(name).hex() if kind == "proposal" else None}


class State:
    def __init__(self, charter, logs, now, as_of=False):
        self.charter, self.now, self.accredited_fresh = charter, now, charter.rules["admit"][1]  # C-64
        self.memory = {}
        self.logs = {name: log.until(now + SKEW) if as_of else log for name, log in logs.items()}
        self.member_logs = [self.logs[m.name] for m in charter.members]
        members = Hearing(charter.id, self.member_logs, {m.name: [member_reading(m)] for m in charter.members}, now)
        self.read_proposals(members.statements, as_of)
        partners = Hearing(charter.id, list(self.logs.values()), self.readings, now)
        self.statements, self.publications = members.statements + partners.statements, members.publications + partners.publications
        self.ends_of = ends_by(s for s in self.statements if s.act == "withdraw" and form_of(s.text) == "statement")
        self.issuer_lines = {p.name[1]: [i[0] for i in p.text.all("issuer")] for p in self.proposals if p.kind == "party" and p.holds}
        self.keys = Keys(self)
        self.find_stops()
        found = (Accreditation(self, s) for s in self.statements if s.act == "accredit" and not self.void(s))
        self.accreditations = [a for a in found if a.stands]

    def read_proposals(self, statements, as_of):
        ends_of = ends_by(s for s in statements if s.act == "withdraw" and form_of(s.text) == "statement")
        consents, left = {}, {}
        for s in statements:
            if s.act == "consent":
                consents.setdefault(s.party, []).append(s)
            elif s.act == "withdraw" and form_of(s.text) == "membership":
                left[s.party] = min(s.time, left.get(s.party, NEVER))
        self.proposals = [Proposal(self.charter, text) for _, text in sorted(self.charter.proposals.items())]
        for p in self.proposals:
            p.read_consents(self.charter.members, consents, lambda s: min(ends_of(s), left.get(s.party, NEVER)), self.now)
        if as_of:  # C-51
            noted = {texts.unb64(s.words()[1]) for s in statements if s.act == "note" and form_of(s.text) == "proposal"}
            self.proposals = [p for p in self.proposals if p.hash in noted or any(p.consents)]
        self.replay, self.readings = Replay(self.proposals, self.now), {}
        for p in self.proposals:
            if p.kind != "party":
                continue
            self.readings.setdefault(p.name[1], []).append(party_reading(p, bool(p.since), p.read_until()))

    # -- what is void, and what stands --

    def void(self, s):
        """By whom it is: a partner's word where only a member's counts, and the reverse (C-54)."""
        partner = not self.charter.member(s.party)
        if s.act == "withdraw":
            return form_of(s.text) == ("membership" if partner else "charter")
        return partner and (s.act in ("consent", "accredit") or s.act == "key" and s.words()[1] == "seal")

    def is_foreign(self, s):
        """A stop of what is not its own to stop does nothing (C-60); of a partner's keys its reading knows."""
        kind, *words = s.words()
        member = self.charter.member(s.party)
        if kind == "key":
            own = [*member.officers, member.log_key, member.access_key, member.witness] if member else []
            return bool(member) and "+" in words[0] and words[0] not in {f"{k.name}+{k.id.hex()}" for k in own}
        return not member and not (kind == "partner" and words[0] == s.party or kind == "person" and words[0].rpartition("@")[2] == s.party)

    def find_stops(self):
        resumed = {(s.party, texts.unb64(s.words()[0])) for s in self.statements
                   if s.act == "resume" and s.effect <= self.now + SKEW and self.ends_of(s) == NEVER}  # C-61
        found = {}
        for s in self.statements:
            if s.act == "stop" and (s.party, s.text.hash) not in resumed and not self.is_foreign(s):
                found.setdefault(s.text.hash, []).append(s)
        self.stops = [Stop(places) for _, places in sorted(found.items())]

    def stopped(self, words, of=None):
        """Does a stop of this stand, by a member or by that party?"""
        return any(stop.words == words and (self.charter.member(stop.by) or stop.by == of) for stop in self.stops)

    def party_stopped(self, party, project):  # C-60
        return self.stopped(["partner", party], party) or self.stopped(["partner", party, "project", project], party)

    @remember
    def key_stopped(self, party, kid):
        """By its own party, for nobody else can (C-60)."""
        return any(stop.words == ["key", kid] and stop.by == party for stop in self.stops)

    def named_key_stopped(self, party, named):  # C-56, C-62
        return self.key_stopped(party, f"{named.name}+{named.id.hex()}")

    def withdrew(self, party, project):  # C-63
        return any(s.act == "withdraw" and s.party == party and not self.void(s)
                   and (s.words() in (["membership"], ["charter"]) or s.words() == ["project", project]) for s in self.statements)

    @remember
    def left(self, party):
        return any(s.act == "withdraw" and s.party == party and not self.void(s) and s.words() in (["membership"], ["charter"])
                   for s in self.statements)

    # -- parties and their logs --

    def log_of(self, party):
        return self.logs.get(party) or Log(party, False, self.charter.id, None, [])

    def issuers_of(self, party):
        member = self.charter.member(party)
        return member.issuers if member else self.issuer_lines.get(party, [])

    def newest_alive(self, log):
        """The newest that is not ahead of now by more than the skew (C-12)."""
        return next(((at, i) for at, i in reversed(log.alives) if at <= self.now + SKEW), None)

    @remember
    def log_key_of(self, party):
        member = self.charter.member(party)
        if member:
            return member.log_key
        first = next((p for p in self.proposals if p.kind == "party" and p.name[1] == party and p.since), None)
        return key(first.text.one("log")[0]) if first else None

    @remember
    def heard(self, party, fresh):  # C-27
        log = self.log_of(party)
        alive = self.newest_alive(log)
        return not log.broken and alive is not None and alive[0] >= self.now - fresh and not self.named_key_stopped(party, self.log_key_of(party))

    @remember
    def frozen(self, party):  # C-13
        return any(s.act in FREEZING and s.party == party for s in self.statements)

    def closes_partner(self, party):  # C-56
        log_key = self.log_key_of(party)
        return log_key is not None and (self.log_of(party).broken or self.frozen(party) or self.named_key_stopped(party, log_key))

    def clock_floor(self):  # C-31
        newest = sorted((log.alives[-1][0] for log in self.member_logs if log.alives), reverse=True)
        return newest[1] - SKEW if len(newest) > 1 else None

    def answers(self):
        floor = self.clock_floor()
        return not any(log.broken or self.frozen(log.party) for log in self.member_logs) and (floor is None or self.now >= floor)

    # -- proposals --

    @remember
    def fresh(self, p):  # C-28, C-65
        project = self.about(("project", p.name[2])) if p.kind == "admit" else None
        return min(p.fresh(), project.fresh()) if project else p.fresh()

    @remember
    def is_suspended(self, p):  # C-60
        hashed = texts.b64(p.hash)
        return self.stopped(["proposal", hashed]) or p.kind == "project" and self.stopped(["project", p.name[1]])

    def counts(self, p, m):
        return bool(p.given(m)) and self.heard(self.charter.members[m].name, self.fresh(p))

    @remember
    def force(self, p, stops=True):  # C-20
        if p.unenforced:
            return "unenforced"
        if p.replaced_by or self.now >= p.until or p.since and not p.holds and p.lacks_a_withdrawn_one():
            return "ended"
        if stops and self.is_suspended(p):
            return "suspended"
        if p.holds:
            return "active" if sum(self.counts(p, m) for m in range(len(p.consents))) >= p.needed else "unheard"
        return "lapsed" if p.since and not p.void else "proposed"

    @remember
    def closes(self, p):
        """When this stops being in force if nothing more is heard (C-29); 0 when it is not."""
        if self.force(p) != "active":
            return 0
        ends = [min(max(c.until for c in p.given(m)), self.newest_alive(log)[0] + self.fresh(p))
                for m, log in enumerate(self.member_logs) if self.counts(p, m)]
        return min(p.until, sorted(ends, reverse=True)[p.needed - 1])

    @remember
    def about(self, name):
        """The proposal that a name is about (C-23)."""
        found = [p for p in self.proposals if p.name == name]
        holder = next((p for p in found if p.holds), None)

        def order(p):
            given = sum(bool(p.given(m)) for m in range(len(p.consents)))
            return CANDIDATES.index(self.force(p, False)), -p.since, -given, p.hash
        return holder or min(found, key=order, default=None)

    @remember
    def accredited(self, party, profile):
        """The members whose accreditations stand, and until when."""
        found = {}
        for a in self.accreditations:
            if (a.party, a.profile) == (party, profile):
                found[a.member] = max(a.until, found.get(a.member, a.until))
        return found


# ---- as JSON ----

def consent_json(state, p, m):
    given, ended = p.given(m), p.how_it_ended(m)
    return {"given": bool(given), "counts": state.counts(p, m), "lapsed": ended == "lapsed", "withdrawn": ended == "withdrawn",
            "index": given[-1].index if given else None,
            "until": max(c.until for c in given) if given else None}


def in_lineage(state, p):
    """None where nobody holds the name: then there is no lineage."""
    holder = state.replay.holders.get(p.name)
    return p in holder.lineage() if holder else None


def standing_json(state, p):
    return {"kind": p.kind, "name": " ".join(p.name[1:]), "state": state.force(p), "holds": p.holds, "since": p.since, "closes": state.closes(p),
            "fresh": state.fresh(p) if p.needed is not None else None, "lineage": in_lineage(state, p) if p.kind == "project" else None,
            "replaced_by": p.replaced_by.hex() if p.replaced_by else None,
            "consents": {log.party: consent_json(state, p, m) for m, log in enumerate(state.member_logs)}}


def party_json(state, party):
    log, member = state.log_of(party), state.charter.member(party)
    ours = not log.log_key or log.log_key.raw == state.log_key_of(party).raw  # else it is followed under a key that the name has not
    alive = state.newest_alive(log) if ours else None
    fields = ("index", "since", "retired", "destroyed", "stopped")
    return {"alive": alive and alive[0], "alive_index": alive and alive[1], "size": log.size, "broken": log.broken, "frozen": state.frozen(party),
            "log_key_stopped": state.named_key_stopped(party, state.log_key_of(party)), "withdrawn": state.left(party),
            "access_key_stopped": bool(member) and state.named_key_stopped(party, member.access_key),
            "keys": {kid: {f: k[f] for f in fields} for kid, k in state.keys.of(party).items()},
            "new_files": state.keys.new_files_key(party), "issuer_keys": state.keys.issuers_of(party)}


def part_json(part):
    return {"state": part.word, "closes": part.closes, **{kind: p.hash.hex() if p else None for kind, p in
            (("project", part.project), ("admit", part.admit), ("party", part.proposal))}}


def is_stopped(state, line):
    """Of an asked person or file (C-74)."""
    kind, name, *more = line.split(" ")
    if kind == "person":
        return state.stopped(["person", name], name.rpartition("@")[2])
    return any(stop.words == [kind, name] and stop.by in more for stop in state.stops)


def state_json(state, parties, projects, asks):
    parts = {(a, b): Part(state, a, b) for a in parties for b in projects}
    partners = sorted({p.name[1] for p in state.proposals if p.kind == "party" and p.since})
    answers = state.answers()
    return {"now": state.now, "clock_floor": state.clock_floor(), "answers": answers,
            "proposals": {p.hash.hex(): standing_json(state, p) for p in state.proposals},
            "members": {m.name: party_json(state, m.name) for m in state.charter.members},
            "partners": {name: party_json(state, name) for name in partners},
            "parts": {f"{a} {b}": part_json(part) for (a, b), part in parts.items()},
            "stops": {stop.text.hash.hex(): stop.json() for stop in state.stops},
            "accreditations": [a.json(state) for a in state.accreditations],
            "stopped": {line: is_stopped(state, line) for line in asks},
            "may": sorted(f"{a} {b}" for (a, b), part in parts.items() if answers and part.word == "active")}


def derive(genesis, proposals, logs, broken, times, keys=None, asks=()):
    """The states at times, as JSON; None when the genesis is none. logs: notes by party; broken: names; keys: of partners' logs; asks: lines."""
    asked = {kind: [line.split(" ")[1] for line in asks if line.startswith(kind + " ")] for kind in ("party", "project")}
    try:
        charter = Charter(genesis)
    except Bad:
        return [None for _ in times]
    for text in proposals:
        try:
            charter.add_proposal(text)
        except Bad:
            pass
    read = {m.name: Log(m.name, True, charter.id, m.log_key, logs.get(m.name, []), m.name in broken) for m in charter.members}
    for name, line in sorted((keys or {}).items()):
        read[name] = Log(name, False, charter.id, key(line), logs.get(name, []), name in broken)
    times = [(int(str(t).removeprefix("@")), str(t).startswith("@")) for t in times]
    return [state_json(State(charter, read, now, as_of), asked["party"], asked["project"],
                       [line for line in asks if line.split(" ")[0] in ("person", "file")]) for now, as_of in times]


def main():
    folder, times = pathlib.Path(sys.argv[1]), sys.argv[2:]
    logs, broken, keys = {}, set(), {}
    for log in (folder / "logs").iterdir():
        count = sum(f.name.isdigit() for f in log.iterdir())
        logs[log.name] = [(log / str(i)).read_bytes() for i in range(count)]
        if (log / "broken").exists():
            broken.add(log.name)
        if (log / "key").exists():
            keys[log.name] = (log / "key").read_text().strip()
    asks = (folder / "ask").read_text().splitlines()
    proposals = [f.read_bytes() for f in sorted((folder / "proposals").iterdir())]
    for state in derive((folder / "genesis").read_bytes(), proposals, logs, broken, times, keys, asks):
        print(json.dumps(state, sort_keys=True))


if __name__ == "__main__":
    main()
