"""Random histories: what the parties of a world might write, and some of it wrong."""
import texts
from world import (DAY, HOUR, PARTNER, RSA, T0, History, Partner, Signer, end_of, issuer_line, kas_line, name_of, note, said, seal_line, time)

FREEZING = ["decline 2.1", "accept 2 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=", "handover e-5cd252fb0ce89324 to uk.example"]
FILE = "5d2f6c3a-0000-4000-8000-00000000000"
PEOPLE = ["x@au.example", "y@jp.example", "z@kr.example"]
NOTES = ["Talks with jp.example.", "Is jp.example here, or kr.example?", "Of jp.example.org", "li.example, soon", "wli.example", "(li.example)", "li.example..", "LI.example"]
JP, KR = "jp.example", "kr.example"


# ---- who is there ----

def some_partners(rng):
    """jp with several proposals, and kr, which may share an issuer or an officer's key with it."""
    jp, shared = Partner(JP), rng.random()
    partners = [jp]
    if rng.random() < 0.4:
        partners.append(Partner(JP, people=rng.choice([("ane", "doe", "roe"), ("ane", "ben", "cyd")])))
    if rng.random() < 0.12:
        partners.append(Partner(JP, log="another log"))
    partners.append(Partner(KR, officers=rng.choice([1, 2, 3]), issuer=jp.sso + rng.choice(["", "/"]) if shared < 0.12 else None,
                            shared=[jp.officers[0].name] if shared > 0.94 else ()))
    return partners


def some_requires(rng, odds):
    if rng.random() > odds:
        return ""
    return f"requires posture-{rng.choice('11112')} from {rng.choice(['1', '1', '2', 'all'])}{rng.choice(['', '', ' for all'])}\n"


def some_projects(rng, h):
    short = T0 + rng.choice([10, 20, 30, 60]) * HOUR
    h.propose(fresh=rng.choice(["12h", "24h", "90m", "30d"]), until=rng.choice([short, T0 + 1000 * DAY, T0 + 1000 * DAY]),
              pillar="i" if rng.random() < 0.08 else "ii", extra=some_requires(rng, 0.12))
    for i in range(rng.choice([0, 0, 0, 1, 1, 2])):
        replaces = rng.choice([name_of(p) for p in h.proposals] + [name_of("unknown")]) if rng.random() < 0.5 else None
        kind = rng.random()
        h.propose(name=rng.choice(["quantum", "quantum", "undersea"]), title=f"Next {i}", fresh=rng.choice(["12h", "24h"]), replaces=replaces,
                  until=rng.choice([short, T0 + 1000 * DAY, T0 + 1000 * DAY]), originator="last" if kind < 0.25 else "any",
                  extra=some_requires(rng, 0.1) or (f"labels {name_of('x')}\n" if 0.25 < kind < 0.3 else ""),
                  participants=[p.name for p in h.world.parties[:2]] if kind > 0.85 else None, pillar="i" if 0.3 < kind < 0.36 else "ii")


def some_parties(rng, h):
    """Proposals of the partners; later ones of a name may replace earlier ones."""
    made = []
    for i, partner in enumerate(h.partners):
        before = [p for n, p in made if n == partner.name]
        replaces = name_of(rng.choice(before)) if before and rng.random() < 0.85 else None
        made.append((partner.name, h.add(partner.proposal(h.world, title=f"Party {i}", replaces=replaces))))
        if rng.random() < 0.1:
            made.append((partner.name, h.add(partner.proposal(h.world, title=f"Again {i}", replaces=rng.choice([None, name_of(made[-1][1])])))))
    return made


def some_admissions(rng, h, parties):
    found = []
    for i in range(rng.choice([1, 1, 2, 2, 3])):
        name, proposal = rng.choice(parties) if i else parties[0]
        same = [a for n, a in found if n == name]
        start = rng.choice([T0 - DAY, T0 - DAY, T0, T0 + HOUR])
        found.append((name, h.add(h.world.admit(
            name, proposal if rng.random() < 0.95 else name_of("another"), "quantum" if rng.random() < 0.9 else "undersea", start,
            start + rng.choice([DAY, 3 * DAY] + [500 * DAY] * 4), some_requires(rng, 0.24),
            name_of(rng.choice(same)) if same and rng.random() < 0.6 else None, rng.choice(["all", f"since {time(T0)}"])))))
    if rng.random() < 0.15:
        first = h.add(h.world.profile())
        h.add(h.world.profile(title="Newer", replaces=rng.choice([None, name_of(first)])))
    if rng.random() < 0.02:
        h.add(f"charter/v1 proposal labels\ncharter {h.world.id}\ntitle en Labels\npolicy {name_of('policy')}\n")


