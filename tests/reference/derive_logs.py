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
        self.by, self.signed = text.one("by")[0], {}
        self.place = Place(self.log, index, effect, self.by)

    def signed_by(self, keys):
        """Whose signatures it has, of these."""
        if keys not in self.signed:
            self.signed[keys] = signed_by(self.text.bytes, self.lines, keys)
        return self.signed[keys]

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

    def __init__(self, party, officers, quorum, log_key, issuers, narrowing=True, until=NEVER, proposal=None):
        self.party, self.officers, self.quorum, self.log_key, self.proposal = party, tuple(officers), quorum, log_key, proposal
        self.issuers, self.narrowing, self.until = issuers, narrowing, until

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

    def is_foreign(self, text):
        """Is this a stop, by name, of a key that is none of this partner's (C-60)?"""
        words = text.one("stop") if self.proposal and text.act == "stop" else ("",)
        return words[0] == "key" and "+" in words[1] and words[1] not in [f"{k.name}+{k.id.hex()}" for k in (*self.officers, self.log_key)]

    def counts(self, entry):  # C-55
        if self.is_foreign(entry.text):
            return False
        return self.narrowing if narrows(entry.text) or entry.text.act in FREEZING else entry.effect < self.until


class Judged:
    """An entry as one reading understands it: who of its officers signed, and how many must (C-9)."""

    def __init__(self, entry, reading):
        self.entry, self.reading, self.own = entry, reading, reading.officer(entry.text)
        self.signers = entry.signed_by(reading.officers) - {self.own}
        self.needed = 1 if one_is_enough(entry.text) and self.own is None else reading.quorum
        self.enough = len(self.signers) >= self.needed


class Statement:
    """An entry with enough signatures, in its dates."""

    def __init__(self, entry, reading, now):
        self.entry, self.reading, self.party, self.text, self.act = entry, reading, entry.by, entry.text, entry.text.act
        self.log, self.index, self.effect, self.place = entry.log, entry.index, entry.effect, entry.place
        self.time = min(self.effect, now) if narrows(entry.text) else self.effect  # C-51

    def words(self):
        return self.text.one(self.act)


class OfficerStop:
    """A stop of an officer's key, and all places where it is signed by enough."""

    def __init__(self, raw):
        self.raw, self.places = raw, []


class Hearing:
    """The statements of some parties in some logs at a time, counted without the officers' keys that were stopped before (C-62)."""

    def __init__(self, charter_id, logs, readings, now):
        self.now, self.stops, self.resumes, self.withdrawals = now, {}, {}, {}
        judged = self.decide((e, r) for log in logs for e in log.entries for r in readings.get(e.by, ()) if r.may_stand(e, charter_id))
        self.take_officer_stops(judged)
        counting = [j for j in judged if j.entry.text.act in FREEZING or self.counts(j)]  # C-13: those need no C-62
        self.statements = self.once(Statement(j.entry, j.reading, now) for j in counting if j.reading.counts(j.entry))
        # C-25, C-26: what keeps others from a key, or a kid from another key, though it may count no more; and whether it is signed
        self.publications = [(Statement(j.entry, j.reading, now), self.counts(j)) for j in judged
                             if j.entry.text.act in ("key", "issuer-key") and j.reading.narrowing]

    @staticmethod
    def decide(pairs):
        """The entries that decide for their texts, in their dates (C-11): which these are does not hang on C-62."""
        judged, seen = [], set()
        for entry, reading in pairs:
            found, mark = Judged(entry, reading), (entry.log, id(reading), entry.text.hash)
            if not found.enough or mark in seen:
                continue
            if entry.text.act != "stop":
                seen.add(mark)
            if entry.in_time():
                judged.append(found)
        return judged

    def counts(self, judged):
        """Is it signed by enough whose keys were not stopped before?"""
        stops, place = self.stops.get(judged.entry.by), judged.entry.place
        return not stops or sum(not self.silenced(raw, stops, place) for raw in judged.signers) >= judged.needed

    def silenced(self, raw, stops, place):
        """What was signed before the stop, or while it was resumed, stands; so does another log's entry of the stop's second."""
        return any(stop.raw == raw and any(before(p, place) for p in stop.places)
                   and not any(self.resumed(r, place) for r in self.resumes.get(mark, ())) for mark, stop in stops.items())

    def resumed(self, resume, place):
        ends = self.withdrawals.get((resume.log, resume.text.hash), ())
        return before(resume.place, place) and not any(w.index < resume.index or before(w.place, place) for w in ends)

    def take_officer_stops(self, judged):
        """In their order; a partner's in each reading that ever held the name, for nothing follows from what nobody consented to (C-5)."""
        judged = [j for j in judged if j.reading.narrowing]
        stops = {j.entry.text.hash for j in judged if j.own}
        if not stops:
            return
        resumes = {j.entry.text.hash for j in judged if j.entry.text.act == "resume" and texts.unb64(j.entry.text.one("resume")[0]) in stops}
        events = [j for j in judged if j.own or j.entry.text.hash in resumes or j.entry.text.act == "withdraw"
                  and form_of(j.entry.text) == "statement" and texts.unb64(j.entry.text.one("withdraw")[0]) in resumes]
        for j in sorted(events, key=lambda j: (j.entry.effect, j.entry.log, j.entry.index)):
            if self.counts(j):
                self.note(Statement(j.entry, j.reading, self.now), j.own)

    def note(self, s, own):
        if s.act == "stop":
            stop = self.stops.setdefault(s.party, {}).setdefault((s.party, s.text.hash), OfficerStop(own))
            stop.places.append(s.place)
        elif s.act == "resume" and s.effect <= self.now + SKEW:
            self.resumes.setdefault((s.party, texts.unb64(s.words()[0])), []).append(s)
        elif s.act == "withdraw":
            self.withdrawals.setdefault((s.log, texts.unb64(s.words()[0])), []).append(s)

    @staticmethod
    def once(found):
        """An entry that several readings let count is one statement."""
        best = {}
        for s in found:
            best.setdefault((s.log, s.index), s)
        return list(best.values())


def member_reading(member):
    return Reading(member.name, member.officers, member.quorum, member.log_key, member.issuers)


def party_reading(proposal, narrowing, until):
    text = proposal.text
    return Reading(text.one("party")[0], [key(o[0]) for o in text.all("officer")], int(text.one("quorum")[0]), key(text.one("log")[0]),
                   [i[0] for i in text.all("issuer")], narrowing, until, proposal)
