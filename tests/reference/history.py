"""Histories: worlds with real keys, what their members write, and chance."""
import base64
import hashlib
from datetime import datetime, timezone

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import texts
from texts import b64, sha256

HOUR, DAY = 3600, 86400
T0 = 1795251600  # 2026-11-21T09:00:00Z
NAMES = ["au.example", "nz.example", "uk.example", "us.example"]
COUNTRIES = {"au.example": "AUS", "nz.example": "NZL", "uk.example": "GBR", "us.example": "USA"}
RSA = base64.b64decode(
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApE5DY2YL0QQW0I9dv4jAtjurGVmaFGkdujfr2mDDbPTT7chm8vWZ7SCz"
    "1G1IEVt8lUQLzJYNlOEguopAdcE68t0O6KfpfUYa0FzejH4mq6vcCvT3BQvK1k/g2fZCypu4OpSIL4b9+U9Mwc8KrXeptjccYJRT"
    "zKJe0KJIj+v1RAfqoojo2piAP3zISk05eGbKa7wW6F1PJ5HIGqgqrwA9Er31i2seris1AgUxtwyoftfYG2TyjXlwG3G6GPgF6izx"
    "XNmHEVG0oDgpDQCgL3mYQQ0O3ECCftx/4rWwHvzMPTLWM8p9n8b+czPviY/9vZdTTnd/vUaYM8p1PKG7SgXofQIDAQAB")


def time(unix):
    return datetime.fromtimestamp(unix, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Signer:
    """A key of the note package, made from its name."""

    def __init__(self, name, kind=1, seed=None):
        self.private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256((seed or name).encode()).digest())
        self.raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        typed = bytes([kind]) + self.raw
        self.name, self.id = name, sha256(name.encode() + b"\n" + typed)[:4]
        self.line = f"{name}+{self.id.hex()}+{b64(typed)}"

    def sign(self, text):
        return f"\u2014 {self.name} {b64(self.id + self.private.sign(text))}\n".encode()


def note(text, signers):
    text = text.encode() if isinstance(text, str) else text
    return text + b"\n" + b"".join(s.sign(text) for s in signers)