# ---- what they write ----

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


def some_key(rng, h, m, now):
    """A key of somebody's, or an issuer's key."""
    party, other = h.who(m), rng.choice(h.world.parties + h.partners)
    owner = other if rng.random() < 0.2 else party
    kind = rng.randrange(8)
    if kind < 3:
        return kas_line(rng.choice(owner.kas + [RSA] if rng.random() < 0.2 else owner.kas))
    if kind < 5:
        return seal_line(rng.choice(owner.seals + [owner.officers[0], owner.log] if rng.random() < 0.2 else owner.seals).raw)
    issuer = rng.choice([owner.issuer, party.sso, party.issuer, party.issuer])
    spki = rng.choice(owner.issuing + owner.kas[:1])
    return issuer_line(issuer, rng.choice("ab"), spki, now + rng.randrange(-1, 60) * HOUR)


def some_kid(rng, h, m):
    party = h.who(m) if rng.random() < 0.8 else rng.choice(h.world.parties)
    if rng.random() < 0.7:
        return kas_line(rng.choice(party.kas)).split(" ")[1]
    return seal_line(rng.choice(party.seals).raw).split(" ")[1]


def key_ref(signer):
    return f"{signer.name}+{signer.id.hex()}"


def some_stop(rng, h, m):
    party, kind = h.who(m), rng.random()
    name = party.name if m >= PARTNER and rng.random() < 0.5 else rng.choice([JP, JP, KR, *(p.name for p in h.world.parties)])
    if kind < 0.18:
        return f"stop partner {name}"
    if kind < 0.34:
        return f"stop partner {name} project {rng.choice(['quantum', 'quantum', 'undersea'])}"
    if kind < 0.40:
        return f"stop project {rng.choice(['quantum', 'undersea'])}"
    if kind < 0.50:
        return f"stop proposal {name_of(rng.choice(h.proposals))}"
    if kind < 0.55:
        return rng.choice([f"stop person {rng.choice(PEOPLE)}", f"stop file {FILE}{rng.randrange(2)}"])
    if kind < 0.65:
        return f"stop key {some_kid(rng, h, m)}"
    if kind < 0.90:
        return f"stop key {key_ref(rng.choice((party if rng.random() < 0.9 else rng.choice(h.world.parties)).officers))}"
    return f"stop key {key_ref(rng.choice([party.log, party.access, rng.choice(h.partners).log]))}"


def some_made(rng, h, m, *acts):
    """The hash of something that was stated before; now and then of somebody else's, or of what is still to come."""
    mine = [x for k, act, x in h.made if act.startswith(acts) and (h.who(k).name == h.who(m).name or rng.random() < 0.1)]
    return rng.choice(mine) if mine else None


def some_act(rng, h, m, now):
    """An act line; None: there is nothing to act on."""
    kind = rng.random()
    if kind < 0.16:
        return some_key(rng, h, m, now)
    if kind < 0.46:
        return some_stop(rng, h, m)
    if kind < 0.64:
        stop = some_made(rng, h, m, "stop ")
        return stop and f"resume {stop}"
    if kind < 0.76:
        made = some_made(rng, h, m, "consent ", "resume ", "accredit ", "key ", "issuer-key ")
        return made and f"withdraw {made}"
    if kind < 0.83:
        return rng.choice(["withdraw project quantum"] * 5 + ["withdraw project undersea", "withdraw charter", "withdraw charter", "withdraw membership"])
    if kind < 0.90:
        return some_accreditation(rng, h, now)
    if kind < 0.92:
        return rng.choice(["retire ", "destroy "]) + some_kid(rng, h, m)
    if kind < 0.985:
        return rng.choice([f"note text en {rng.choice(NOTES)}", f"note proposal {name_of(rng.choice(h.proposals))}"])
    return rng.choice(FREEZING) if rng.random() < 0.4 else f"rotate officer {h.who(m).officers[0].name} {Signer(h.who(m).name + '/officer/new').line}"


def some_accreditation(rng, h, now):
    party = rng.choice([JP, JP, KR, h.world.parties[0].name])
    return f"accredit {party} posture-{rng.choice('112')} until {time(now + rng.choice([HOUR, DAY, 3 * DAY, 30 * DAY, 365 * DAY, 366 * DAY]))}"


