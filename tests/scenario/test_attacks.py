"""Attacks of charter section 11 that need nodes: rogue nodes that replay what they receive, partners that kept what they once got, keys
that were stolen, stops that only paper carries. Each test has a partner, admitted and holding what it may hold."""

import base64
import contextlib
import os
import time

import tdf_edit
import wire
from alliance import MEMBERS, PARTNERS, command, wait_for
from suite import check, collector, holds, same

tests, test = collector()
CA = "ca.example"  # a partner of these tests' own: others' have left or lied by now
PROJECT = "lidar"
PLAIN = b"for whoever may"
AU, UK, US = MEMBERS
PARTNERS[CA] = ("Canada", "CAN")


# ---- the stage ----

def staged(alliance):
    """ca.example admitted to a project of these tests' own: its person is mina; alma, bert and cleo are the members'."""
    if CA not in alliance.partners or not alliance.people.get("mina"):
        alliance.agree(PROJECT)
        alliance.wait_in_force(PROJECT)
        for name, member, nation in (("alma", AU, "AUS"), ("bert", UK, "GBR"), ("cleo", US, "USA")):
            alliance.add_person(name, member, PROJECT, nation)
        alliance.partner(CA)
        alliance.admit(CA, PROJECT)
        alliance.add_person("mina", CA, PROJECT, "CAN")
    return alliance


def protect(alliance, *options):
    source, target = alliance.write(PLAIN), alliance.path(".tdf")
    alliance.people["alma"].encrypt(source, target, *options, project=PROJECT)
    return target


def opens(alliance, name, target, codes=(0,)):
    out = alliance.path()
    result = alliance.people[name].decrypt(target, out, codes=codes)
    same(os.path.exists(out), result.code == 0, "an output file", result)
    return result


def stop_text(alliance, party, act):
    """A stop has no end."""
    return "".join(line + "\n" for line in alliance.statement(party, act).splitlines() if not line.startswith("not-after "))


def hash_of(note):
    return wire.hashlib.sha256(tdf_edit.note_parts(note)[0].encode("utf-8")).hexdigest()


def submit(node, text):
    return wire.http_call(node.url + "/charter/submit", "POST", [("Content-Type", "text/plain")], text.encode("utf-8"))


def entries(alliance, member):
    return alliance.nodes[member].counts()


def ask_each(alliance, asker, tdf):
    """{member: (share or error text, reason codes)}, each node asked for its own object."""
    out = {}
    for kao in tdf.kaos:
        answer, got = asker.rewrap(kao["url"], wire.rewrap_body(tdf.policy, [kao]))
        member = next(m for m in MEMBERS if alliance.nodes[m].url == kao["url"])
        out[member] = (got.get("kao-0", str(answer)), wire.reasons(answer) if answer.status == 200 else [])
    return out


def refused_by_all(alliance, asker, tdf, reason):
    before = {member: entries(alliance, member)["released"] for member in MEMBERS}
    for member, (got, codes) in ask_each(alliance, asker, tdf).items():
        check(isinstance(got, str), "%s released a share" % member)
        check(reason in codes, "%s: reasons %s, not %s" % (member, codes, reason))
    same({member: entries(alliance, member)["released"] for member in MEMBERS}, before, "releases in the access logs")


@contextlib.contextmanager
def stopped(alliance, party, act, at):
    """A stop by one officer of the party, handed in at that member's node, and resumed at the end."""
    note = alliance.sign_by_officers(party, stop_text(alliance, party, act), 1)
    answer = submit(alliance.nodes[at], note)
    same(answer.status, 200, "the stop is taken in", answer)
    hexed = hash_of(note)
    for member in MEMBERS:
        wait_for("%s hears the stop" % member, lambda m=member: said_stopped(alliance, m, hexed))
    try:
        yield note
    finally:
        alliance.by_officers(party, "resume", hexed[:16])
        for member in MEMBERS:
            wait_for("%s hears the resume" % member, lambda m=member: not said_stopped(alliance, m, hexed))


def said_stopped(alliance, member, hexed):
    shown = command(["charter", "show", "--json", "--profile", alliance.officer_profile(member)], [0]).json()
    return any(stop["hash"] == hexed for stop in shown["stops"])


# ---- rogue nodes ----

