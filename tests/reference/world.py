"""Worlds with real keys, and what their parties write."""
import base64
import functools
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
COUNTRIES = {"au.example": "AUS", "nz.example": "NZL", "uk.example": "GBR", "us.example": "USA", "jp.example": "JPN", "kr.example": "KOR"}
PARTNER = 10  # the index of the first partner, where members have 0, 1, ...
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

    @functools.lru_cache(100000)
    def sign(self, text):
        return f"\u2014 {self.name} {b64(self.id + self.private.sign(text))}\n".encode()


def note(text, signers):
    text = text.encode() if isinstance(text, str) else text
    return text + b"\n" + b"".join(s.sign(text) for s in signers)


@functools.lru_cache(None)
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


class Partner(Party):
    """A party with its own node that a proposal names; other officers, another log key or a foreign issuer make another proposal."""

    def __init__(self, name, officers=3, people=("doe", "poe", "roe"), log=None, issuer=None, shared=()):
        super().__init__(name, officers)
        self.officers = [Signer(f"{name}/officer/{o}") for o in people[:officers]]
        self.officers += [Signer(f"{name}/officer/shared{i}", seed=s) for i, s in enumerate(shared)]
        self.quorum = len(self.officers) // 2 + 1
        if log:
            self.log = Signer(f"{name}/statements", seed=log)
        self.sso = issuer or self.sso

    def proposal(self, world, title="Partner", replaces=None, extra=""):
        issuers = "".join(f"issuer {i}\n" for i in sorted([self.issuer, self.sso]))
        return (f"charter/v1 proposal party\ncharter {world.id}\nparty {self.name}\ntitle en {title}\ncountry {COUNTRIES.get(self.name, 'CHE')}\n"
                + "".join(f"officer {line}\n" for line in sorted(o.line for o in self.officers))
                + f"quorum {self.quorum}\nlog {self.log.line}\nnode https://node.{self.name}\n{issuers}{extra}"
                + (f"replaces {replaces}\n" if replaces else ""))


class World:
    """A founded charter of some members, and partners that may join."""

    def __init__(self, members=("au.example", "uk.example", "us.example"), consents="all", fresh="48h", officers=3, admit="all", admit_fresh="48h",
                 profile="2", accreditation="365d"):
        self.parties = [Party(name, officers) for name in members]
        self.text = ("charter/v1 epoch 1.1\ntime 2026-11-01T09:00:00Z\nhost aukus.example\ntitle en A test\n" + "".join(p.text() for p in self.parties)
                     + f"pillar i closed\npillar ii open\nrule admit consents {admit} stops 1 fresh {admit_fresh}\n"
                     + f"rule project consents {consents} stops 1 fresh {fresh}\n"
                     + (f"rule profile consents {profile} stops 1 fresh 48h\n" if profile else "")
                     + f"limit accreditation {accreditation}\nlimit rotation-cooling 72h\nlimit reseat-notice 30d\n")
        self.genesis = note(self.text, [o for p in self.parties for o in p.officers[:p.quorum]])
        self.id = b64(sha256(self.text.encode()))

    def project(self, name="quantum", participants=None, custody=None, fresh="24h", until=T0 + 1000 * DAY, replaces=None, title="Data",
                extra="", originator="any", pillar="ii", charter=None, unsealed="unsealed members\n"):
        who = participants or [p.name for p in self.parties]
        custody = custody or f"originator and {max(2, len(who) - 1)} of {' '.join(who)}"
        return (f"charter/v1 proposal project\ncharter {charter or self.id}\nproject {name}\npillar {pillar}\ntitle en {title}\n"
                + "".join(f"participant {w}\n" for w in who) + f"custody {custody}\nfresh {fresh}\n{extra}originator {originator}\n{unsealed}"
                + f"until {time(until)}\n" + (f"replaces {replaces}\n" if replaces else ""))

    def admit(self, party, proposal, project="quantum", start=T0 - DAY, until=T0 + 500 * DAY, requires="", replaces=None, files="all", role="reader"):
        """An admission of a partner's proposal (its text, or a hash) to a project."""
        proposal = proposal if len(proposal) == 44 else name_of(proposal)
        return (f"charter/v1 proposal admit\ncharter {self.id}\nparty {party} {proposal}\nproject {project}\nrole {role}\n"
                + ("sponsor au.example\n" if role == "contributor" else "")
                + f"files {files}\nfrom {time(start)}\nuntil {time(until)}\n{requires}" + (f"replaces {replaces}\n" if replaces else ""))

    def profile(self, name="posture-1", title="Posture", replaces=None):
        return (f"charter/v1 proposal profile\ncharter {self.id}\nprofile {name}\ntitle en {title}\nevidence {name_of(name)}\n"
                + (f"replaces {replaces}\n" if replaces else ""))


def name_of(text):
    """The hash of a text, as documents write it."""
    return b64(sha256(text.encode()))


@functools.lru_cache(None)
def said(proposal):
    return texts.says(texts.parse(proposal.encode()))


class History:
    """Entries in order, proposals, and the times at which to ask. An entry is bytes, or how to make an `alive` at its index."""

    def __init__(self, world, order=0, partners=None):
        self.world, self.order, self.proposals, self.ops, self.broken, self.times = world, order, [], [], set(), []
        self.made = []  # (author, act line, hash) of the statements
        self.genesis, self.partners = world.genesis, [Partner("jp.example"), Partner("kr.example")] if partners is None else partners
        self.asks = [f"party {name}" for name in sorted({p.name for p in world.parties + self.partners} | {"li.example"})] + ["project quantum"]

    def who(self, m):
        return self.world.parties[m] if m < PARTNER else self.partners[m - PARTNER]

    def keys(self):
        """The log keys of the partners: of each name the first."""
        return {p.name: p.log.line for p in reversed(self.partners)}

    def propose(self, **fields):
        text = self.world.project(**fields)
        self.proposals.append(text)
        return text

    def add(self, text):
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
        return (f"charter/v1 statement {kind}\nby {by or self.who(m).name}\ncharter {charter or self.world.id}\n"
                f"epoch {epoch} {epoch_hash or self.world.id}\ntime {time(at)}\n{until}{act}\n" + (f"says {says}\n" if says else "") + reason)

    def state(self, m, act, at, signers=None, log=None, **fields):
        """A statement by member m, signed by its quorum unless told otherwise, in its log or another."""
        party = self.who(m)
        keys = party.officers[:party.quorum] if signers is None else signers
        text = self.text_of(m, act, at, **fields)
        self.made.append((m, act, name_of(text)))
        return self.raw(m if log is None else log, note(text, keys))

    def consent(self, m, proposal, at, until, alive=True, says=None, **fields):
        if alive:
            self.alive(m, at)
        if says is None:
            says = said(proposal)
        return self.state(m, f"consent {name_of(proposal)} until {time(until)}", at, says=says, **fields)

    def consent_all(self, proposal, at, until):
        for m in range(len(self.world.parties)):
            self.consent(m, proposal, at, until)

    def logs(self):
        """The notes of each log, as bytes."""
        logs = {p.name: [] for p in self.world.parties + self.partners}
        for m, entry in self.ops:
            log = logs[self.who(m).name]
            log.append(entry if isinstance(entry, bytes) else self.alive_note(m, len(log), *entry[1:]))
        return logs

    def alive_note(self, m, index, at, how):
        party = self.who(how.get("by", m))
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


def end_of(proposal):
    """The `until` of a proposal's text; far away for one that has none."""
    found = texts.parse(proposal.encode()).one("until")
    return texts.unix(found[0]) if found else T0 + 1000 * DAY