def some_signers(rng, h, m):
    party = h.who(m)
    if rng.random() < 0.85:
        return rng.sample(party.officers, party.quorum)
    return rng.choice([party.officers[:1], party.officers, rng.choice(h.world.parties + h.partners).officers, [party.log],
                       party.officers[:1] + [party.log]])


def some_entry(rng, h, m, now):
    at, party = now, h.who(m)
    if rng.random() < 0.1:
        at += rng.choice([120, 121, -120, -8 * DAY, 5 * HOUR, -7 * DAY, -7 * DAY - 1])
    keys = some_signers(rng, h, m)
    more = {} if rng.random() < 0.95 else rng.choice([{"epoch": 2}, {"epoch_hash": name_of("x")}, {"charter": name_of("y")},
                                                     {"not_after": at + rng.choice([-1, 0, HOUR, 30 * DAY, 30 * DAY + 1])},
                                                     {"by": rng.choice(h.world.parties).name}])
    kind = rng.random()
    if kind < 0.36 and m < PARTNER:
        return some_consent(rng, h, m, now, at, signers=keys, **more)
    if kind < 0.88:
        act = some_act(rng, h, m, now)
        if not act:
            return None
        foreign = act.startswith("stop ") and rng.random() < 0.4
        if act.startswith("stop ") and rng.random() < 0.5:
            keys = rng.sample(party.officers, min(len(party.officers), rng.choice([1, 1, 2, 2, 3])))
        return h.state(m, act, at, signers=keys, log=rng.randrange(len(h.world.parties)) if foreign else None, **more)
    known = [(k, e) for k, e in h.ops if isinstance(e, bytes)]
    if kind < 0.92 and known:  # the same text by other officers
        k, entry = rng.choice(known)
        text = entry.partition(b"\n\n")[0] + b"\n"
        return h.raw(k, note(text, rng.sample(h.who(k).officers, h.who(k).quorum)))
    if kind < 0.96 and known:  # again, or in another's log
        k, entry = rng.choice(known)
        return h.raw(k if rng.random() < 0.6 else m, entry)
    if rng.random() < 0.5:
        return h.raw(m, rng.choice([b"", b"\n\n", b"rubbish\n", party.name.encode() + b"/statements\n0\nAAAA\n"]))
    return h.raw(m, spoil(rng, note(h.text_of(m, "note text en Hello.", at), party.officers[:1]), h.world))


def some_consent(rng, h, m, now, at, **more):
    proposal = rng.choice(h.proposals)
    until = now + rng.choice([-1, 0, 60, HOUR, 5 * HOUR, DAY, 3 * DAY, 3 * DAY, 9 * DAY]) if rng.random() < 0.95 else T0 + 1001 * DAY
    says = said(rng.choice(h.proposals)) if rng.random() < 0.05 else None
    return h.consent(m, proposal, at, until, alive=False, says=says, **more)


# ---- a whole history ----

def begin(rng, h):
    """The members found what there is; not every thing, and not all of them for long."""
    for i, proposal in enumerate(h.proposals):
        first = i == 0 or proposal in h.important
        if rng.random() < (0.96 if first else 0.35):
            until = T0 + rng.choice([2, 5, 20, 60, 100] + [200] * 9) * HOUR
            skipped = rng.randrange(len(h.world.parties)) if rng.random() < 0.03 else None
            for m in range(len(h.world.parties)):
                if m != skipped:
                    h.consent(m, proposal, T0, min(until, end_of(proposal)), alive=not h.ops or h.ops[-1][0] != m)
    for m in range(len(h.world.parties)):
        for partner in (JP, KR):
            if "requires" in "".join(h.proposals) and rng.random() < 0.8:
                h.state(m, f"accredit {partner} posture-1 until {time(T0 + rng.choice([20, 200]) * HOUR)}", T0)
    for m in range(PARTNER, PARTNER + len(h.partners)):
        if rng.random() < 0.4:
            h.alive(m, T0)
            h.state(m, some_key(rng, h, m, T0), T0)


