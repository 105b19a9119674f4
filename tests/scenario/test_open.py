"""Files open for whom they should: each member's person, an independent reader, an independent client; with nodes down too."""

import base64
import hashlib
import io
import os
import sys

import tdf_edit
import wire
from alliance import ROOT
from suite import check, collector, holds, same

sys.path.insert(0, os.path.join(ROOT, "tests", "interop", "reader"))
import tdf_reader  # noqa: E402  (the independent reader)

tests, test = collector()
DATA = os.urandom(300000)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def opens(alliance, person, source, target, *options):
    out = alliance.path()
    result = alliance.people[person].decrypt(target, out, *options)
    same(sha256(out), sha256(source), "what %s reads" % person, result)
    return result


@test("each member's person opens the file and reads the same bytes")
def _(alliance):
    source, target = alliance.protect(DATA)
    for person in ("alice", "bob", "carol"):
        opens(alliance, person, source, target)


@test("an independent reader with the members' data keys opens it: two splits, XOR of their shares")
def _(alliance):
    _, target = alliance.protect(DATA)
    out = io.BytesIO()
    policy, splits = tdf_reader.read_tdf(target, alliance.data_keys(), out)
    same(splits, ["1", "2"], "splits")
    check(out.getvalue() == DATA, "the independent reader reads other bytes")
    same([kao["sid"] for kao in tdf_edit.Tdf.read(target).kaos], ["1", "1", "2"], "larger clauses first, the originator's last")
    holds(policy["entente"], "charter/v1 file", "originator au.example", "project quantum")


@test("an independent client gets one share of each split over HTTP, and they are the file's key")
def _(alliance):
    _, target = alliance.protect(DATA)
    tdf = tdf_edit.Tdf.read(target)
    asker = alliance.people["carol"].asker()
    shares = {}
    for kao in tdf.kaos:
        answer, got = asker.rewrap(kao["url"], wire.rewrap_body(tdf.policy, [kao]))
        check(isinstance(got.get("kao-0"), bytes), "no share from %s: %s" % (kao["url"], answer))
        same(shares.setdefault(kao["sid"], got["kao-0"]), got["kao-0"], "both holders of a split hold the same share")
    archive, key = tdf_reader.Archive(target), tdf_edit.xor(shares.values())
    plain = b"".join(tdf_reader.plaintext(archive, archive.manifest()["encryptionInformation"], key))
    check(plain == DATA, "the key of these shares opens other bytes")


@test("the answer to a member carries the reasons, the wire's members and a new session key each time")
def _(alliance):
    tdf = tdf_edit.Tdf.read(alliance.protect(b"x")[1])
    asker, kao = alliance.people["bob"].asker(), None
    kao = [k for k in tdf.kaos if k["url"] == alliance.nodes["uk.example"].url][0]
    first, _ = asker.rewrap(kao["url"], wire.rewrap_body(tdf.policy, [kao]))
    second, _ = asker.rewrap(kao["url"], wire.rewrap_body(tdf.policy, [kao]))
    result = first.json()["responses"][0]["results"][0]
    same(first.json()["responses"][0]["policyId"], "policy", "policy id")
    same((result["keyAccessObjectId"], result["status"]), ("kao-0", "permit"), "result")
    check({"project-in-force", "sealed", "person-ok"} <= set(wire.reasons(first)), "reasons: %s" % wire.reasons(first))
    check(first.json()["sessionPublicKey"] != second.json()["sessionPublicKey"], "one session key was used twice")
    same(base64.b64decode(result["kasWrappedKey"])[:12] == base64.b64decode(
        second.json()["responses"][0]["results"][0]["kasWrappedKey"])[:12], False, "one nonce was used twice")


@test("tokens come by Basic and by form, bound and plain, with the claims that the contract names")
def _(alliance):
    alice, asker = alliance.people["alice"], wire.Asker()
    for basic in (True, False):
        answer = asker.fetch_token(alice.node.url, alice.name, alice.secret(), basic=basic)
        same((answer.status, answer.json()["token_type"]), (200, "DPoP"), "token answer")
        claims = wire.jws_claims(asker.token)
        same(claims["cnf"]["jkt"], wire.thumbprint(asker.key), "cnf.jkt")
        same([claims[name] for name in ("iss", "aud", "sub", "azp", "client_id", "clientId", "preferred_username", "projects")],
             [alice.node.url, "https://aukus.example", "alice", "alice", "alice", "alice", "service-account-alice", ["quantum"]],
             "claims")
        same((claims["exp"] - claims["iat"], claims["nationality"]), (300, ["AUS"]), "life and nationality")
    answer = asker.fetch_token(alice.node.url, alice.name, alice.secret(), bound=False)
    same(answer.json()["token_type"], "Bearer", "token type without a proof")
    check("cnf" not in wire.jws_claims(asker.token), "a plain token has cnf")


@test("a wrong secret and an unknown account get the same answer")
def _(alliance):
    url = alliance.nodes["au.example"].url
    answers = [wire.Asker().fetch_token(url, name, "guess") for name in ("alice", "nobody")]
    same([(answer.status, answer.body) for answer in answers], [(401, b'{"error":"invalid_client"}')] * 2, "answers")


@test("one holder down: it opens all the same, and the message names the node")
def _(alliance):
    source, target = alliance.protect(DATA)
    alliance.nodes["uk.example"].stop()
    try:
        holds(opens(alliance, "alice", source, target).err, "uk.example")
        opens(alliance, "carol", source, target)
    finally:
        alliance.nodes["uk.example"].start()
    opens(alliance, "bob", source, target)


@test("the originator's node down: exit 5 naming it, no output; it opens when the node is back")
def _(alliance):
    source, target = alliance.protect(DATA)
    out = alliance.path()
    alliance.nodes["au.example"].stop()
    try:
        for person in ("bob", "carol"):
            holds(alliance.people[person].decrypt(target, out, codes=[5]).err, "au.example")
            check(not os.path.exists(out), "there is an output file")
    finally:
        alliance.nodes["au.example"].start()
    for person in ("alice", "bob"):
        opens(alliance, person, source, target)


@test("two holders of the same split down: exit 5 naming both")
def _(alliance):
    _, target = alliance.protect(DATA)
    for member in ("uk.example", "us.example"):
        alliance.nodes[member].stop()
    try:
        holds(alliance.people["alice"].decrypt(target, alliance.path(), codes=[5]).err, "uk.example", "us.example")
    finally:
        for member in ("uk.example", "us.example"):
            alliance.nodes[member].start()


@test("the home node down: exit 5 naming it, for encrypt and decrypt")
def _(alliance):
    source, target = alliance.protect(DATA)
    bob = alliance.people["bob"]
    bob.node.stop()
    try:
        holds(bob.decrypt(target, alliance.path(), codes=[5]).err, str(bob.node.port))
        out = alliance.path(".tdf")
        holds(bob.encrypt(source, out, codes=[5]).err, str(bob.node.port))
        check(not os.path.exists(out), "there is an output file")
    finally:
        bob.node.start()
    opens(alliance, "bob", source, target)
