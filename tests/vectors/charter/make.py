#!/usr/bin/env python3
"""Write the example texts of the charter's specification, with keys, and what others must compute from them.

A second implementation in small: keys (RFC 8032), key lines, hashes and `says` are made here without any of our C code.
    python3 tests/vectors/charter/make.py        writes *.txt, *.says and hashes.txt beside itself, and the fuzz seeds
"""
import base64
import hashlib
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
SEEDS = HERE.parent.parent / "fuzz" / "corpus" / "docs"

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2
    return ((x1 * y2 + x2 * y1) * pow(1 + k, P - 2, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, P - 2, P) % P)


def base_point():
    y = 4 * pow(5, P - 2, P) % P
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (P - x if x & 1 else x, y)


def public(seed):
    h = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    n = (h & ((1 << 254) - 8)) | (1 << 254)
    q, b = (0, 1), base_point()
    while n:
        if n & 1:
            q = add(q, b)
        b = add(b, b)
        n >>= 1
    return (q[1] | (q[0] & 1) << 255).to_bytes(32, "little")


def b64(data):
    return base64.b64encode(data).decode()


def key_of(name):
    return public(hashlib.sha256(b"test key " + name.encode()).digest())


def vkey(name, kind=1):
    key = bytes([kind]) + key_of(name)
    return f"{name}+{hashlib.sha256(name.encode() + b'%c' % 10 + key).digest()[:4].hex()}+{b64(key)}"


def digest(text):
    return b64(hashlib.sha256(text.encode()).digest())


def kid(letter, spki):
    return letter + "-" + hashlib.sha256(spki).hexdigest()[:16]


def member(name, title, country, officers, extra=""):
    lines = [f"member {name}", f"title en {title}", f"country {country}"]
    lines += ["officer " + vkey(f"{name}/officer/{o}") for o in sorted(officers)]
    lines += [f"quorum {len(officers) // 2 + 1}", "log " + vkey(name + "/statements"), "log " + vkey(name + "/access"),
              "witness " + vkey(name + "/witness", 4), f"node https://node.{name}", f"issuer https://node.{name}"]
    return "\n".join(lines) + "\n" + extra


def epoch(head, tail):
    return (head + "host aukus.example\ntitle en Trilateral technology sharing (demonstration)\n"
            + member("au.example", "Australia", "AUS", ["doe", "poe", "roe"])
            + member("uk.example", "United Kingdom", "GBR", ["ash", "elm", "oak"], "recovery " + vkey("uk.example/recovery") + "\n")
            + member("us.example", "United States", "USA", ["fir", "ivy", "yew"], "issuer https://sso.us.example/realms/a web\n")
            + tail)


RULES = "rule admit consents all stops 1 fresh 48h\nrule project consents all stops 1 fresh 48h\n"
LIMITS = "limit accreditation 365d\nlimit rotation-cooling 72h\nlimit reseat-notice 30d\n"
PILLARS = "pillar i closed\npillar ii open\n"

texts = {}
texts["epoch-1"] = epoch("charter/v1 epoch 1.1\ntime 2026-11-01T09:00:00Z\n", PILLARS + RULES + LIMITS)
GENESIS = digest(texts["epoch-1"])
texts["epoch-3"] = epoch(
    f"charter/v1 epoch 3.1\nparent {digest('epoch 2')}\ntime 2026-11-21T09:00:00Z\n",
    "former nz.example\n" + PILLARS + RULES.replace("project consents all", "project consents 2")
    + "rule labels consents all stops 1 fresh 48h\nrule profile consents 3 stops 1 fresh 30d\nrule bearer home\n" + LIMITS
    + "".join(sorted(f"carry {digest(p)} until 2027-06-30T00:00:00Z\n" for p in ("p1", "p2", "p3")))
    + f"lift {digest('stop 1')}\n")
CHARTER = f"charter {GENESIS}\n"
CUSTODY = "custody originator and 2 of au.example uk.example us.example\n"

texts["proposal-project"] = (
    f"charter/v1 proposal project\n{CHARTER}project quantum\npillar ii\ntitle en Quantum sensing research data\n"
    f"participant au.example\nparticipant uk.example\nparticipant us.example\n{CUSTODY}fresh 24h\noriginator any\n"
    "unsealed members\nuntil 2029-12-31T00:00:00Z\n")
texts["proposal-project-full"] = (
    f"charter/v1 proposal project\n{CHARTER}project quantum\npillar ii\ntitle de Messdaten der Quantensensorik\n"
    "title en Quantum sensing research data\ntitle ja \u91cf\u5b50\u30bb\u30f3\u30b7\u30f3\u30b0\n"
    f"participant au.example\nparticipant uk.example\nparticipant us.example\n{CUSTODY}fresh 24h\n"
    "requires posture-1 from 2 for all\nrequires posture-2 from all\n"
    f"labels {digest('labels')}\noriginator last\nunsealed members\nalone allowed\nuntil 2029-12-31T00:00:00Z\n"
    f"replaces {digest(texts['proposal-project'])}\nreason en Work package 4; see \"annex B\".\n")
