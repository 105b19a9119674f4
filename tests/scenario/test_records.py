"""Records (C-46, C-75): what another member's node decided about our files and persons, sealed to us, believed only with its log."""

import base64
import glob
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import struct
import urllib.request

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

import tdf_edit
import wire
from alliance import MEMBERS, command, wait_for
from suite import check, collector, holds, same

tests, test = collector()
ALL = "au.example and uk.example and us.example"


# ---- a reader of its own: RFC 7516, RFC 7518 4.6, and nothing of Entente's ----

def content_key(private, public):
    shared = private.exchange(ec.ECDH(), public)
    info = struct.pack(">I", 7) + b"A256GCM" + struct.pack(">I", 0) + struct.pack(">I", 0) + struct.pack(">I", 256)
    return ConcatKDFHash(hashes.SHA256(), 32, info).derive(shared)


def jwk_public(jwk):
    numbers = [int.from_bytes(wire.unb64u(jwk[name]), "big") for name in ("x", "y")]
    return ec.EllipticCurvePublicNumbers(numbers[0], numbers[1], ec.SECP256R1()).public_key()


def data_key(node, kid):
    with open(os.path.join(node.home, "keys", "data", kid + ".pem"), "rb") as file:
        return serialization.load_pem_private_key(file.read(), None)


def jwe_open(node, compact):
    """(header, payload) with the keys of that node's home."""
    head, key, iv, text, tag = compact.split(".")
    header = json.loads(wire.unb64u(head))
    same((header["alg"], header["enc"], key), ("ECDH-ES", "A256GCM", ""), "alg, enc and encrypted key")
    cek = content_key(data_key(node, header["kid"]), jwk_public(header["epk"]))
    plain = AESGCM(cek).decrypt(wire.unb64u(iv), wire.unb64u(text) + wire.unb64u(tag), head.encode("ascii"))
    return header, json.loads(plain)


def jwe_seal(node, payload):
    """Sealed to a node's data key, by whoever likes to."""
    kid = os.path.basename(glob.glob(os.path.join(node.home, "keys", "data", "*.pem"))[0])[:-4]
    once, iv = ec.generate_private_key(ec.SECP256R1()), os.urandom(12)
    head = wire.b64u(json.dumps({"alg": "ECDH-ES", "enc": "A256GCM", "kid": kid, "epk": wire.jwk(once)}).encode("ascii"))
    cek = content_key(once, data_key(node, kid).public_key())
    sealed = AESGCM(cek).encrypt(iv, json.dumps(payload).encode("utf-8"), head.encode("ascii"))
    return ".".join((head, "", wire.b64u(iv), wire.b64u(sealed[:-16]), wire.b64u(sealed[-16:])))


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode("ascii")


# ---- asking ----

def who_opened(node, file):
    return command(["audit", "who-opened", file, "--home", node.home, "--json"], [0]).json()


def answers(node, file):
    """{(person, node): result} of what is known there about a file."""
    return {(opening["person"], answer["node"]): answer["result"]
            for opening in who_opened(node, file)["openings"] for answer in opening["nodes"]}


def wait_known(node, file, wanted):
    def ready():
        known = answers(node, file)
        return all(known.get(key) == result for key, result in wanted.items())
    wait_for("%s knows %s" % (node.member, wanted), ready)


def published(node, recipient):
    """{index: path} of the sealed records that a node's folder holds for a member."""
    folder = os.path.join(node.home, "log", "records", recipient)
    return {int(name): os.path.join(folder, name) for name in os.listdir(folder) if name.isdigit()} if os.path.isdir(folder) else {}


def uuid_of(path):
    return tdf_edit.Tdf.read(path).policy_object()["uuid"]


def whole_project(alliance):
    """A project whose files need every node, and a person of each member in it."""
    if "whole" in alliance.proposals:
        return
    alliance.agree("whole", custody=ALL)
    alliance.wait_in_force("whole")
    for name, member, nation in (("wendy", "au.example", "AUS"), ("walter", "uk.example", "GBR")):
        alliance.add_person(name, member, "whole", nation)


def protect_whole(alliance):
    whole_project(alliance)
    source, target = alliance.write(b"for all"), alliance.path(".tdf")
    alliance.people["wendy"].encrypt(source, target, project="whole")
    return target


def refuse_eve(alliance):
    """Entries at uk's and us's node that au is told of."""
    _, target = alliance.protect(b"x")
    alliance.people["eve"].decrypt(target, alliance.path(), codes=[3])
    wait_known(alliance.nodes["au.example"], target, {("eve@uk.example", name): "refused" for name in ("uk.example", "us.example")})


# ---- tests ----