def ec_spki(name):
    number = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") % 2**255 + 1
    return ec.derive_private_key(number, ec.SECP256R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class Party:
    def __init__(self, name, officers):
        self.name, self.issuer = name, f"https://node.{name}"
        self.officers = [Signer(f"{name}/officer/{o}") for o in ["doe", "poe", "roe"][:officers]]
        self.quorum = officers // 2 + 1
        self.log, self.access = Signer(f"{name}/statements"), Signer(f"{name}/access")
        self.witness = Signer(f"{name}/witness", 4)
        self.seals = [Signer(f"{name}/seal/{i}") for i in range(2)]
        self.kas = [ec_spki(f"{name} kas {i}") for i in range(2)]
        self.issuing = [ec_spki(f"{name} issuer {i}") for i in range(2)]
        self.sso = f"https://sso.{name}/realms/a"

    def text(self):
        return "\n".join([f"member {self.name}", f"title en {self.name}", f"country {COUNTRIES[self.name]}",
                          *sorted(f"officer {o.line}" for o in self.officers), f"quorum {self.quorum}", f"log {self.log.line}",
                          f"log {self.access.line}", f"witness {self.witness.line}", f"node https://node.{self.name}",
                          f"issuer {self.issuer}", f"issuer {self.sso}"]) + "\n"


class World:
    """A founded charter of some members."""

    def __init__(self, members=("au.example", "uk.example", "us.example"), consents="all", fresh="48h", officers=3):
        self.parties = [Party(name, officers) for name in members]
        self.text = ("charter/v1 epoch 1.1\ntime 2026-11-01T09:00:00Z\nhost aukus.example\ntitle en A test\n" + "".join(p.text() for p in self.parties)
                     + "pillar i closed\npillar ii open\nrule admit consents all stops 1 fresh 48h\n"
                     + f"rule project consents {consents} stops 1 fresh {fresh}\n"
                     + "limit accreditation 365d\nlimit rotation-cooling 72h\nlimit reseat-notice 30d\n")
        self.genesis = note(self.text, [o for p in self.parties for o in p.officers[:p.quorum]])
        self.id = b64(sha256(self.text.encode()))

    def project(self, name="quantum", participants=None, custody=None, fresh="24h", until=T0 + 1000 * DAY, replaces=None, title="Data",
                extra="", originator="any", pillar="ii", charter=None, unsealed="unsealed members\n"):
        who = participants or [p.name for p in self.parties]
        custody = custody or f"originator and {max(2, len(who) - 1)} of {' '.join(who)}"
        return (f"charter/v1 proposal project\ncharter {charter or self.id}\nproject {name}\npillar {pillar}\ntitle en {title}\n"
                + "".join(f"participant {w}\n" for w in who) + f"custody {custody}\nfresh {fresh}\n{extra}originator {originator}\n{unsealed}"
                + f"until {time(until)}\n" + (f"replaces {replaces}\n" if replaces else ""))


def name_of(text):
    """The hash of a text, as documents write it."""
    return b64(sha256(text.encode()))


class History:
    """Entries in order, proposals, and the times at which to ask. An entry is bytes, or how to make an `alive` at its index."""

    def __init__(self, world, order=0):
        self.world, self.order, self.proposals, self.ops, self.broken, self.times = world, order, [], [], set(), []
        self.genesis = world.genesis

    def propose(self, **fields):
        text = self.world.project(**fields)
        self.proposals.append(text)
        return text

    def raw(self, m, data):
        self.ops.append((m, data))
        return data

    def alive(self, m, at, **how):
        self.ops.append((m, ("alive", at, how)))

    def alive_all(self, at):
        for m in range(len(self.world.parties)):
            self.alive(m, at)

    def text_of(self, m, act, at, not_after=None, says=None, epoch=1, epoch_hash=None, charter=None, kind=None, by=None, reason=""):
        kind = kind or act.split(" ")[0]
        until = "" if kind == "stop" else f"not-after {time(at + 7 * DAY if not_after is None else not_after)}\n"
        return (f"charter/v1 statement {kind}\nby {by or self.world.parties[m].name}\ncharter {charter or self.world.id}\n"
                f"epoch {epoch} {epoch_hash or self.world.id}\ntime {time(at)}\n{until}{act}\n" + (f"says {says}\n" if says else "") + reason)

    def state(self, m, act, at, signers=None, log=None, **fields):
        """A statement by member m, signed by its quorum unless told otherwise, in its log or another."""
        party = self.world.parties[m]
        keys = party.officers[:party.quorum] if signers is None else signers
        return self.raw(m if log is None else log, note(self.text_of(m, act, at, **fields), keys))

    def consent(self, m, proposal, at, until, alive=True, says=None, **fields):
        if alive:
            self.alive(m, at)
        if says is None:
            says = texts.says(texts.parse(proposal.encode()))
        return self.state(m, f"consent {name_of(proposal)} until {time(until)}", at, says=says, **fields)

    def consent_all(self, proposal, at, until):
        for m in range(len(self.world.parties)):
            self.consent(m, proposal, at, until)

    def logs(self):
        """The notes of each log, as bytes."""
        logs = {p.name: [] for p in self.world.parties}
        for m, entry in self.ops:
            log = logs[self.world.parties[m].name]
            log.append(entry if isinstance(entry, bytes) else self.alive_note(m, len(log), *entry[1:]))
        return logs

    def alive_note(self, m, index, at, how):
        party = self.world.parties[how.get("by", m)]
        text = (f"charter/v1 alive {index + how.get('shift', 0)}\nby {party.name}\ncharter {how.get('charter', self.world.id)}\n"
                f"time {time(at)}\nview {self.world.id}\n")
        return note(text, [how.get("signer", party.log)])


def kas_line(spki, kid=None, alg=None):
    kid = kid or texts.kid_of("r" if spki == RSA else "e", spki)
    return f"key {kid} kas {alg or texts.spki_type(spki)} {b64(spki)}"


def seal_line(raw):
    return f"key {texts.kid_of('s', texts.seal_spki(raw))} seal ed25519 {b64(raw)}"


def issuer_line(issuer, kid, spki, until, alg="ES256"):
    return f"issuer-key {issuer} {kid} {alg} {b64(spki)} until {time(until)}"


# ---- chance ----

ACTS = ["stop project quantum", "stop person x@au.example", "withdraw project quantum", "withdraw membership", "retire e-5cd252fb0ce89324",
        "destroy e-5cd252fb0ce89324", "accredit jp.example posture-1 until 2027-01-01T00:00:00Z", "decline 2.1",
        "resume khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=", "accept 2 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=",
        "withdraw khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=", "handover e-5cd252fb0ce89324 to uk.example", "stop key e-5cd252fb0ce89324"]


def spoil(rng, data, world):
    """A note that somebody touched."""
    kind = rng.randrange(9)
    lines = data.split(b"\n")
    if kind == 0:
        at = rng.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]
    if kind == 1:
        return data + lines[-2] + b"\n"  # a signature line twice
    if kind == 2:
        return data + Signer("nobody.example/officer/x").sign(data)  # of an unknown key, and of other bytes
    if kind == 3:
        return data + rng.choice(world.parties).log.sign(b"other\n")  # a bad one, by a key that is not asked
    if kind == 4:
        return data.replace(b"\n", b"\r\n", 1)
    if kind == 5:
        at = rng.randrange(len(lines) - 1)
        return b"\n".join(lines[:at] + lines[at + 1:])
    if kind == 6:
        at = rng.randrange(len(lines) - 1)
        return b"\n".join(lines[:at] + [lines[at] + b" "] + lines[at + 1:])
    if kind == 7:
        return data + rng.choice(rng.choice(world.parties).officers).sign(b"other\n")  # a bad one by an officer of somebody
    return data[:-1]


