"""Files that somebody changed, exchanged or made up: refused, or the same plaintext; never another one, never an output file.

`everything known` in a name: the attacker has opened the file once, so it knows every share and can bind what it likes.
"""

import concurrent.futures
import os
import random
import time

import tdf_edit
import wire
from suite import check, collector, holds, same

tests, test = collector()
PLAIN = random.Random(7).randbytes(200000)
FLIPS = 250  # positions of the manifest, beside those in its named members
REFUSALS = (3, 4, 5, 6)
OTHER = "https://aukus.example/attr/project/value/quantum2"


def attempt(alliance, path, person="arthur"):
    """(exit code, what it said); an exit other than 0 leaves no output, 0 the right plaintext."""
    out = alliance.path()
    result = alliance.people[person].decrypt(path, out, codes=None)
    while result.code == 5 and " 429" in result.err:  # the issuer gives ten tokens a second
        time.sleep(0.3)
        result = alliance.people[person].decrypt(path, out, codes=None)
    if result.code == 0:
        with open(out, "rb") as file:
            check(file.read() == PLAIN, "another plaintext was given out", result)
        os.unlink(out)
    else:
        check(result.code in REFUSALS, "exit code %d" % result.code, result)
        check(not os.path.exists(out), "refused, and there is an output file", result)
        check(result.out == b"", "refused, and there is output", result)
    return result


def refused(alliance, tdf, *words, codes=REFUSALS, person="arthur"):
    path = tdf if isinstance(tdf, str) else tdf.write(alliance.path(".tdf"))
    result = attempt(alliance, path, person)
    check(result.code in codes, "exit code %d, not one of %s" % (result.code, codes), result)
    holds(result.err, *words)
    return result


def original(alliance, *options):
    return tdf_edit.Tdf.read(alliance.protect(PLAIN, "alice", *options)[1])


def nodes_refuse(alliance, tdf, reason):
    """Whatever our own client would say: each holder refuses by itself, with this reason."""
    asker = alliance.people["bob"].asker()
    for kao in tdf.kaos:
        answer, got = asker.rewrap(kao["url"], wire.rewrap_body(tdf.policy, [kao]))
        check(isinstance(got.get("kao-0"), str), "%s released a share: %s" % (kao["url"], answer))
        check(reason is None or reason in wire.reasons(answer), "%s: reasons %s" % (kao["url"], wire.reasons(answer)))


# ---- bytes ----

def positions(data):
    """Places worth a flip: some in every member of the manifest that matters, the directory, and a sample of all the rest."""
    where, chance, out = tdf_edit.places(data), random.Random(11), set()
    first, end = where["0.manifest.json"]
    manifest = data[first:end]
    for word in (b'"policy":"', b'"policyBinding"', b'"hash":"', b'"wrappedKey":"', b'"sid":"', b'"url":"', b'"kid":"', b'"alg":"',
                 b'"sig":"', b'"segmentSize"', b'"encryptedSegmentSize"', b'"segmentSizeDefault"', b'"schemaVersion"', b'"type"',
                 b'"ephemeralPublicKey":"', b'"segments"', b'"protocol"', b'"keyAccess"'):
        at = manifest.find(word)
        while at >= 0:
            out.update((first + at + 1, first + at + len(word), first + at + len(word) + 5))
            at = manifest.find(word, at + 1)
    out.update(chance.sample(range(*where["directory"]), 40))
    out.update(chance.sample(range(first - 60, end), FLIPS))
    out.update(chance.sample(range(*where["0.payload"]), 15))
    out.update((where["0.payload"][0], where["0.payload"][1] - 1, 0, len(data) - 1))
    return sorted(out)


@test("a flipped bit in manifest, directory, headers or payload: refused, or the same plaintext")
def _(alliance):
    _, path = alliance.protect(PLAIN)
    with open(path, "rb") as file:
        data = file.read()

    def flip(number, at):
        changed = bytearray(data)
        changed[at] ^= 1 << (at % 8)
        name = alliance.path(".tdf")
        with open(name, "wb") as file:
            file.write(changed)
        code = attempt(alliance, name, ("arthur", "bob", "carol")[number % 3]).code
        os.unlink(name)
        return code

    where = positions(data)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(flip, range(len(where)), where))
    check(codes.count(0) < len(codes) / 5, "%d of %d flips made no difference" % (codes.count(0), len(codes)))
    first, end = tdf_edit.places(data)["0.payload"]
    same([code for at, code in zip(where, codes) if first <= at < end and code != 4], [], "exit codes for flips in the payload")


