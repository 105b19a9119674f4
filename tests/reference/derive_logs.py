"""Statement logs: what stands where, who signed it, and when it takes effect. From docs/charter-spec.md, C-6 to C-13 and C-51 to C-62."""
import functools

import texts
from texts import Bad, key, need, parse, signers, split_note, unix

SKEW = 120
ALWAYS, NEVER = -2**62, 2**62  # before every time; after every time
ONE_IS_ENOUGH = ("note", "retire")  # and a stop, and the withdrawal of a statement
FREEZING = ("rotate", "accept", "decline", "handover")  # C-13


@functools.lru_cache(None)
def read_note(note):
    """(text, signature lines), or None for what is no note of a valid text."""
    try:
        text, lines = split_note(note)
        return parse(text), lines
    except Bad:
        return None


@functools.lru_cache(None)
def signed_by(text, lines, keys):
    """The raw keys that signed; none when a bad signature refuses the note (C-2)."""
    try:
        return frozenset(signers(text, lines, keys))
    except Bad:
        return frozenset()


def narrows(text):
    return text.act in ("stop", "withdraw", "retire", "destroy")


def one_is_enough(text):  # C-9
    return text.act in ONE_IS_ENOUGH or text.act == "stop" or (text.act == "withdraw" and form_of(text) == "statement")


def form_of(text):
    """What a stop, withdrawal or note is about: its first word, or `statement` for a hash."""
    words = text.one(text.act)
    return "statement" if text.act == "withdraw" and len(words) == 1 and len(words[0]) == 44 else words[0]


class Place:
    """Where an entry stands, and the time that its log gives, ahead of now or not."""

    def __init__(self, log, index, time, by):
        self.log, self.index, self.time = log, index, time
        self.order = (time, log != by, log, index)  # of a text's places the first is its own (C-52)


def before(a, b):  # C-52
    return a.index < b.index if a.log == b.log else a.time < b.time


class Entry:
    """A statement that stands in a log; effect: ALWAYS before any alive."""

    def __init__(self, log, index, text, lines, effect):
        self.log, self.of_member, self.index, self.text, self.effect = log.party, log.of_member, index, text, effect
        self.lines, self.log_key = tuple(lines), log.log_key
        self.by = text.one("by")[0]

    def place(self):
        return Place(self.log, self.index, self.effect, self.by)

    def in_time(self):  # C-10; a stop has no dates that it could miss
        if self.text.act == "stop":
            return True
        time = unix(self.text.one("time")[0])
        return self.effect != ALWAYS and time - SKEW <= self.effect <= unix(self.text.one("not-after")[0])


class Log:
    """The alives and the statements of one party's log, whoever signed these."""

    def __init__(self, party, of_member, charter_id, log_key, notes, broken=False):
        self.party, self.of_member, self.charter_id, self.log_key = party, of_member, charter_id, log_key
        self.size, self.broken, self.alives, self.entries = len(notes), broken, [], []
        for index, note in enumerate(notes):
            found = read_note(note)
            try:
                if found:
                    self.read(index, *found)
            except Bad:
                pass  # void, and in its place (C-6)

    def read(self, index, text, lines):
        need(text.kind in ("alive", "statement") and texts.unb64(text.one("charter")[0]) == self.charter_id, "not of this charter")
        if text.kind == "statement":
            self.entries.append(Entry(self, index, text, lines, self.alives[-1][0] if self.alives else ALWAYS))
            return
        need(text.one("by")[0] == self.party and int(text.values[0][1][2][1]) == index, "another's, or in another place")  # C-7
        need(signed_by(text.bytes, tuple(lines), (self.log_key,)), "signature")
        at = unix(text.one("time")[0])
        need(not self.alives or at >= self.alives[-1][0], "goes back")
        self.alives.append((at, index))

    def until(self, horizon):
        """This log without what took effect later (C-51)."""
        cut = object.__new__(Log)
        cut.__dict__.update(self.__dict__)
        cut.alives = [a for a in self.alives if a[0] <= horizon]
        cut.entries = [e for e in self.entries if e.effect <= horizon]
        return cut


class Reading:
    """Whose officers a log's statements are read with: a member's, or those of one party proposal (C-54)."""

    def __init__(self, party, officers, quorum, log_key, narrowing=True, until=NEVER, proposal=None):
        self.party, self.officers, self.quorum, self.log_key, self.proposal = party, tuple(officers), quorum, log_key, proposal
        self.narrowing, self.until = narrowing, until

    def officer(self, text):
        """The own officer's raw key that a stop stops; None: it stops none."""
        words = text.one("stop") if text.act == "stop" else None
        if not words or words[0] != "key":
            return None
        return next((o.raw for o in self.officers if f"{o.name}+{o.id.hex()}" == words[1]), None)

    def may_stand(self, entry, epoch_id):  # C-8
        if entry.by != self.party or not entry.of_member and entry.log_key.raw != self.log_key.raw:
            return False
        if entry.text.act == "stop":
            return entry.of_member or entry.log == self.party
        number, epoch = entry.text.one("epoch")
        return entry.log == self.party and number == "1" and texts.unb64(epoch) == epoch_id

    def owns(self, entry):
        """Does what it publishes keep others from the key, though it counts no more (C-25)?"""
        return self.narrowing and entry.text.act in ("key", "issuer-key")

    def is_foreign(self, text):
        """Is this a stop, by name, of a key that is none of this partner's (C-60)?"""
        words = text.one("stop") if self.proposal and text.act == "stop" else ("",)
        return words[0] == "key" and "+" in words[1] and words[1] not in [f"{k.name}+{k.id.hex()}" for k in (*self.officers, self.log_key)]

    def counts(self, entry):  # C-55
        if self.is_foreign(entry.text):
            return False
        return self.narrowing if narrows(entry.text) or entry.text.act in FREEZING else entry.effect < self.until


