"""Proposals, the consents to them, and who holds which name. From docs/charter-spec.md, C-14 to C-22 and C-56, C-57."""
import functools

import texts
from derive_logs import NEVER, SKEW, before
from texts import key, parse, seconds, unix

BEGINS, COMES, ENDS, EXPIRES = range(4)  # within one second, in this order


@functools.lru_cache(None)
def said_of(proposal_bytes):
    return texts.says(parse(proposal_bytes))


def name_of(text):
    """What a proposal is about, in its kind; of labels there is no name."""
    if text.kind == "admit":
        return "admit", text.one("party")[0], text.one("project")[0]
    return (text.kind, text.one(text.kind)[0]) if text.kind != "labels" else ("labels", "")


class Given:
    """A good consent (C-14), and from when to when it stands (C-15)."""

    def __init__(self, s, until, withdrawn):
        self.index, self.begins, self.until = s.index, s.effect, until
        self.ends, self.withdrawn = min(until, withdrawn), withdrawn < until

    def stood(self, now):
        return self.begins <= now + SKEW and self.begins < self.ends

    def stands(self, now):
        return self.stood(now) and now < self.ends


class Proposal:
    def __init__(self, charter, text):
        self.text, self.hash, self.kind, self.name = text, text.hash, text.kind, name_of(text)
        self.until = unix(text.one("until")[0]) if text.one("until") else NEVER
        self.comes = unix(text.one("from")[0]) if text.kind == "admit" else -NEVER
        replaces = text.one("replaces")
        self.replaces = texts.unb64(replaces[0]) if replaces else None
        self.needed, self.rule_fresh = charter.rules.get({"party": "admit"}.get(text.kind, text.kind), (None, 0))
        self.requires = [(r[0], charter.how_many(r[2]), len(r) > 3) for r in text.all("requires")]
        self.keys = {key(line[0]).raw for line in text.all("officer") + text.all("log")} if text.kind == "party" else set()
        self.issuers = {i[0].removesuffix("/") for i in text.all("issuer")}
        self.log_key = key(text.one("log")[0]).raw if text.kind == "party" else None
        self.unenforced = bool(text.kind == "labels" or text.all("labels") or text.one("originator") == ["last"])  # C-22
        self.holds, self.since, self.replaced_by, self.void, self.held, self.heirs = False, 0, None, False, [], []

    def read_consents(self, members, statements, ends_of, now):
        """The good consents of each member."""
        self.now, self.consents = now, []
        for m in members:
            mine = [s for s in statements.get(m.name, ()) if self.is_good(s)]
            self.consents.append([Given(s, unix(s.words()[2]), ends_of(s)) for s in mine])

    def is_good(self, s):
        line = s.words()
        return (texts.unb64(line[0]) == self.hash and self.kind != "labels" and " ".join(s.text.one("says")) == said_of(self.text.bytes)
                and s.effect < unix(line[2]) <= self.until)

    def given(self, m):
        return [c for c in self.consents[m] if c.stands(self.now)]

    def fresh(self):
        """F without what a project adds to its admissions (C-28, C-65)."""
        return min(self.rule_fresh, seconds(self.text.one("fresh")[0])) if self.kind == "project" else self.rule_fresh

    def conflicts(self, other):  # C-57
        return (self.kind == other.kind == "party" and self.name != other.name
                and bool(self.keys & other.keys or self.issuers & other.issuers))

    def how_it_ended(self, m):
        """`lapsed` or `withdrawn`, as the last consent of this member ended; None while one stands, or none ever did."""
        stood = [c for c in self.consents[m] if c.stood(self.now)]
        if not stood or self.given(m):
            return None
        last = max(c.ends for c in stood)
        return "withdrawn" if any(c.withdrawn for c in stood if c.ends == last) else "lapsed"

    def lacks_a_withdrawn_one(self):  # C-20
        return any(self.how_it_ended(m) == "withdrawn" for m in range(len(self.consents)))

    def lineage(self):
        """This, and those before it that were in force (C-21)."""
        return [self] + (self.before_it.lineage() if self.since and self.before_it and self.before_it.since else [])

    def read_until(self):
        """Before which time the statements of this party proposal's reading count, but for narrowing ones (C-55)."""
        if self.holds:
            return NEVER
        lost = {end for _, end in self.held}
        return max((at for at, heir in self.heirs if at in lost and (heir.holds or heir.read_until() > -NEVER)), default=-NEVER)


