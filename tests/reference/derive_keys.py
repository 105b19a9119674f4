"""Published keys: whose they are, and what they are good for. From docs/charter-spec.md, C-24 to C-26, C-66 and C-67."""
import texts
from derive_logs import NEVER, SKEW
from texts import unix

KEY_ALGORITHMS = {"ec:secp256r1": "e"}
ISSUER_ALGORITHMS = {"ES256": "ec:secp256r1"}


def raw_of(s):
    return texts.unb64(s.words()[3])


def role_of(s):
    return "issuer" if s.act == "issuer-key" else s.words()[1]


class Keys:
    """kid -> what is known, and (issuer, kid) -> until, of each party."""

    def __init__(self, state):
        self.state, self.data, self.issuers = state, {}, {}
        epoch = {raw for m in state.charter.members for raw in m.keys}
        held = {raw for p in state.proposals if p.kind == "party" and p.holds for raw in p.keys}
        self.taken = epoch | held  # by keys that make no seals (C-24)
        published = [(s, signed) for s, signed in state.publications if not state.void(s) and self.is_good(s)]
        kids = {mark: s for s, _ in sorted(published, key=lambda found: -found[0].index) for mark in self.kids_of(s)}
        self.first = {mark: raw_of(s) for mark, s in kids.items()}  # C-26: in effect or not
        self.owner = {}
        found = [s for s, signed in published if signed and s.effect <= state.now + SKEW and self.is_kids(s, s.reading)]
        for s in sorted(found, key=lambda s: (state.charter.member(s.party) is None, s.effect, s.party, s.index)):  # C-25
            self.owner.setdefault(raw_of(s), (role_of(s), s.party))
        for s in sorted(state.statements, key=lambda s: (s.effect, s.index)):
            if s.act in ("key", "issuer-key") and not state.void(s) and self.is_good(s) and self.owner.get(raw_of(s)) == (role_of(s), s.party):
                self.add(s)

    def is_good(self, s):
        """Is this key of an algorithm, and of an issuer, that it may be of (C-24)?"""
        raw = raw_of(s)
        if s.act == "issuer-key":
            issuer, _, alg = s.words()[:3]
            return issuer in s.reading.issuers and alg in ISSUER_ALGORITHMS and texts.spki_type(raw) == ISSUER_ALGORITHMS[alg]
        kid, use, alg = s.words()[:3]
        if use == "kas":
            return KEY_ALGORITHMS.get(alg) == kid[0] and texts.spki_type(raw) == alg
        return raw not in self.taken and texts.no_fail(texts.point, raw) and texts.good_point(raw)

    def kids_of(self, s):
        """By what names it is the first of its issuer's kid: in its own reading, and in all of the party."""
        return [(who, *s.words()[:2]) for who in (s.reading, s.party)] if s.act == "issuer-key" else []

    def is_kids(self, s, who):
        return s.act == "key" or self.first[who, *s.words()[:2]] == raw_of(s)

    def add(self, s):
        if s.act == "key":
            self.data.setdefault(s.party, {}).setdefault(s.words()[0], []).append(s)
        elif s.words()[0] in self.state.issuers_of(s.party) and self.is_kids(s, s.reading) and self.is_kids(s, s.party):
            self.issuers.setdefault(s.party, {}).setdefault(tuple(s.words()[:2]), []).append(s)

    def publishes(self, party, kid):
        return kid in self.data.get(party, {})

    def of(self, party):
        """kid -> index, since, from when it makes nothing new, destroyed, stopped; in the order of publication."""
        found, now = {}, self.state.now
        if self.state.log_of(party).broken:  # C-32
            return found
        for kid, published in self.data.get(party, {}).items():
            known = [(s, self.state.ends_of(s)) for s in published if s.effect <= now + SKEW]
            standing = [s for s, ends in known if ends == NEVER]
            known = [(s, ends) for s, ends in known if ends > s.effect]  # else it never counted
            if not known:
                continue
            s = standing[-1] if standing else known[-1][0]
            retired = NEVER if standing else max(ends for _, ends in known)
            acts = [(n.act, n.time) for n in self.state.statements if n.act in ("retire", "destroy") and n.party == party and n.words()[0] == kid]
            retired = min([retired] + [time for _, time in acts])
            found[kid] = {"index": s.index, "since": s.effect, "retired": None if retired == NEVER else retired,
                          "destroyed": any(act == "destroy" for act, _ in acts), "stopped": self.state.key_stopped(party, kid),
                          "type": s.words()[2], "at": (s.effect, s.index)}
        return dict(sorted(found.items(), key=lambda item: item[1]["at"]))

    def new_files_key(self, party):  # C-25, C-66
        good = [kid for kid, k in self.of(party).items() if k["type"] == "ec:secp256r1" and k["retired"] is None and not k["stopped"]]
        return good[-1] if good else None

    def issuers_of(self, party):
        found = {}
        if self.state.log_of(party).broken:
            return found
        for (issuer, kid), published in self.issuers.get(party, {}).items():
            ends = [unix(s.words()[5]) for s in published
                    if s.effect <= self.state.now + SKEW and self.state.ends_of(s) == NEVER]
            if ends and max(ends) > self.state.now:
                found[f"{issuer} {kid}"] = max(ends)
        return found
