"""Who takes part, and until when. From docs/charter-spec.md, C-23, C-29 and C-58 to C-65."""
import re

import texts
from derive_logs import NEVER, SKEW, form_of
from texts import unix


def holds_name(text, name):
    """Does a note hold a party's name as a word of its own, one final dot aside?"""
    return re.search(rf"(?<![a-z0-9./-]){re.escape(name)}(?!\.?[a-z0-9/-])(?!\.\.)", text) is not None  # C-58


class Part:
    """One party in one project."""

    def __init__(self, state, party, project):
        self.state, self.party, self.name, self.closes = state, party, project, 0
        self.member = state.charter.member(party) is not None
        self.project = state.about(("project", project))
        self.admit = None if self.member else state.about(("admit", party, project))
        self.proposal = None if self.member else state.about(("party", party))
        self.all = [self.project] if self.member else [self.admit, self.project, self.proposal]
        self.word = self.of_member() if self.member else self.of_partner()
        if self.word == "active":
            self.closes = min([state.closes(p) for p in self.all] + [self.lacks_at(*r) for r in self.requires()])

    def of_member(self):
        if not self.project or [self.party] not in self.project.text.all("participant"):
            return "none"
        return self.first()

    def of_partner(self):
        if self.admit:
            return "closed" if self.project and self.state.charter.is_closed(self.project) else self.first()
        if self.proposal:
            return "proposed"
        notes = (s for s in self.state.statements if s.act == "note" and form_of(s.text) == "text" and s.effect <= self.state.now + SKEW)
        return "consulted" if any(self.state.charter.member(s.party) and holds_name(" ".join(s.words()[2:]), self.party) for s in notes) else "none"

    def first(self):
        """The first that fits (C-59)."""
        states = [self.state.force(p) if p else "proposed" for p in self.all]
        if self.project and self.project.unenforced:
            return "unenforced"
        if self.state.withdrew(self.party, self.name):
            return "withdrawn"
        if "ended" in states or self.of_an_earlier_project():
            return "ended"
        if "suspended" in states or self.state.party_stopped(self.party, self.name) or not self.member and self.state.closes_partner(self.party):
            return "suspended"
        if not all(p and p.since and (p.holds or not p.void) for p in self.all) or not self.member and not self.named():
            return "proposed"
        lacks = {self.lack(*r) for r in self.requires()}
        for word in ("lapsed", "unheard"):
            if word in states or word in lacks:
                return word
        assert set(states) == {"active"}, states
        return "active"

    def of_an_earlier_project(self):
        if not self.admit or not self.project or not self.admit.since:
            return False
        line = self.project.lineage()
        given = [self.admit.given(m) for m in range(len(self.admit.consents))]
        oldest = min((max(c.begins for c in some) for some in given if some), default=self.admit.since)
        return any(p not in line and any(end > oldest for _, end in p.held) for p in self.state.proposals if p.name == self.project.name)

    def named(self):
        """Is the party proposal the one that the admission names, or of its lineage (C-58)?"""
        return self.admit.text.one("party")[1] in [texts.b64(p.hash) for p in self.proposal.lineage()]

    def requires(self):  # C-64
        found = [r for r in self.project.requires if r[2] or not self.member] if self.project else []
        return [r[:2] for r in found + (self.admit.requires if self.admit else [])]

    def lack(self, profile, count):
        given = self.state.accredited(self.party, profile)
        if len(given) < count:
            return "lapsed"
        return "unheard" if sum(self.state.heard(m, self.state.accredited_fresh) for m in given) < count else None

    def lacks_at(self, profile, count):
        """When one accreditation too few counts."""
        ends = [min(until, self.state.newest_alive(self.state.log_of(m))[0] + self.state.accredited_fresh)
                for m, until in self.state.accredited(self.party, profile).items() if self.state.heard(m, self.state.accredited_fresh)]
        return sorted(ends, reverse=True)[count - 1]


class Accreditation:
    def __init__(self, state, s):
        self.member, self.index, self.until = s.party, s.index, unix(s.words()[3])
        self.party, self.profile = s.words()[:2]
        made = unix(s.text.one("time")[0])
        self.stands = (s.effect <= state.now + SKEW and state.now < self.until <= made + state.charter.accreditation
                       and s.effect < self.until and state.ends_of(s) == NEVER)

    def json(self, state):
        return [self.member, self.party, self.profile, self.until, self.index, state.heard(self.member, state.accredited_fresh)]