texts["proposal-party"] = (
    f"charter/v1 proposal party\n{CHARTER}party jp.example\ntitle en Japan\ncountry JPN\n"
    f"officer {vkey('jp.example/officer/abe')}\nquorum 1\nlog {vkey('jp.example/statements')}\nnode https://node.jp.example\n"
    "issuer https://node.jp.example\n")
PARTY = digest(texts["proposal-party"])
texts["proposal-party-sponsored"] = (
    f"charter/v1 proposal party\n{CHARTER}party kr.example\ntitle en Korea\ncountry KOR\n"
    f"officer {vkey('kr.example/officer/han')}\nofficer {vkey('kr.example/officer/kim')}\nquorum 2\n"
    f"log {vkey('kr.example/statements')}\nsponsor au.example\nreplaces {PARTY}\nreason en A test.\n")
texts["proposal-admit"] = (
    f"charter/v1 proposal admit\n{CHARTER}party jp.example {PARTY}\nproject quantum\nrole reader\n"
    "files since 2026-12-01T00:00:00Z\nfrom 2026-12-01T00:00:00Z\nuntil 2027-12-01T00:00:00Z\nrequires posture-2 from all\n"
    "reason en Joint work package 4.\n")
texts["proposal-admit-contributor"] = (
    f"charter/v1 proposal admit\n{CHARTER}party jp.example {PARTY}\nproject quantum\nrole contributor\nsponsor au.example\n"
    f"files all\nfrom 2026-12-01T00:00:00Z\nuntil 2027-12-01T00:00:00Z\nreplaces {digest(texts['proposal-admit'])}\n")
texts["proposal-labels"] = f"charter/v1 proposal labels\n{CHARTER}title en Label policy 1\npolicy {digest('policy file')}\n"
texts["proposal-profile"] = (
    f"charter/v1 proposal profile\n{CHARTER}profile posture-2\ntitle en Disk encryption, patched within 14 days.\n"
    f"evidence {digest('form')}\nreplaces {digest('older profile')}\nreason en Patches come faster now.\n")


def says(text):
    """Written from the specification, not from the grammar's table: by keyword and position."""
    shortened = {"party": [2], "officer": [1], "log": [1], "labels": [1], "replaces": [1], "policy": [1], "evidence": [1]}
    lines = text.split("\n")[:-1]
    said = [lines[0].split(" ")[2]]
    for line in lines[2:]:
        words = line.split(" ")
        if words[0] in ("title", "reason"):
            continue
        for i in shortened.get(words[0], []):
            if i < len(words):
                words[i] = hashlib.sha256(words[i].encode()).hexdigest()[:16]
        said.append(" ".join(words))
    return "; ".join(said)


def statement(kind, act, extra="", not_after="not-after 2026-12-05T00:00:00Z\n"):
    return (f"charter/v1 statement {kind}\nby au.example\n{CHARTER}epoch 3 {digest(texts['epoch-3'])}\ntime 2026-11-21T09:05:00Z\n"
            f"{not_after}{act}\n{extra}")