def some_line(rng, h, m, now):
    """A key of somebody's, or an issuer's key."""
    party, other = h.world.parties[m], rng.choice(h.world.parties)
    owner = other if rng.random() < 0.25 else party
    kind = rng.randrange(8)
    if kind < 3:
        return kas_line(rng.choice(owner.kas + [RSA] if rng.random() < 0.2 else owner.kas))
    if kind < 5:
        return seal_line(rng.choice(owner.seals + [owner.officers[0], owner.log] if rng.random() < 0.2 else owner.seals).raw)
    issuer = rng.choice([owner.issuer, party.sso, party.issuer, party.issuer])
    spki = rng.choice(owner.issuing + owner.kas[:1])
    return issuer_line(issuer, rng.choice("ab"), spki, now + rng.randrange(-1, 60) * HOUR)


def some_signers(rng, h, m):
    party = h.world.parties[m]
    if rng.random() < 0.85:
        return rng.sample(party.officers, party.quorum)
    return rng.choice([party.officers[:1], party.officers, rng.choice(h.world.parties).officers, [party.log], party.officers[:1] + [party.log]])


def some_entry(rng, h, m, now):
    kind, at, party = rng.random(), now, h.world.parties[m]
    if rng.random() < 0.12:
        at += rng.choice([120, 121, -120, -8 * DAY, 5 * HOUR, -7 * DAY, -7 * DAY - 1])
    keys = some_signers(rng, h, m)
    more = {} if rng.random() < 0.93 else rng.choice([{"epoch": 2}, {"epoch_hash": name_of("x")}, {"charter": name_of("y")},
                                                     {"not_after": at + rng.choice([-1, 0, HOUR, 30 * DAY, 30 * DAY + 1])},
                                                     {"by": rng.choice(h.world.parties).name}])
    if kind < 0.62:
        proposal = rng.choice(h.proposals)
        until = now + rng.choice([-1, 0, 60, HOUR, 5 * HOUR, DAY, 3 * DAY, 3 * DAY, 9 * DAY]) if rng.random() < 0.95 else T0 + 1001 * DAY
        says = texts.says(texts.parse(rng.choice(h.proposals).encode())) if rng.random() < 0.05 else None
        return h.consent(m, proposal, at, until, alive=False, signers=keys, says=says, **more)
    if kind < 0.82:
        return h.state(m, some_line(rng, h, m, now), at, signers=keys, **more)
    if kind < 0.87:
        return h.state(m, f"note proposal {name_of(rng.choice(h.proposals))}", at, signers=keys, **more)
    if kind < 0.89 and rng.random() < 0.5:
        return h.state(m, rng.choice(ACTS), at, signers=keys, log=rng.randrange(len(h.world.parties)), **more)
    known = [(k, e) for k, e in h.ops if isinstance(e, bytes)]
    if kind < 0.96 and known:  # again, or in another's log
        k, entry = rng.choice(known)
        return h.raw(k if rng.random() < 0.8 else m, entry)
    if rng.random() < 0.5:
        return h.raw(m, rng.choice([b"", b"\n\n", b"rubbish\n", party.name.encode() + b"/statements\n0\nAAAA\n"]))
    h.raw(m, spoil(rng, note(h.text_of(m, "note text en Hello.", at), party.officers[:1]), h.world))