@test("attacks: a rogue node has a partner's person's bearer token, or its whole request: no other node gives a share for it")
def rogue_node(alliance):
    # C-41
    staged(alliance)
    tdf = tdf_edit.Tdf.read(protect(alliance))
    mina = alliance.people["mina"]
    plain, bound = wire.Asker(), mina.asker()
    plain.fetch_token(mina.node.url, mina.name, mina.secret(), bound=False)
    check(plain.token, "no plain token")
    rogue = next(kao for kao in tdf.kaos if kao["url"] == alliance.nodes[UK].url)
    # The whole of an honest request to uk.example's node, as that node has it: headers and body.
    session = wire.new_key()
    body = dict({"clientPublicKey": wire.spki_pem(session).decode("ascii")}, **wire.rewrap_body(tdf.policy, [rogue]))
    caught_body = wire.compact({"signedRequestToken": bound.request_token({"requestBody": wire.json.dumps(body)})})
    caught = bound.headers(rogue["url"] + wire.REWRAP)
    before = {member: entries(alliance, member)["released"] for member in MEMBERS}
    for kao in tdf.kaos:
        url = kao["url"] + wire.REWRAP
        own = dict(body, **wire.rewrap_body(tdf.policy, [kao]))
        thief = wire.Asker()
        thiefs_body = wire.compact({"signedRequestToken": thief.request_token({"requestBody": wire.json.dumps(own)})})
        attempts = [
            ("the plain token", [("Authorization", "Bearer " + plain.token)], thiefs_body),
            ("the plain token with the thief's proof", thief.headers(url, plain.token), thiefs_body),
            ("the bound token as bearer", [("Authorization", "Bearer " + bound.token)], thiefs_body),
            ("the bound token with the thief's proof", thief.headers(url, bound.token), thiefs_body),
        ]
        if kao is not rogue:  # there the proof would be used up, which is another test's
            attempts += [("the bound token, the caught proof, the thief's request", caught[:2], thiefs_body),
                         ("the whole request", caught, caught_body)]
        for name, headers, data in attempts:
            headers = [*[h for h in headers if h[0] != "Content-Type"], ("Content-Type", "application/json")]
            answer = wire.http_call(url, "POST", headers, data)
            same(answer.status, 401, "%s at %s" % (name, kao["url"]), answer)
            check(b"kasWrappedKey" not in answer.body, "a share: %s" % answer)
    same({member: entries(alliance, member)["released"] for member in MEMBERS}, before, "releases in the access logs")
    # Where it was meant for it is good, once.
    first = wire.http_call(rogue["url"] + wire.REWRAP, "POST", caught, caught_body)
    check(b"kasWrappedKey" in first.body, "the honest request: %s" % first)
    same(wire.http_call(rogue["url"] + wire.REWRAP, "POST", caught, caught_body).status, 401, "the same again")


@test("attacks: a partner's page that names a member's issuer, or its key, is kept by no node, and its tokens stay its own")
def partner_names_issuer(alliance):
    # C-5, C-42, C-57
    staged(alliance)
    with open(alliance.dir + "/" + CA + ".proposal", encoding="utf-8") as file:
        page = file.read()
    issuer = next(line for line in page.splitlines() if line.startswith("issuer "))
    log = next(line for line in page.splitlines() if line.startswith("log "))
    with open(alliance.nodes[AU].home + "/keys/statements.vkey", encoding="ascii") as file:
        members_log = file.read().strip()
    for name, text in (
            ("a member's issuer", page.replace(issuer, "issuer " + alliance.nodes[AU].url)),
            ("a member's issuer with a slash", page.replace(issuer, "issuer %s/" % alliance.nodes[AU].url)),
            ("a member's log key", page.replace(log, "log " + members_log)),
            ("a member's name", page.replace("party " + CA, "party " + AU))):
        digest = wire.hashlib.sha256(text.encode("utf-8")).digest()
        note = alliance.statement(AU, "note proposal " + base64.b64encode(digest).decode("ascii"))
        same(submit(alliance.nodes[AU], alliance.sign_by_officers(AU, note, 1)).status, 200, "a note about it")
        answer = submit(alliance.nodes[AU], text)
        same(answer.status, 422, name, answer)
        check(answer.json()["reason"], "no reason", answer)
        same(wire.http_call(alliance.nodes[AU].url + "/charter/proposal/" + digest.hex()).status, 404, "it is served: " + name)
    # With its own issuer's key it signs a token that says another issuer: nobody's.
    mina = alliance.people["mina"]
    token = wire.jws_claims(mina.asker().token)
    check(token["iss"] == mina.node.url, "ca's issuer speaks for ca", token)
    with open(mina.node.home + "/keys/issuer.pem", "rb") as file:
        key = wire.serialization.load_pem_private_key(file.read(), password=None)
    asker = mina.asker()
    header = wire.json.loads(wire.unb64u(asker.token.split(".")[0]))
    tdf = tdf_edit.Tdf.read(protect(alliance))
    for iss in (alliance.nodes[AU].url, alliance.nodes[AU].url + "/"):
        asker.token = wire.jws({"typ": header["typ"], "kid": header["kid"]}, dict(token, iss=iss, sub="alma"), key)
        for kao in tdf.kaos:
            answer, got = asker.rewrap(kao["url"], wire.rewrap_body(tdf.policy, [kao]))
            same((answer.status, got), (401, {}), "a token in %s's name" % iss, answer)