def events_of(proposals, now):
    """What begins or ends by now, in the order in which it counts."""
    events = []
    for n, p in enumerate(proposals):
        for m, found in enumerate(p.consents):
            for c in found:
                if c.stood(now):
                    events.append((c.begins, BEGINS, m, c.index, n))
                    if c.ends <= now:
                        events.append((c.ends, ENDS, m, c.index, n))
        if -NEVER < p.comes <= now:
            events.append((p.comes, COMES, 0, 0, n))
        if p.until <= now:
            events.append((p.until, EXPIRES, 0, 0, n))
    return sorted(events)


class Replay:
    """Who holds which name, from the first event to now (C-17 to C-19)."""

    def __init__(self, proposals, now):
        self.all = sorted(proposals, key=lambda p: p.hash)
        self.known, self.holders, self.first_log, self.complete, self.now = {p.hash: p for p in proposals}, {}, {}, {}, now
        for p in self.all:
            p.before_it = self.known.get(p.replaces)
            p.rivals = [q for q in self.all if p.conflicts(q)]
        self.run(events_of(self.all, now))
        for p in self.all:
            p.void = not p.holds and any(q.holds for q in p.rivals)

    def run(self, events):
        standing, come = [[0] * len(p.consents) for p in self.all], [p.comes == -NEVER for p in self.all]
        for number, (at, kind, m, _, n) in enumerate(events):
            if kind in (COMES, EXPIRES):
                come[n] = kind == COMES
            else:
                standing[n][m] += 1 if kind == BEGINS else -1
            needed = self.all[n].needed
            if come[n] and needed is not None and sum(map(bool, standing[n])) >= needed:
                self.complete.setdefault(self.all[n].hash, number)
            else:
                self.complete.pop(self.all[n].hash, None)
            if number + 1 == len(events) or events[number + 1][0] != at:
                self.settle(at)

    def settle(self, at):
        """At the end of a second: who leaves, and who takes a name."""
        for name, p in list(self.holders.items()):
            if p.hash not in self.complete:
                self.leave(p, at)
        while True:
            first = {}
            for p in sorted((p for p in self.all if self.may_begin(p)), key=lambda p: self.complete[p.hash]):
                first.setdefault(p.name, p)
            if not first:
                return
            taker = min(first.values(), key=lambda p: p.hash)  # only a rival of the same second minds the order (C-57)
            if taker.name in self.holders:
                self.leave(self.holders[taker.name], at)
            self.take(taker, at)

    def leave(self, p, at):
        p.holds, p.held[-1][1] = False, at
        del self.holders[p.name]

    def take(self, p, at):
        p.holds, p.since = True, at
        p.held.append([at, NEVER])
        self.holders[p.name] = p
        if p.kind == "party":
            self.first_log.setdefault(p.name, p.log_key)
        if p.replaces:
            p.before_it.replaced_by = p.hash
            p.before_it.heirs.append((at, p))

    def may_begin(self, p):
        holder = self.holders.get(p.name)
        if p.hash not in self.complete or p is holder or p.replaced_by:
            return False
        if p.replaces and (not p.before_it or p.before_it.name != p.name):
            return False
        if p.kind == "party" and (any(q.holds for q in p.rivals) or self.first_log.get(p.name, p.log_key) != p.log_key):  # C-57, C-56
            return False
        return holder is None or p.replaces == holder.hash


def ends_by(withdrawals):
    """A function: when a withdrawal ends a statement (C-53); NEVER."""
    ends = {}
    for w in withdrawals:
        ends.setdefault((w.log, texts.unb64(w.words()[0])), []).append(w)

    def ends_of(s):
        found = ends.get((s.log, s.text.hash), ())
        return min((-NEVER if before(w.place, s.place) else w.time for w in found), default=NEVER)
    return ends_of