@test("cut short, doubled, with bytes before or behind: refused")
def _(alliance):
    _, path = alliance.protect(PLAIN)
    with open(path, "rb") as file:
        data = file.read()
    for name, changed in (("empty", b""), ("one byte less", data[:-1]), ("half", data[:len(data) // 2]), ("a byte more", data + b"\0"),
                          ("twice", data + data), ("a byte before", b"\0" + data), ("no ZIP", os.urandom(5000))):
        check(attempt(alliance, alliance.write(changed, ".tdf")).code != 0, name)


@test("segments: exchanged, left out, of another file; sizes and hashes that say otherwise")
def _(alliance):
    base, other = original(alliance), original(alliance)
    info = "integrityInformation"
    for name, change in (
            ("another file's payload", lambda t: setattr(t, "payload", other.payload)),
            ("another file's segment hashes", lambda t: t.info[info].update(segments=other.info[info]["segments"])),
            ("both of another file", lambda t: (setattr(t, "payload", other.payload), t.info[info].update(segments=other.info[info]["segments"]))),
            ("no segments", lambda t: (setattr(t, "payload", b""), t.info[info].update(segments=[]))),
            ("a segment twice", lambda t: (setattr(t, "payload", t.payload * 2), t.info[info].update(segments=t.info[info]["segments"] * 2))),
            ("a smaller size", lambda t: t.info[info]["segments"][0].update(segmentSize=10)),
            ("a wrong root", lambda t: t.info[info]["rootSignature"].update(sig=wire.b64(bytes(32)))),
            ("root by GMAC", lambda t: t.info[info].update(rootSignature={"alg": "GMAC", "sig": t.info[info]["segments"][0]["hash"]})),
            ("an older schema", lambda t: t.manifest.update(schemaVersion="4.2.2")),
            ("no schema", lambda t: t.manifest.pop("schemaVersion"))):
        changed = base.copy()
        change(changed)
        check(attempt(alliance, changed.write(alliance.path(".tdf"))).code != 0, name + " was accepted")


# ---- shares ----

@test("a wrong share under the right key: tampered, naming its holder; another holder of the split serves")
def _(alliance):
    for index, member, code in ((2, "au.example", 4), (0, "uk.example", 0)):
        tdf = original(alliance)
        url, _, pem = alliance.holder(member)
        same(tdf.kaos[index]["url"], url, "object %d" % index)
        wrapped, ephemeral = wire.wrap(pem, os.urandom(32))
        tdf.kaos[index].update(wrappedKey=wire.b64(wrapped), ephemeralPublicKey=ephemeral)
        result = attempt(alliance, tdf.write(alliance.path(".tdf")), "alice")
        same(result.code, code, "exit code", result)
        holds(result.err, member)


@test("a wrong share with a binding that fits it: the seal's hash does not")
def _(alliance):
    tdf, share = original(alliance), os.urandom(32)
    _, _, pem = alliance.holder("au.example")
    wrapped, ephemeral = wire.wrap(pem, share)
    tdf.kaos[2].update(wrappedKey=wire.b64(wrapped), ephemeralPublicKey=ephemeral)
    tdf.kaos[2]["policyBinding"]["hash"] = wire.binding(share, tdf.policy)
    refused(alliance, tdf, "au.example", codes=[4])


@test("the share of another file, and objects of two files mixed")
def _(alliance):
    one, two = original(alliance), original(alliance)
    for keep in ([], ["policyBinding"]):
        tdf = one.copy()
        for name in ("wrappedKey", "ephemeralPublicKey") + (() if keep else ("policyBinding",)):
            tdf.kaos[2][name] = two.kaos[2][name]
        refused(alliance, tdf, codes=[4])
    tdf = one.copy()
    tdf.info["keyAccess"] = two.kaos
    refused(alliance, tdf, codes=[4])


@test("unequal bindings in one split: malformed before any node is asked")
def _(alliance):
    tdf = original(alliance)
    tdf.kaos[0]["policyBinding"]["hash"] = tdf.kaos[2]["policyBinding"]["hash"]
    before = [node.counts()["entries"] for node in alliance.nodes.values()]
    refused(alliance, tdf, codes=[4, 6])
    same([node.counts()["entries"] for node in alliance.nodes.values()], before, "entries of the access logs")


@test("objects at other places than the sealed custody names: a stranger's URL, one member twice, another's split")
def _(alliance):
    base = original(alliance)
    au, uk = alliance.holder("au.example")[0], alliance.holder("uk.example")[0]
    for name, change in (
            ("a stranger's node", lambda t: t.kaos[2].update(url="http://127.0.0.1:1")),
            ("no URL", lambda t: t.kaos[2].update(url="")), ("a file URL", lambda t: t.kaos[2].update(url="file:///etc/passwd")),
            ("split 1 at the originator", lambda t: t.kaos[0].update(url=au)),
            ("split 2 at another member", lambda t: t.kaos[2].update(url=uk)),
            ("a third split", lambda t: t.kaos.append(dict(t.kaos[0], sid="3"))), ("one split left out", lambda t: t.kaos.pop()),
            ("sids exchanged", lambda t: [kao.update(sid={"1": "2", "2": "1"}[kao["sid"]]) for kao in t.kaos]),
            ("one split of all", lambda t: [kao.update(sid="1") for kao in t.kaos])):
        changed = base.copy()
        change(changed)
        before = [len(node.events("rewrap")) for node in alliance.nodes.values()]
        refused(alliance, changed, codes=[4, 6])
        same([len(node.events("rewrap")) for node in alliance.nodes.values()], before, "%s: nodes were asked" % name)


# ---- the seal ----

@test("everything known: the policy says other attributes, dissem, uuid or nothing than the seal")
def _(alliance):
    base = original(alliance)
    shares, extra = alliance.all_shares(base), "https://aukus.example/attr/relto/value/gbr"
    for name, change in (
            ("another attribute", lambda p: p["body"]["dataAttributes"].append({"attribute": extra})),
            ("no attribute", lambda p: p["body"].update(dataAttributes=[])),
            ("an attribute twice", lambda p: p["body"]["dataAttributes"].append(p["body"]["dataAttributes"][0])),
            ("another project", lambda p: p["body"].update(dataAttributes=[{"attribute": OTHER}])),
            ("a dissem", lambda p: p["body"].update(dissem=["bob@uk.example", "arthur@au.example"])),
            ("another uuid", lambda p: p.update(uuid="00000000-0000-4000-8000-000000000001")),
            ("a seal that is no note", lambda p: p.update(entente="charter/v1 file\n")),
            ("a seal that is an object", lambda p: p.update(entente={})), ("an empty seal", lambda p: p.update(entente=""))):
        tdf = base.copy()
        policy = tdf.policy_object()
        change(policy)
        tdf.set_policy(policy)
        tdf.bind(shares)
        refused(alliance, tdf, codes=[3, 4, 6])
        nodes_refuse(alliance, tdf, None)


@test("everything known: the seal stripped off, so that it would be an unsealed file")
def _(alliance):
    tdf = original(alliance)
    shares, policy = alliance.all_shares(tdf), tdf.policy_object()
    del policy["entente"]
    tdf.set_policy(policy)
    tdf.bind(shares)
    refused(alliance, tdf, codes=[3])
    nodes_refuse(alliance, tdf, "unsealed-closed")


def resealed(alliance, base, change, signer):
    """The file with its seal's text changed, signed by somebody, and everything bound to it."""
    tdf, shares = base.copy(), alliance.all_shares(base)
    text = change(tdf_edit.note_parts(base.seal_note())[0])
    tdf.set_seal_note(tdf_edit.sign_note(text, *signer))
    tdf.bind(shares)
    return tdf


def created_earlier(text):
    return tdf_edit.replace_line(text, "created", "created 2026-01-01T00:00:00Z")


@test("everything known: a changed or a correct text sealed by an outsider's key, a member's other keys, another member")
def _(alliance):
    base = original(alliance)
    officer = tdf_edit.load_signer(os.path.join(alliance.dir, "officers", "au.example", "doe.key"))
    own = tdf_edit.load_signer(alliance.nodes["au.example"].home + "/keys/seal.key")
    for name, signer in (
            ("an outsider's key", tdf_edit.outsider_signer("au.example")),
            ("an outsider's key under the true name", (own[0], tdf_edit.outsider_signer("au.example")[1])),
            ("the seal key of another member", tdf_edit.load_signer(alliance.nodes["us.example"].home + "/keys/seal.key")),
            ("an officer's key", officer), ("the access log's key", tdf_edit.load_signer(alliance.nodes["au.example"].home + "/keys/access.key")),
            ("the access log's key under the seal's name", (own[0], tdf_edit.load_signer(alliance.nodes["au.example"].home + "/keys/access.key")[1]))):
        for change in (created_earlier, str):
            tdf = resealed(alliance, base, change, signer)
            refused(alliance, tdf, "seal", codes=[3, 4])
            nodes_refuse(alliance, tdf, "seal-invalid")


@test("everything known: custody, created, originator, project or until changed under the old signature")
def _(alliance):
    base = original(alliance)
    shares = alliance.all_shares(base)
    for keyword, line in (("custody", "custody any of au.example uk.example us.example"), ("created", "created 2026-01-01T00:00:00Z"),
                          ("originator", "originator us.example"), ("until", None), ("attribute", None), ("project", None)):
        tdf = base.copy()
        text, signatures = tdf_edit.note_parts(base.seal_note())
        text = text + "until 2040-01-01T00:00:00Z\n" if keyword == "until" else tdf_edit.replace_line(text, keyword, line)
        tdf.set_seal_note(text + "\n" + signatures)
        tdf.bind(shares)
        refused(alliance, tdf, codes=[3, 4, 6])
        nodes_refuse(alliance, tdf, None)


@test("everything known: a seal copied onto other shares, or onto another file's policy")
def _(alliance):
    one, two = original(alliance), original(alliance)
    tdf = two.copy()
    tdf.info["policy"] = one.policy
    tdf.bind(alliance.all_shares(two))
    refused(alliance, tdf, codes=[4])
    nodes_refuse(alliance, tdf, None)
    tdf = two.copy()
    tdf.set_policy(dict(two.policy_object(), entente=one.seal_note()))
    tdf.bind(alliance.all_shares(two))
    refused(alliance, tdf, codes=[3, 4])
    nodes_refuse(alliance, tdf, "seal-invalid")


@test("a stolen seal key cannot weaken custody, exchange the project, date into the future or open for an outsider")
def _(alliance):
    base = original(alliance)
    own = tdf_edit.load_signer(alliance.nodes["au.example"].home + "/keys/seal.key")
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
    for keyword, line, reason in (
            ("custody", "custody any of au.example uk.example us.example", "seal-custody"),
            ("custody", "custody originator and uk.example", "seal-custody"),
            ("project", "project quantum " + wire.b64(bytes(32)), "seal-proposal"),
            ("created", "created " + later, "seal-future"),
            ("created", "created 2025-12-01T00:00:00Z\nuntil 2026-01-01T00:00:00Z", "file-expired")):
        tdf = resealed(alliance, base, lambda text, k=keyword, l=line: tdf_edit.replace_line(text, k, l), own)
        refused(alliance, tdf, codes=[3, 4])
        nodes_refuse(alliance, tdf, reason)


@test("a writer's certificate (ententeWriter) that is none is refused by name, never taken as not there")
def _(alliance):
    draft = alliance.draft()
    note = alliance.people["alice"].asker().seal(alliance.nodes["au.example"].url, draft.text())
    path = alliance.path(".tdf")
    tdf = draft.finish(path, note.json()["note"], PLAIN, {"ententeWriter": "charter/v1 writer\n"})
    refused(alliance, path, "ententeWriter", codes=[3, 4, 6])
    nodes_refuse(alliance, tdf, "seal-invalid")


@test("files with an assertion are refused, and open with --ignore-assertions")
def _(alliance):
    tdf = original(alliance)
    tdf.manifest["assertions"] = [{"id": "a1", "type": "other", "scope": "payload", "appliesToState": "unencrypted",
                                   "statement": {"format": "string", "schema": "s", "value": "v"},
                                   "binding": {"method": "jws", "signature": "e30.e30.e30"}}]
    path = tdf.write(alliance.path(".tdf"))
    refused(alliance, path, "assertion")
    alliance.people["arthur"].decrypt(path, alliance.path(), "--ignore-assertions")


# ---- asking for a seal ----

@test("an independent writer's file, sealed by its node, opens; the same uuid is never sealed again")
def _(alliance):
    alice, draft = alliance.people["alice"].asker(), alliance.draft()
    url = alliance.nodes["au.example"].url
    answer = alice.seal(url, draft.text())
    same(answer.status, 200, "seal", answer)
    path = alliance.path(".tdf")
    draft.finish(path, answer.json()["note"], PLAIN)
    same(attempt(alliance, path, "bob").code, 0, "exit code")
    again = alice.seal(url, draft.text())
    same((again.status, reason_codes(again)), (403, ["seal-invalid"]), "the same uuid", again)


def reason_codes(answer):
    return [r["code"] for r in answer.json().get("entente", {}).get("reasons", []) if r["code"] in BLOCKING]


BLOCKING = {"seal-invalid", "seal-custody", "seal-proposal", "seal-future", "person-project", "attribute-unknown", "project-unknown",
            "file-expired", "token-invalid", "policy-malformed", "party-not-participant"}


@test("a node does not seal what is not so: custody, project, originator, dates, attributes, view, splits, person")
def _(alliance):
    alice, dora = alliance.people["alice"].asker(), alliance.people["dora"].asker()
    bob, url = alliance.people["bob"].asker(), alliance.nodes["au.example"].url

    def stamp(seconds):
        return "created " + time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))

    def line(keyword, text):
        return lambda draft: tdf_edit.replace_line(draft, keyword, text)

    sealed = alliance.nodes["au.example"].counts()["sealed"]
    for name, asker, change in (
            ("a weaker custody", alice, line("custody", "custody any of au.example uk.example us.example")),
            ("another originator", alice, line("originator", "originator us.example")),
            ("another project", alice, line("project", "project other " + wire.b64(bytes(32)))),
            ("another proposal", alice, line("project", "project quantum " + wire.b64(bytes(32)))),
            ("another charter", alice, line("charter", "charter " + wire.b64(bytes(32)))),
            ("created ten minutes ago", alice, line("created", stamp(-600))), ("created in ten minutes", alice, line("created", stamp(600))),
            ("no attribute", alice, line("attribute", None)),
            ("another host's attribute", alice, line("attribute", "attribute https://other.example/attr/project/value/quantum")),
            ("a view that nobody served", alice, line("view", "view " + wire.b64(bytes(32)))),
            ("one split", alice, line("split", None)), ("until in the past", alice, lambda text: text + "until 2026-01-01T00:00:00Z\n"),
            ("a person without the project", dora, str), ("another member's person", bob, str),
            ("no file text", alice, lambda text: "charter/v1 alive 7\n"), ("two texts", alice, lambda text: text + "\n" + text),
            ("no uuid", alice, line("file", "file x")), ("nothing", alice, lambda text: "\n")):
        answer = asker.seal(url, change(alliance.draft().text()))
        check(answer.status in (400, 403) and "note" not in answer.json(), "%s: %s" % (name, answer))
    same(alliance.nodes["au.example"].counts()["sealed"], sealed, "entries `sealed`")