# ---- stops ----

@test("attacks: a stop on paper, its own member's node silent about it: it binds where it is handed in, and everywhere within a round")
def stop_withheld(alliance):
    # C-8, C-60, C-69
    staged(alliance)
    target = protect(alliance)
    us = alliance.nodes[US]
    opens(alliance, "mina", target)
    us.stop()
    try:
        note = alliance.sign_by_officers(US, stop_text(alliance, US, "stop partner " + CA), 1)
        # The paper was changed on its way: another party, another officer's name, a letter of the reason.
        for name, changed in (("another partner", note.replace("partner " + CA, "partner jp.example")),
                              ("another member's", note.replace("by " + US, "by " + UK)),
                              ("no signature", tdf_edit.note_parts(note)[0] + "\n")):
            answer = submit(alliance.nodes[AU], changed)
            same(answer.status, 422, name, answer)
        opens(alliance, "mina", target)
        same(submit(alliance.nodes[AU], note).status, 200, "the paper")
        # At once at the node that took it: custody needs the originator, so the file is closed.
        holds(opens(alliance, "mina", target, codes=[3]).err, US)
        wait_for("uk.example hears it", lambda: said_stopped(alliance, UK, hash_of(note)))
        got = ask_each_but(alliance, alliance.people["mina"].asker(), tdf_edit.Tdf.read(target), US)
        for member, (share, codes) in got.items():
            check(isinstance(share, str) and "stopped" in codes, "%s: %s %s" % (member, share, codes))
        opens(alliance, "bert", target)  # nobody else is stopped
    finally:
        us.start()
    wait_for("us.example's own node hears its stop from the others", lambda: said_stopped(alliance, US, hash_of(note)))
    alliance.by_officers(US, "resume", hash_of(note)[:16])
    alliance.wait_taking_part(CA, PROJECT)
    for member in MEMBERS:
        before = len(said(alliance, member)["stops"])
        answer = submit(alliance.nodes[member], note)
        same(answer.status, 422, "the resumed stop, replayed at %s" % member, answer)
        holds(answer.json()["reason"], "resumed")
        same(len(said(alliance, member)["stops"]), before, "stops at " + member)
    opens(alliance, "mina", target)


def said(alliance, member):
    return command(["charter", "show", "--json", "--profile", alliance.officer_profile(member)], [0]).json()


def ask_each_but(alliance, asker, tdf, member):
    tdf = tdf.copy()
    tdf.info["keyAccess"] = [kao for kao in tdf.kaos if kao["url"] != alliance.nodes[member].url]
    return ask_each(alliance, asker, tdf)


@test("attacks: a partner kept a share from before the stop: the shares that it lacks are given out by nobody")
def kept_share(alliance):
    # C-49, C-60
    staged(alliance)
    target = protect(alliance)
    tdf, asker = tdf_edit.Tdf.read(target), alliance.people["mina"].asker()
    kept = next(kao for kao in tdf.kaos if kao["url"] == alliance.nodes[UK].url)
    _, got = asker.rewrap(kept["url"], wire.rewrap_body(tdf.policy, [kept]))
    share = got["kao-0"]
    check(isinstance(share, bytes) and len(share) == 32, "uk's share before the stop: %s" % got)
    shares = alliance.all_shares(tdf)
    same(share, shares[kept["sid"]], "the share")
    with stopped(alliance, UK, "stop partner " + CA, at=UK):
        refused_by_all(alliance, asker, tdf, "stopped")
        # With what it kept it writes the file anew: itself as every holder, or the missing objects bound to a policy of its own.
        forged = tdf.copy()
        policy = forged.policy_object()
        del policy["entente"]
        forged.set_policy(policy)
        for kao in forged.kaos:
            kao["policyBinding"]["hash"] = wire.binding(share, forged.policy)
        for member, (answer, codes) in ask_each(alliance, asker, forged).items():
            check(isinstance(answer, str), "%s released a share for a re-bound file" % member)
            check(codes, "%s gives no reason" % member)
        opens(alliance, "mina", target, codes=[3])
    wait_for("mina opens it again", lambda: opens(alliance, "mina", target, codes=None).code == 0)


# ---- files ----