def some_proposals(rng, h):
    short = T0 + rng.choice([10, 20, 30, 60]) * HOUR
    first = h.propose(fresh=rng.choice(["12h", "24h", "90m", "30d"]), until=rng.choice([short, T0 + 1000 * DAY]))
    for i in range(rng.choice([0, 0, 1, 1, 1, 2, 3])):
        name = rng.choice(["quantum", "quantum", "undersea"])
        known = [name_of(p) for p in h.proposals] + [name_of("unknown")]
        replaces = rng.choice(known) if rng.random() < 0.5 else None
        kind = rng.random()
        h.propose(name=name, title=f"Next {i}", fresh=rng.choice(["12h", "24h"]), replaces=replaces,
                  until=rng.choice([short, T0 + 1000 * DAY, T0 + 1000 * DAY]), originator="last" if kind < 0.12 else "any",
                  extra="requires posture-2 from all\n" if 0.12 < kind < 0.16 else "",
                  participants=[p.name for p in h.world.parties[:2]] if kind > 0.85 else None, pillar="iii" if 0.16 < kind < 0.18 else "ii")
    return first


def end_of(proposal):
    return texts.unix(texts.parse(proposal.encode()).one("until")[0])


def random_history(rng, worlds):
    h = History(rng.choice(worlds), rng.randrange(16))
    first, now, count = some_proposals(rng, h), T0, len(h.world.parties)
    for proposal in h.proposals:
        if rng.random() < (0.95 if proposal == first else 0.4):
            until = T0 + rng.choice([2, 5, 20, 60, 100, 200, 200, 200]) * HOUR
            for m in range(count):
                h.consent(m, proposal, now, min(until, end_of(proposal)))
    step = rng.choice([600, HOUR, 3 * HOUR])
    for _ in range(rng.randrange(3, 18)):
        m = rng.randrange(count)
        now += rng.choice([0, 1, 60, 119, 120, 121, step, HOUR, rng.randrange(2 * step)])
        if rng.random() < 0.2:
            now = T0 + (now - T0) // HOUR * HOUR + HOUR  # where consents end, too
        if rng.random() < 0.8:
            jitter = rng.choice([0] * 20 + [-3 * HOUR, 100, 121, 10 * HOUR])
            odd = {} if rng.random() < 0.96 else rng.choice([{"shift": 1}, {"by": (m + 1) % count}, {"signer": h.world.parties[m].officers[0]}])
            h.alive(m, now + jitter, **odd)
        if rng.random() < 0.6:
            before = len(h.ops)
            some_entry(rng, h, m, now)
            if rng.random() < 0.04 and len(h.ops) > before and isinstance(h.ops[-1][1], bytes) and h.ops[-1][1]:
                k, entry = h.ops.pop()
                h.raw(k, spoil(rng, entry, h.world))
    if rng.random() < 0.015:
        h.broken.add(rng.choice(h.world.parties).name)
    marks = [T0 + HOUR, now, now, now] + [e[1] for _, e in h.ops if not isinstance(e, bytes)]
    h.times = [rng.choice(marks) + rng.choice([0, 0, 0, 0, -1, 1, -120, -121, 60, HOUR, 12 * HOUR, DAY + 1]) for _ in range(4)] + [now]
    return h