@test("a person of uk's opens au's file, which needs all nodes: au learns it from uk's and from us's node")
def _(alliance):
    target = protect_whole(alliance)
    au = alliance.nodes["au.example"]
    alliance.people["walter"].decrypt(target, alliance.path())
    wanted = {("walter@uk.example", member): "released" for member in MEMBERS}
    wait_known(au, target, wanted)
    told = who_opened(au, uuid_of(target))
    same(len(told["openings"]), 1, "openings: one request, one block")
    same(told["openings"][0]["party"], "uk.example", "the person's party")
    same(told["sealed"]["person"], "wendy@au.example", "who sealed it")
    same({one["member"] for one in told["followed"]}, set(MEMBERS) - {"au.example"}, "whose logs are followed")
    check(all(one["entries"] > 0 and one["seen"] and not one["broken"] for one in told["followed"]), "how far they are followed", told)
    words = command(["audit", "who-opened", target, "--home", au.home], [0]).text
    holds(words, "walter@uk.example", "us.example", "released", "followed to entry", "when last asked", "not here")
    check(max(len(line) for line in words.splitlines()) <= 79, "a line is wider than 79 columns", words)
    # The person's own party learns it too, in short, of every node but its own; us, whom it does not concern, learns nothing.
    wait_known(alliance.nodes["uk.example"], target, {("walter@uk.example", "au.example"): "released",
                                                      ("walter@uk.example", "uk.example"): "released"})
    uk = who_opened(alliance.nodes["uk.example"], target)
    same({(a["node"], a["kind"]) for o in uk["openings"] for a in o["nodes"]},
         {("uk.example", "full"), ("au.example", "short"), ("us.example", "short")}, "what uk was told")
    check(uk["sealed"] is None, "uk did not seal it")
    same(set(answers(alliance.nodes["us.example"], target)), {("walter@uk.example", "us.example")}, "what us knows")


@test("who was refused, and why, reaches the originator in full and the person's party in short")
def _(alliance):
    _, target = alliance.protect(b"x")
    au, uk = alliance.nodes["au.example"], alliance.nodes["uk.example"]
    alliance.people["eve"].decrypt(target, alliance.path(), codes=[3])
    wait_known(au, target, {("eve@uk.example", "uk.example"): "refused"})
    told = who_opened(au, target)
    reasons = [r for o in told["openings"] for a in o["nodes"] if a["node"] == "uk.example" for r in a["reasons"]]
    check("person-project" in {r["code"] for r in reasons} and all(r["text"] for r in reasons), "the reasons in words", told)
    entry = next(a["entry"] for o in told["openings"] for a in o["nodes"] if a["node"] == "uk.example")
    shown = command(["audit", "show", str(entry), "--from", "uk.example", "--home", au.home], [0]).text
    holds(shown, "uk.example/access %d" % entry, "refused", "eve@uk.example", "AGAINST", "had not cleared it for the project", "policy")
    request = told["openings"][0]["request"]
    records = command(["audit", "show", request, "--home", au.home, "--json"], [0]).json()
    check({"au.example/access", "uk.example/access"} <= {r["log"] for r in records} or len(records) >= 1, "records of a request")
    check(all(r["request"] == request for r in records), "records of another request", records)
    # au's own refusal of eve went to uk in short: her party's business, and nothing of the others'.
    wait_for("uk was told", lambda: any(a["node"] != "uk.example" for o in who_opened(uk, target)["openings"] for a in o["nodes"]))
    short = [a for o in who_opened(uk, target)["openings"] for a in o["nodes"] if a["kind"] == "short"]
    same({r["code"] for a in short for r in a["reasons"]}, {"person-project"}, "what the person's party is told")
    command(["audit", "show", "999999", "--from", "uk.example", "--home", au.home], [6])
    command(["audit", "show", "0", "--from", "fr.example", "--home", au.home], [2])
    command(["audit", "show", "no-such-request", "--home", au.home], [6])