@test("attacks: a partner's person, who knows every share, makes the old file a new one or one in a member's name: refused by every node")
def rebound_by_reader(alliance):
    # C-35, C-36, C-38
    staged(alliance)
    target = protect(alliance)
    opens(alliance, "mina", target)
    base = tdf_edit.Tdf.read(target)
    shares, asker = alliance.all_shares(base), alliance.people["mina"].asker()
    own = tdf_edit.load_signer(os.path.join(alliance.dir, "officers", CA, "doe.key"))
    log = tdf_edit.load_signer(alliance.partners[CA].home + "/keys/statements.key")
    text, signatures = tdf_edit.note_parts(base.seal_note())
    name = signatures.split(" ")[1]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for what, note, reason in (
            ("no seal", None, "unsealed-partner"),
            ("a later date under the old signature", tdf_edit.replace_line(text, "created", "created 2026-01-01T00:00:00Z") + "\n" + signatures,
             "seal-invalid"),
            ("a date of today by its officer", tdf_edit.sign_note(tdf_edit.replace_line(text, "created", "created " + now), *own), "seal-invalid"),
            ("itself as originator", tdf_edit.sign_note(tdf_edit.replace_line(text, "originator", "originator " + CA), *log), "seal-invalid"),
            ("its key under the seal's name", tdf_edit.sign_note(text, name, own[1]), "seal-invalid"),
            ("weaker custody", tdf_edit.sign_note(tdf_edit.replace_line(text, "custody", "custody any of au.example uk.example"), *own),
             "seal-invalid")):
        tdf, policy = base.copy(), base.policy_object()
        policy["entente"] = note
        tdf.set_policy(wire.without_none(policy))
        tdf.bind(shares)
        try:
            refused_by_all(alliance, asker, tdf, reason)
        except Exception as why:
            raise type(why)("%s: %s" % (what, why)) from why
        # And no member's person is fooled by it either.
        path = tdf.write(alliance.path(".tdf"))
        opens(alliance, "bert", path, codes=[3, 4])


@test("attacks: an outsider's file in a member's name, all from public words: no node gives a share, and none seals it for a partner's reader")
def outsiders_file(alliance):
    # C-35, C-37
    staged(alliance)
    draft = alliance.draft(project=PROJECT)
    asker = alliance.people["mina"].asker()
    before = {member: entries(alliance, member)["sealed"] for member in MEMBERS}
    for member in MEMBERS:
        answer = asker.seal(alliance.nodes[member].url, draft.text())
        check(answer.status in (400, 401, 403), "%s seals for a reader: %s" % (member, answer))
        check(b'"note"' not in answer.body, "a seal was given: %s" % answer)
    same({member: entries(alliance, member)["sealed"] for member in MEMBERS}, before, "seals in the access logs")
    for signer in (tdf_edit.outsider_signer(AU), tdf_edit.load_signer(os.path.join(alliance.dir, "officers", CA, "doe.key"))):
        tdf = draft.finish(alliance.path(".tdf"), tdf_edit.sign_note(draft.text(), *signer), PLAIN)
        refused_by_all(alliance, asker, tdf, "seal-invalid")
        for member, (got, codes) in ask_each(alliance, alliance.people["bert"].asker(), tdf).items():
            check(isinstance(got, str) and "seal-invalid" in codes, "%s: %s %s" % (member, got, codes))


@test("attacks: the seal key is stolen: once its member stops it, only what its own node registered opens there, and nobody seals with it")
def seal_key_stolen(alliance):
    # C-37, C-67
    staged(alliance)
    genuine = protect(alliance)
    thief = tdf_edit.load_signer(alliance.nodes[AU].home + "/keys/seal.key")
    draft = alliance.draft(project=PROJECT)
    path = alliance.path(".tdf")
    forged = draft.finish(path, tdf_edit.sign_note(draft.text(), *thief), PLAIN)
    opens(alliance, "bert", path)  # while nobody has noticed it is as good as au's own: that is what the key is for
    kid = thief[0].split("/")[-1]
    with stopped(alliance, AU, "stop key " + kid, at=AU):
        for name in ("alma", "bert", "mina"):
            opens(alliance, name, genuine)
            opens(alliance, name, path, codes=[3])
            share, codes = ask_each(alliance, alliance.people[name].asker(), forged)[AU]
            check(isinstance(share, str), "au.example released a share to " + name)
            # A partner's caller is told what concerns its own party only (C-50).
            check(("seal-key-stopped" in codes) == (name != "mina"), "au.example, for %s: %s %s" % (name, share, codes))
        answer = alliance.people["alma"].asker().seal(alliance.nodes[AU].url, alliance.draft(project=PROJECT).text())
        check(answer.status != 200 or b'"note"' not in answer.body, "au.example seals with a stopped key: %s" % answer)
        # The genuine text under another policy's shares is not what is in the register.
        copied = forged.copy()
        copied.set_policy(tdf_edit.Tdf.read(genuine).policy_object())
        copied.bind(draft.shares)
        got = ask_each(alliance, alliance.people["bert"].asker(), copied)
        check(all(isinstance(share, str) for share, _ in got.values()), "a share: %s" % got)
    opens(alliance, "bert", genuine)