@test("a seal token is good once, and no request token; a request token is no seal token")
def _(alliance):
    alice, node = alliance.people["alice"].asker(), alliance.nodes["au.example"]
    token = alice.request_token({"text": alliance.draft().text()})
    same(alice.call(node.url, wire.SEAL, {"sealToken": token}).status, 200, "first use")
    same(alice.call(node.url, wire.SEAL, {"sealToken": token}).status, 401, "second use")
    seal_as_request = alice.request_token({"text": alliance.draft().text()})
    same(alice.call(node.url, wire.REWRAP, {"signedRequestToken": seal_as_request}).status, 400, "a seal token at Rewrap")
    same(alice.call(node.url, wire.SEAL, {"sealToken": alice.request_token({"requestBody": "{}"})}).status, 400, "a request token at Seal")


@test("the seal is the published seal key's signature over exactly the text, and nothing else")
def _(alliance):
    _, path = alliance.protect(PLAIN)
    note = tdf_edit.Tdf.read(path).seal_note()
    text, signatures = tdf_edit.note_parts(note)
    name, key = tdf_edit.load_signer(alliance.nodes["au.example"].home + "/keys/seal.key")
    holds(signatures, name)
    same(tdf_edit.sign_note(text, name, key), note, "the seal is the seal key's signature over exactly this text")