@test("a record is opened by other people's tools with the recipient's key, and is what the entry of the log commits to")
def _(alliance):
    au, us = alliance.nodes["au.example"], alliance.nodes["us.example"]
    _, target = alliance.protect(b"x")
    before = set(published(us, "au.example"))
    alliance.people["eve"].decrypt(target, alliance.path(), codes=[3])
    index = max(wait_for("a record of us's for au", lambda: set(published(us, "au.example")) - before))
    wait_for("it is listed", lambda: str(index) in get(us.url + "/log/records/au.example/list/%d" % (index // 4096)).split())
    header, payload = jwe_open(au, get(us.url + "/log/records/au.example/%d" % index))
    check(re.fullmatch("e-[0-9a-f]{16}", header["kid"]), "the kid of au's data key", header)
    same((payload["log"], payload["index"], payload["kind"]), ("us.example/access", index, "full"), "log, index and kind")
    digest = base64.b64encode(hashlib.sha256(base64.b64decode(payload["salt"]) + payload["record"].encode("utf-8")).digest()).decode("ascii")
    mine = next(e for e in us.tail(500) if e["index"] == index)
    same(mine["originator"], "au.example", "the record's file")
    entries = b"".join(open(p, "rb").read() for p in glob.glob(os.path.join(us.home, "log/access/tile/entries/**/*"), recursive=True)
                       if os.path.isfile(p))
    check(("access/v1 %d\n" % index).encode() in entries and ("record %s\n" % digest).encode() in entries, "the entry's commitment", payload)
    listing = get(us.url + "/log/records/au.example/list/0").split()
    same(listing, sorted(set(listing), key=int), "a list in order")
    same([int(i) for i in listing], sorted(i for i in published(us, "au.example") if i < 4096), "the list names what is there")
    for path in ("/log/records/au.example/list/00", "/log/records/au.example/list/", "/log/records/au.example/.%d.tmp" % index,
                 "/log/records/au.example/0%d" % index, "/log/records/au.example/list"):
        same(wire.http_call(us.url + path).status, 404, path)


@test("a node that was down learns afterwards what the others refused and released")
def _(alliance):
    _, target = alliance.protect(b"x")
    au = alliance.nodes["au.example"]
    au.stop()
    try:
        check(alliance.people["eve"].decrypt(target, alliance.path(), codes=None).code in (3, 5), "eve opened it")
    finally:
        au.start()
    wait_for("au knows of eve", lambda: any(person == "eve@uk.example" for person, _ in answers(au, target)))


@test("kill -9 between an entry and the publishing of its records: they are published after the restart, and nothing waited for them")
def _(alliance):
    target = protect_whole(alliance)
    au, us = alliance.nodes["au.example"], alliance.nodes["us.example"]
    records, aside = os.path.join(us.home, "log", "records"), us.home + ".records"
    size = us.log_size()
    os.rename(records, aside)
    with open(records, "wb"):
        pass
    try:
        # us can write no records: its share is released all the same.
        alliance.people["walter"].decrypt(target, alliance.path())
        wait_for("us says that it cannot publish", lambda: us.events("records-not-published", size))
        us.stop(signal.SIGKILL)
    finally:
        os.remove(records)
        shutil.move(aside, records)
        if not us.running():
            us.start()
    wait_known(au, target, {("walter@uk.example", "us.example"): "released"})
    us.verify()


class Rogue:
    """us's node serves au other records than it should, while au looks away; then au looks."""

    def __init__(self, alliance):
        self.alliance, self.au, self.us = alliance, alliance.nodes["au.example"], alliance.nodes["us.example"]

    def make_records(self, count):
        """So many refusals at us of a file of au's, which au has not heard of."""
        _, target = self.alliance.protect(b"x")
        tdf, asker = tdf_edit.Tdf.read(target), self.alliance.people["eve"].asker()
        kao = next(kao for kao in tdf.kaos if kao["url"] == self.us.url)
        before = set(published(self.us, "au.example"))
        self.au.stop()
        for _ in range(count):
            asker.rewrap(self.us.url, wire.rewrap_body(tdf.policy, [kao]))
        wait_for("%d records" % count, lambda: len(set(published(self.us, "au.example")) - before) == count)
        return target, sorted(set(published(self.us, "au.example")) - before)

    def put(self, index, data):
        with open(published(self.us, "au.example")[index], "w", encoding="ascii") as file:
            file.write(data)

    def take(self, index):
        with open(published(self.us, "au.example")[index], encoding="ascii") as file:
            return file.read()


@test("wrong records in a rogue member's static files are refused, said, and never kept; right ones come through")
def _(alliance):
    rogue = Rogue(alliance)
    au, uk = rogue.au, alliance.nodes["uk.example"]
    target, indexes = rogue.make_records(9)
    good = {index: rogue.take(index) for index in indexes}
    opened = {index: jwe_open(au, good[index])[1] for index in indexes}
    size = au.log_size()
    try:
        edited = dict(opened[indexes[0]], record=opened[indexes[0]]["record"].replace("eve@uk.example", "bob@uk.example"))
        lies = [jwe_seal(au, edited),                                                     # a text that the salt does not fit
                good[indexes[0]],                                                         # the right record of another entry
                jwe_seal(au, dict(opened[indexes[0]], index=indexes[2])),                 # ... that claims to be of this one
                jwe_seal(au, {k: v for k, v in opened[indexes[3]].items() if k != "salt"}), # without salt
                jwe_seal(uk, opened[indexes[4]]),                                         # sealed to somebody else
                "no JWE at all",
                "x" * 300000,                                                             # oversized
                jwe_seal(au, dict(opened[indexes[7]], kind="short"))]                     # another kind than committed
        for index, lie in zip(indexes, lies):
            rogue.put(index, lie)
    finally:
        au.start()
    # The last one is right, and is not held up by the others.
    wait_for("the right record is here", lambda: indexes[8] in {a["entry"] for o in who_opened(au, target)["openings"]
                                                              for a in o["nodes"] if a["node"] == "us.example"})
    refused = wait_for("seven refusals", lambda: (lambda e: e if len(e) >= 7 else None)(
        {e["entry"]: e["detail"] for e in au.events("record-refused", size)}))
    same(set(refused), set(indexes[:6]) | {indexes[7]}, "which were refused", refused)
    holds(refused[indexes[0]], "not what the entry commits to")
    holds(refused[indexes[1]], "it is of entry %d" % indexes[0])
    holds(refused[indexes[2]], "not what the entry commits to")
    holds(refused[indexes[3]], "no JSON object of")
    known = [a["entry"] for o in who_opened(au, target)["openings"] for a in o["nodes"] if a["node"] == "us.example"]
    same(known, [indexes[8]], "what au believes")
    au.verify()
    for index in indexes:
        rogue.put(index, good[index])
    au.stop()
    au.start()
    wait_for("all are here once they are right", lambda: set(indexes) <= {a["entry"] for o in who_opened(au, target)["openings"]
                                                                         for a in o["nodes"] if a["node"] == "us.example"})


@test("an edited copy of another's log or of its records is found by audit verify")
def _(alliance):
    au = alliance.nodes["au.example"]
    refuse_eve(alliance)
    report = au.verify().json()
    check({c["member"] for c in report["copies"]} == set(MEMBERS) - {"au.example"}, "the copies", report)
    check(any(c["records"] > 0 for c in report["copies"]), "no received records", report)
    au.stop()
    try:
        home = alliance.path()
        shutil.copytree(au.home, home)
        path = max((p for p in glob.glob(os.path.join(home, "peers/us.example/access/tile/entries/**/*"), recursive=True)
                    if os.path.isfile(p)), key=os.path.getmtime)
        with open(path, "r+b") as file:
            data = file.read()
            file.seek(data.index(b"result ") + 8)
            file.write(b"X")
        holds(command(["audit", "verify", "--home", home], [4]).err, "us.example/access")
        shutil.rmtree(home)
        shutil.copytree(au.home, home)
        with sqlite3.connect(os.path.join(home, "state", "node.db")) as db:
            db.execute("UPDATE received SET text = CAST(replace(CAST(text AS TEXT), 'eve@', 'eva@') AS BLOB) WHERE instr(text, 'eve@') > 0")
            check(db.total_changes > 0, "no record of eve")
        db.close()
        holds(command(["audit", "verify", "--home", home], [4]).err, "not the one that the entry commits to")
    finally:
        au.start()


@test("a member that signs two histories of its access log is caught: both are kept, it is said, and nothing more is taken from it")
def _(alliance):
    us, others = alliance.nodes["us.example"], [alliance.nodes[name] for name in ("au.example", "uk.example")]
    refuse_eve(alliance)
    _, target = alliance.protect(b"x")
    path = os.path.join(us.home, "log", "access", "checkpoint")
    with open(path, encoding="utf-8") as file:
        honest = file.read()
    origin, size, _ = tdf_edit.note_parts(honest)[0].splitlines()
    signer = tdf_edit.load_signer(os.path.join(us.home, "keys", "access.key"))
    other = tdf_edit.sign_note("%s\n%s\n%s\n" % (origin, size, wire.b64(hashlib.sha256(b"another history").digest())), *signer)

    def put(text):
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(path + ".new", path)

    try:
        put(other)
        for node in others:
            wait_for("%s says so" % node.member, lambda n=node: [e for e in n.events("log-inconsistent") if e["party"] == "us.example"])
        put(honest)
        au = others[0]
        same(sorted(os.listdir(os.path.join(au.home, "state", "evidence", "us.example.access"))), ["kept", "seen", "why"], "the evidence")
        alliance.people["eve"].decrypt(target, alliance.path(), codes=[3])
        wait_known(au, target, {("eve@uk.example", "uk.example"): "refused"})
        check(("eve@uk.example", "us.example") not in answers(au, target), "a record was taken from a log that is not relied on")
        holds(command(["audit", "who-opened", target, "--home", au.home], [0]).text, "IT CONTRADICTED ITSELF")
        holds(command(["audit", "verify", "--home", au.home], [4]).text, "us.example/access CONTRADICTED ITSELF")
    finally:
        with open(path, encoding="utf-8") as file:
            lied = file.read() == other
        if lied:
            put(honest)
        for node in others:  # their people have talked
            node.stop()
            shutil.rmtree(os.path.join(node.home, "state", "evidence", "us.example.access"), ignore_errors=True)
            node.start()
    wait_known(others[0], target, {("eve@uk.example", "us.example"): "refused"})
    others[0].verify()