class Statement:
    """An entry with enough signatures, in its dates."""

    def __init__(self, entry, reading, now):
        self.entry, self.reading, self.party, self.text, self.act = entry, reading, entry.by, entry.text, entry.text.act
        self.log, self.index, self.effect, self.place = entry.log, entry.index, entry.effect, entry.place()
        self.counts = reading.counts(entry)
        self.time = min(self.effect, now) if narrows(entry.text) else self.effect  # C-51

    def words(self):
        return self.text.one(self.act)


class OfficerStop:
    def __init__(self, raw):
        self.raw, self.place = raw, None

    def stands_at(self, place):
        self.place = min(self.place or place, place, key=lambda p: p.order)


class Hearing:
    """The statements of some parties in some logs at a time, counted without the officers' keys that were stopped before (C-62)."""

    def __init__(self, charter_id, logs, readings, now):
        self.id, self.now, self.readings, self.stops, self.resumes, self.withdrawals = charter_id, now, readings, {}, {}, {}
        self.decided = {}
        pairs = [(e, r) for log in logs for e in log.entries for r in readings.get(e.by, []) if r.may_stand(e, charter_id)]
        self.take_officer_stops(pairs)
        self.statements = self.take(pairs)

    def enough(self, entry, reading):
        """C-9"""
        signed = signed_by(entry.text.bytes, entry.lines, reading.officers)
        own = reading.officer(entry.text)
        needed = 1 if one_is_enough(entry.text) and own is None else reading.quorum
        place = entry.place()
        return sum(raw != own and not self.silenced(raw, place) for raw in signed) >= needed

    def silenced(self, raw, place):
        """Only what was signed before the stop, or while it was resumed, stands."""
        return any(stop.raw == raw and not before(place, stop.place)
                   and not any(self.resumed(r, place) for r in self.resumes.get(h, [])) for h, stop in self.stops.items())

    def resumed(self, resume, place):
        ends = self.withdrawals.get((resume.log, resume.text.hash), [])
        return before(resume.place, place) and not any(w.index < resume.index or not before(place, w.place) for w in ends)

    def take_officer_stops(self, pairs):
        """In their order; at equal times by the log's party, then index."""
        stops = {e.text.hash for e, r in pairs if r.officer(e.text)}
        if not stops:
            return
        resumes = {e.text.hash for e, r in pairs if e.text.act == "resume" and texts.unb64(e.text.one("resume")[0]) in stops}
        events = [(e.effect, e.log, e.index, n) for n, (e, r) in enumerate(pairs) if e.text.hash in resumes or r.officer(e.text)
                  or (e.text.act == "withdraw" and form_of(e.text) == "statement" and texts.unb64(e.text.one("withdraw")[0]) in resumes)]
        seen = set()
        for _, _, _, n in sorted(events):
            entry, reading = pairs[n]
            self.decided[n] = self.enough(entry, reading)
            mark = (entry.log, id(reading), entry.text.hash)
            if mark in seen or not self.decided[n]:
                continue
            seen.add(mark)
            if entry.in_time() and reading.counts(entry):
                self.note(Statement(entry, reading, self.now))

    def note(self, s):
        if s.act == "stop":
            self.stops.setdefault(s.text.hash, OfficerStop(s.reading.officer(s.text))).stands_at(s.place)
        elif s.act == "resume" and s.effect <= self.now + SKEW:
            self.resumes.setdefault(texts.unb64(s.words()[0]), []).append(s)
        elif s.act == "withdraw":
            self.withdrawals.setdefault((s.log, texts.unb64(s.words()[0])), []).append(s)

    def take(self, pairs):
        found, seen = [], set()
        for n, (entry, reading) in enumerate(pairs):
            mark = (entry.log, id(reading), entry.text.hash)
            good = self.decided[n] if n in self.decided else self.enough(entry, reading)
            if mark in seen or not good:  # C-11
                continue
            seen.add(mark)
            if entry.in_time() and (reading.counts(entry) or reading.owns(entry)):
                found.append(Statement(entry, reading, self.now))
        return self.once(found)

    @staticmethod
    def once(found):
        """Of an entry that several readings let count the first; of one that none does, too."""
        best = {}
        for s in found:
            best.setdefault((s.log, s.index), s)
            if s.counts and not best[s.log, s.index].counts:
                best[s.log, s.index] = s
        return list(best.values())


def member_reading(member):
    return Reading(member.name, member.officers, member.quorum, member.log_key)


def party_reading(proposal, narrowing, until):
    text = proposal.text
    return Reading(text.one("party")[0], [key(o[0]) for o in text.all("officer")], int(text.one("quorum")[0]), key(text.one("log")[0]), narrowing,
                   until, proposal)
