"""Published keys: whose they are, and what they are good for. From docs/charter-spec.md, C-24 to C-26, C-66 and C-67."""
import texts
from derive_logs import NEVER, SKEW
from texts import unix

KEY_ALGORITHMS = {"ec:secp256r1": "e"}
ISSUER_ALGORITHMS = {"ES256": "ec:secp256r1"}


class Keys:
    """kid -> what is known, and (issuer, kid) -> until, of each party."""

    def __init__(self, state):
        self.state, self.data, self.issuers, self.firsts = state, {}, {}, {}
        epoch = {raw for m in state.charter.members for raw in m.keys}
        held = {raw for p in state.proposals if p.kind == "party" and p.holds for raw in p.keys}
        self.taken = epoch | held  # by keys that make no seals (C-24)
        self.owner = {}
        found = [s for s in state.statements if s.act in ("key", "issuer-key") and not state.void(s)]
        for s in sorted(found, key=lambda s: (s.effect, s.party, s.index)):  # C-25
            if s.act == "key":
                self.add_key(s)
            else:
                self.add_issuer_key(s)

    def add_key(self, s):
        kid, use, alg, data = s.words()
        raw = texts.unb64(data)
        if use == "kas" and (KEY_ALGORITHMS.get(alg) != kid[0] or texts.spki_type(raw) != alg):
            return
        if use == "seal" and (raw in self.taken or not (texts.no_fail(texts.point, raw) and texts.good_point(raw))):
            return
        if self.owner.setdefault(raw, (use, s.party)) == (use, s.party):
            self.data.setdefault(s.party, {}).setdefault(kid, []).append(s)

    def add_issuer_key(self, s):
        issuer, kid, alg, data, _, until = s.words()
        raw = texts.unb64(data)
        if issuer not in self.state.issuers_of(s.party) or alg not in ISSUER_ALGORITHMS or texts.spki_type(raw) != ISSUER_ALGORITHMS[alg]:
            return
        if self.firsts.setdefault((s.party, issuer, kid), raw) != raw:  # C-26
            return
        if self.owner.setdefault(raw, ("issuer", s.party)) == ("issuer", s.party):
            self.issuers.setdefault(s.party, {}).setdefault((issuer, kid), []).append(s)

    def publishes(self, party, kid):
        return kid in self.data.get(party, {})

    def of(self, party):
        """kid -> index, since, from when it makes nothing new, destroyed, stopped; in the order of publication."""
        found, now = {}, self.state.now
        if self.state.log_of(party).broken:  # C-32
            return found
        for kid, published in self.data.get(party, {}).items():
            known = [(s, self.state.ends_of(s)) for s in published if s.counts and s.effect <= now + SKEW]
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
                    if s.counts and s.effect <= self.state.now + SKEW and self.state.ends_of(s) == NEVER]
            if ends and max(ends) > self.state.now:
                found[f"{issuer} {kid}"] = max(ends)
        return found