def officers_at_odds(rng, h, now):
    """One party's officers stop each other, here and in other logs, and what they sign meanwhile."""
    m = rng.choice([0, 1] + [PARTNER + n for n in range(len(h.partners))])
    officers = h.who(m).officers
    for _ in range(rng.randrange(3, 12)):
        now += rng.choice([0, 0, 0, 1, 60, HOUR])
        for k in {m, rng.randrange(len(h.world.parties))}:
            if rng.random() < 0.7:
                h.alive(k, now)
        signers = rng.sample(officers, min(len(officers), rng.choice([1, 2, 2, 2, 3])))
        heard = rng.randrange(len(h.world.parties)) if rng.random() < 0.4 else None
        stop, resume, kind = some_made(rng, h, m, "stop key "), some_made(rng, h, m, "resume "), rng.random()
        if kind < 0.4 or not stop:
            h.state(m, f"stop key {key_ref(rng.choice(officers))}", now, signers=signers, log=heard)
        elif kind < 0.6:
            h.state(m, f"resume {stop}", now, signers=signers)
        elif kind < 0.7 and resume:
            h.state(m, f"withdraw {resume}", now, signers=signers)
        elif kind < 0.8:
            h.state(m, some_stop(rng, h, m), now, signers=signers, log=heard)
        elif kind < 0.9 and m < PARTNER:
            some_consent(rng, h, m, now, now, signers=signers)
        else:
            some_entry(rng, h, m, now)
    return now


def step_on(rng, h, now, step):
    now += rng.choice([0, 0, 1, 60, 119, 120, 121, step, HOUR, rng.randrange(2 * step)])
    if rng.random() < 0.2:
        now = T0 + (now - T0) // HOUR * HOUR + HOUR  # where consents end, too
    m = rng.randrange(len(h.world.parties)) if rng.random() < 0.72 else PARTNER + rng.randrange(len(h.partners))
    if rng.random() < 0.8:
        jitter = rng.choice([0] * 36 + [-3 * HOUR, 100, 121, 10 * HOUR])
        odd = {} if rng.random() < 0.97 else rng.choice([{"shift": 1}, {"by": 0}, {"signer": h.who(m).officers[0]}])
        h.alive(m, now + jitter, **odd)
    if rng.random() < 0.7:
        before = len(h.ops)
        some_entry(rng, h, m, now)
        if rng.random() < 0.03 and len(h.ops) > before and isinstance(h.ops[-1][1], bytes) and h.ops[-1][1]:
            k, entry = h.ops.pop()
            h.raw(k, spoil(rng, entry, h.world))
    return now


def random_history(rng, worlds):
    h = History(rng.choice(worlds), rng.randrange(64), some_partners(rng))
    some_projects(rng, h)
    parties = some_parties(rng, h) if rng.random() < 0.88 else []
    if parties and rng.random() < 0.95:
        some_admissions(rng, h, parties)
    h.important = {p for p in h.proposals if " admit\n" in p[:40]} | {p for p in h.proposals if "Party 0" in p}
    begin(rng, h)
    if not parties and rng.random() < 0.8:  # somebody speaks of them
        h.state(0, f"note text en {rng.choice(NOTES[:2] * 3 + NOTES)}", T0)
    now, step = T0, rng.choice([600, HOUR, 3 * HOUR])
    for _ in range(rng.randrange(2, 20)):
        now = step_on(rng, h, now, step)
    if rng.random() < 0.15:
        now = officers_at_odds(rng, h, now)
    if rng.random() < 0.7:
        for m in range(len(h.world.parties)):
            h.alive(m, now)
    if rng.random() < 0.02:
        h.broken.add(rng.choice(h.world.parties + h.partners[:1] * 3).name)
    finish(rng, h, now)
    return h


def finish(rng, h, now):
    """What is asked, and when."""
    rng.shuffle(h.proposals)
    marks = [T0 + HOUR, now, now, now, now] + sorted({e[1] for _, e in h.ops if not isinstance(e, bytes)})
    h.times = [rng.choice(marks) + rng.choice([0, 0, 0, 0, -1, 1, -120, -121, 60, HOUR, 12 * HOUR, DAY + 1]) for _ in range(4)] + [now]
    h.times = [f"@{t}" if rng.random() < 0.25 else t for t in h.times]
    names = [JP, h.world.parties[1].name, *([KR] if rng.random() < 0.25 else []), *(["li.example"] if rng.random() < 0.1 else [])]
    h.asks = [f"party {name}" for name in names] + ["project quantum"]
    if any("undersea" in p for p in h.proposals) and rng.random() < 0.25:
        h.asks.append("project undersea")
    h.asks += [f"person {person}" for person in PEOPLE] + [f"file {FILE}{n} au.example uk.example" for n in range(2)]