# P-256, the generator as a public key (RFC 5480 shape): any valid point will do.
EC_SPKI = bytes.fromhex(
    "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
SEAL = key_of("au.example seal")
ED_SPKI = bytes.fromhex("302a300506032b6570032100") + SEAL
UUID = "4f5a9f0e-3c9b-4d3e-9a53-0d5f6f3a1b2c"

for name, text in (("consent-project", "proposal-project"), ("consent-admit", "proposal-admit")):
    texts["statement-" + name] = statement("consent", f"consent {digest(texts[text])} until 2027-06-30T00:00:00Z",
                                           f"says {says(texts[text])}\n")
acts = {
    "key-kas": f"key {kid('e', EC_SPKI)} kas ec:secp256r1 {b64(EC_SPKI)}",
    "key-seal": f"key {kid('s', ED_SPKI)} seal ed25519 {b64(SEAL)}",
    "issuer-key": f"issuer-key https://node.au.example 2026-11.a_b ES256 {b64(EC_SPKI)} until 2027-01-01T00:00:00Z",
    "note-proposal": f"note proposal {digest(texts['proposal-admit'])}",
    "note-text": "note text en Consulted at the meeting of 3 November; no objection.",
    "withdraw-statement": f"withdraw {digest('a consent')}",
    "withdraw-project": "withdraw project quantum",
    "withdraw-membership": "withdraw membership",
    "withdraw-charter": "withdraw charter",
    "stop-partner": "stop partner jp.example",
    "stop-partner-project": "stop partner jp.example project quantum",
    "stop-project": "stop project quantum",
    "stop-proposal": f"stop proposal {digest(texts['proposal-admit'])}",
    "stop-person": "stop person alice@lab@uk.example",
    "stop-file": f"stop file {UUID}",
    "stop-key-data": f"stop key {kid('e', EC_SPKI)}",
    "stop-key-officer": "stop key " + "+".join(vkey("au.example/officer/doe").split("+")[:2]),
    "resume": f"resume {digest('a stop')}",
    "accredit": "accredit jp.example posture-2 until 2027-11-01T00:00:00Z",
    "retire": f"retire {kid('e', EC_SPKI)}",
    "destroy": f"destroy {kid('e', EC_SPKI)}",
    "rotate-officer": f"rotate officer au.example/officer/doe {vkey('au.example/officer/low')}",
    "rotate-log": f"rotate log {vkey('au.example/access')}",
    "rotate-witness": f"rotate witness {vkey('au.example/witness', 4)}",
    "accept": f"accept 3 {digest(texts['epoch-3'])}",
    "decline": "decline 4.2",
    "handover": f"handover {kid('e', EC_SPKI)} to uk.example",
}
for name, act in acts.items():
    kind = act.split(" ")[0]
    texts["statement-" + name] = statement(kind, act, "reason en Incident 12.\n" if kind == "stop" else "",
                                           "" if kind == "stop" else "not-after 2026-12-05T00:00:00Z\n")

texts["alive"] = f"charter/v1 alive 42\nby au.example\n{CHARTER}time 2026-11-21T09:00:00Z\nview {digest('view')}\n"
texts["view"] = (f"charter/v1 view\n{CHARTER}epoch 3 {digest(texts['epoch-3'])}\n"
                 + "".join(f"log {m}.example/statements {n} {digest(m)}\n" for m, n in (("au", 42), ("uk", 40), ("us", 0)))
                 + "".join(sorted(f"stop {digest(s)}\n" for s in ("s1", "s2"))))
texts["file"] = (
    f"charter/v1 file\n{CHARTER}file {UUID}\noriginator au.example\nproject quantum {digest(texts['proposal-project'])}\n{CUSTODY}"
    f"split 1 {digest('share 1')}\nsplit 2 {digest('share 2')}\nattribute https://aukus.example/attr/project/value/quantum\n"
    f"attribute https://aukus.example/attr/relto/value/aus\ndissem alice@au.example\nview {digest(texts['view'])}\n"
    "created 2026-11-21T09:00:00Z\nuntil 2036-01-01T00:00:00Z\n")
texts["file-short"] = (
    f"charter/v1 file\n{CHARTER}file {UUID}\noriginator au.example\nproject quantum {digest(texts['proposal-project'])}\n{CUSTODY}"
    f"split 1 {digest('share 1')}\nview {digest(texts['view'])}\ncreated 2026-11-21T09:00:00Z\n")
texts["writer"] = (
    f"charter/v1 writer\n{CHARTER}originator au.example\nperson alice@au.example\nkey {vkey('au.example/writer/alice')}\n"
    "from 2026-11-21T00:00:00Z\nuntil 2026-12-21T00:00:00Z\n")
texts["access"] = (f"access/v1 1093\ntime 2026-11-21T10:00:03Z\nresult released\nview {digest('view')}\nrecord {digest('r1')}\n"
                   f"record {digest('r2')}\n")
texts["record-full"] = (
    "record/v1 full\nrequest 7f3a\ntime 2026-11-21T10:00:03Z\nresult released\nparty uk.example\nperson bob@uk.example\n"
    f"project quantum\noriginator au.example\nfile {UUID}\npolicy {digest('p')}\ntoken {digest('t')}\nsession {digest('s')}\n"
    f"share 1 {kid('e', EC_SPKI)} {digest('w')}\nattribute https://aukus.example/attr/project/value/quantum\n"
    "reason consent au_42\nreason consent uk_40\nreason person-ok -\nsoftware entente 0.1.0\n")
texts["record-refused"] = (
    "record/v1 full\nrequest -\ntime 2026-11-21T10:00:03Z\nresult refused\nparty -\nperson -\nproject -\noriginator -\nfile -\n"
    "policy -\ntoken -\nsession -\nreason issuer-unknown -\nsoftware entente 0.1.0\n")
texts["record-short"] = (
    f"record/v1 short\nrequest 7f3a\ntime 2026-11-21T10:00:03Z\nresult refused\nperson eve@uk.example\nfile {UUID}\n"
    "reason person-project -\n")


def main():
    SEEDS.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (HERE / f"{name}.txt").write_text(text, encoding="utf-8", newline="")
        if re.fullmatch(r"epoch-3|proposal-(project-full|party|admit|labels|profile)|statement-(consent-admit|key-.*|note-text|stop-person)"
                        r"|alive|view|file|writer|access|record-.*", name):
            (SEEDS / name).write_text(text, encoding="utf-8", newline="")
        if name.startswith("proposal-"):
            (HERE / f"{name}.says").write_text(says(text), encoding="utf-8", newline="")
    (HERE / "hashes.txt").write_text("".join(f"{digest(t)} {n}\n" for n, t in sorted(texts.items())), encoding="utf-8")


main()
