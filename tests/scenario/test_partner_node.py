"""A partner's own node (role: issuer): what it does and what it refuses, and that members follow its log and nobody depends on it."""

import os
import shutil

import tdf_edit
import wire
from alliance import MEMBERS, command, wait_for
from suite import check, collector, holds, same

tests, test = collector()
JP = "jp.example"
JSON = [("Content-Type", "application/json")]
TEXT = [("Content-Type", "text/plain")]


def get(node, path):
    return wire.http_call(node.url + path)


def submit(node, text):
    return wire.http_call(node.url + "/charter/submit", "POST", TEXT, text.encode("utf-8"))


def stop_text(alliance, party, act):
    """A stop has no end: that is what the other statements' text has too much."""
    return "".join(line + "\n" for line in alliance.statement(party, act).splitlines() if not line.startswith("not-after "))


def opens(alliance, target, codes=(0,)):
    return alliance.people["hana"].decrypt(target, alliance.path(), codes=codes)


def wait_opens(alliance, target, what):
    wait_for("hana opens it: " + what, lambda: opens(alliance, target, codes=None).code == 0)


def wait_refused(alliance, target, what):
    wait_for("hana is refused: " + what, lambda: opens(alliance, target, codes=None).code == 3)
    return opens(alliance, target, codes=[3]).err


@test("a partner's node before anybody knows it: it says its role, mirrors the members, and holds no shares")
def _(alliance):
    # C-76
    node = alliance.partner()
    same(get(node, "/healthz").json(), {"status": "SERVING", "role": "issuer"}, "health")
    keys = sorted(os.listdir(os.path.join(node.home, "keys")))
    same([name for name in keys if name not in ("data", "demonstration")], ["issuer.pem", "statements.key", "statements.vkey"], "keys")
    check(not os.path.exists(os.path.join(node.home, "log", "access")), "it keeps an access log")
    same(get(node, "/log/access/checkpoint").status, 404, "access log")
    same(get(node, "/log/statements/checkpoint").status, 200, "statement log")
    for member in MEMBERS:
        wait_for("it mirrors " + member, lambda m=member: get(node, "/mirror/%s/statements/checkpoint" % m).status == 200)
    for path in (wire.REWRAP, wire.SEAL, "/kas.AccessService/PublicKey", "/kas.AccessService/LegacyPublicKey"):
        answer = wire.http_call(node.url + path, "POST", JSON, b"{}")
        same((answer.status, answer.json()["code"]), (501, "unimplemented"), path)
        holds(answer.json()["message"], "partner's node")
    same(get(node, "/.well-known/openid-configuration").status, 404, "an issuer that no proposal names")
    holds(get(node, "/.well-known/openid-configuration").body.decode(), "no proposal")
    for event in node.events("charter-open"):
        same(event["role"], "issuer", "role at the start")
    note = alliance.sign_by_officers(JP, alliance.statement(JP, "note text en Hello."))
    same(submit(node, note).status, 422, "a statement before its party is proposed")


@test("a partner is proposed, publishes its issuer's key at its own node and is admitted: its person opens the file; members follow its log")
def _(alliance):
    # C-34, C-42, C-54, C-76
    node = alliance.partners[JP]
    _, alliance.old = alliance.protect(b"for Japan too")
    alliance.consent(alliance.propose_party())
    wait_for("its node issues tokens", lambda: get(node, "/.well-known/openid-configuration").status == 200)
    wait_for("it may publish its key", lambda: alliance.by_officers(JP, "key", "--home", node.home, codes=None).code == 0)
    alliance.add_person("hana", JP, "quantum", "JPN")
    same(wire.jws_claims(alliance.people["hana"].asker().token)["aud"], "https://aukus.example", "audience")
    wait_refused(alliance, alliance.old, "not admitted yet")
    alliance.consent(alliance.propose_admission())
    alliance.wait_taking_part(JP, "quantum")
    wait_opens(alliance, alliance.old, "admitted")
    for member in MEMBERS:
        home = alliance.nodes[member]
        wait_for("%s mirrors it" % member, lambda h=home: get(h, "/mirror/%s/statements/checkpoint" % JP).status == 200)
        view = get(home, "/charter/head").body.decode("ascii").split()[-1]
        holds(get(home, "/charter/view/" + view).body.decode("utf-8"), "log %s/statements " % JP)


@test("a partner's node takes its own party's statements only; what members' officers sign it sends to a member")
def _(alliance):
    # C-50, C-69
    node = alliance.partners[JP]
    own = alliance.sign_by_officers(JP, alliance.statement(JP, "note text en For the record."), 1)
    same(submit(node, own).status, 200, "its own note")
    for name, text, words in (
            ("a member's note", alliance.sign_by_officers("uk.example", alliance.statement("uk.example", "note text en Hello.")), "uk.example"),
            ("a member's stop", alliance.sign_by_officers("uk.example", stop_text(alliance, "uk.example", "stop partner " + JP), 1), "member"),
            ("its stop of somebody else", alliance.sign_by_officers(JP, stop_text(alliance, JP, "stop partner kr.example"), 1), ""),
            ("a consent", alliance.sign_by_officers(JP, alliance.statement(JP, "withdraw membership")), "")):
        answer = submit(node, text)
        same(answer.status, 422, name, answer)
        holds(answer.json()["reason"], words)


@test("the partner's node is down: members serve each other and its person, who has a token, as before")
def _(alliance):
    # C-56: a partner needs no `alive` to be served
    node, asker = alliance.partners[JP], alliance.people["hana"].asker()
    tdf = tdf_edit.Tdf.read(alliance.old)
    node.stop()
    try:
        _, target = alliance.protect(b"y")
        alliance.people["bob"].decrypt(target, alliance.path())
        kao = tdf.kaos[-1]
        _, got = asker.rewrap(kao["url"], wire.rewrap_body(tdf.policy, [kao]))
        check(isinstance(got.get("kao-0"), bytes), "no share for a partner whose node is down: %s" % got)
    finally:
        node.start()


@test("a stop handed over as a file while its author's node is down: one officer, at another member's node, heard everywhere")
def _(alliance):
    # C-60, C-61, C-69
    us, au = alliance.nodes["us.example"], alliance.nodes["au.example"]
    paper = alliance.path(".stop")
    stop = alliance.sign_by_officers("us.example", stop_text(alliance, "us.example", "stop partner " + JP), 1)
    with open(paper, "w", encoding="utf-8") as file:
        file.write(stop)
    kao = [kao for kao in tdf_edit.Tdf.read(alliance.old).kaos if kao["url"] == au.url][0]
    body = wire.rewrap_body(tdf_edit.Tdf.read(alliance.old).policy, [kao])
    us.stop()
    try:
        wait_opens(alliance, alliance.old, "before the stop")
        command(["charter", "submit", paper, "--profile", alliance.officer_profile("au.example")], [0])
        # At once at the node that took it in.
        answer, got = alliance.people["hana"].asker().rewrap(au.url, body)
        check(not isinstance(got["kao-0"], bytes), "a share was released under the stop")
        holds(str(answer), "stop")
        again = submit(au, stop)
        same((again.status, "index" in again.json()), (200, False), "handed over by a second courier", again)
        same(submit(alliance.nodes["uk.example"], stop).status, 200, "handed over at a third node")
        hexed = wire.hashlib.sha256(tdf_edit.note_parts(stop)[0].encode("utf-8")).hexdigest()
        same(get(au, "/charter/stop/" + hexed).body.decode("utf-8"), stop, "the note under its name, unchanged")
    finally:
        us.start()
    wait_for("its author's node hears it", lambda: get(us, "/charter/stop/" + hexed).status == 200)
    words = wait_refused(alliance, alliance.old, "stopped")
    holds(words, "stop")
    for member in MEMBERS:
        result = command(["why", JP, "quantum", "--profile", alliance.officer_profile(member)], [3])
        holds(result.text, "us.example", "stop")
    # Nobody else's resume lifts it.
    result = alliance.by_officers("au.example", "resume", hexed[:16], codes=None)
    check(result.code != 0, "another member's resume was accepted", result)
    alliance.by_officers("us.example", "resume", hexed[:16])
    alliance.wait_taking_part(JP, "quantum")
    wait_opens(alliance, alliance.old, "resumed")
    answer = submit(au, stop)
    same(answer.status, 422, "a resumed stop comes again", answer)
    opens(alliance, alliance.old)


@test("a partner stops itself at its own node: the members hear of it, and of its end")
def _(alliance):
    # C-60: a partner's own stop; C-54: its log is read
    result = alliance.by_officers(JP, "stop", "partner", JP, count=1)
    hexed = next(word for word in result.text.split() if len(word) == 64)
    alliance.wait_taking_part(JP, "quantum", takes_part=False)
    wait_refused(alliance, alliance.old, "its own stop")
    alliance.by_officers(JP, "resume", hexed[:16])
    alliance.wait_taking_part(JP, "quantum")
    wait_opens(alliance, alliance.old, "resumed by itself")


@test("a partner's log that was put back from a copy contradicts itself: it is closed, and nobody else")
def _(alliance):
    # C-32, C-56
    node = alliance.partners[JP]
    kept = alliance.path()
    node.stop()
    shutil.copytree(node.home, kept)
    node.start()
    note = alliance.sign_by_officers(JP, alliance.statement(JP, "note text en Soon forgotten."), 1)
    same(submit(node, note).status, 200, "a note")
    size = size_of(node)
    for member in MEMBERS:
        wait_for("%s has the note" % member, lambda m=member: mirrored_size(alliance.nodes[m]) >= size)
    node.stop()
    shutil.rmtree(node.home)
    shutil.copytree(kept, node.home)
    node.start()
    for i in range(3):
        other = alliance.sign_by_officers(JP, alliance.statement(JP, "note text en Other words %d." % i), 1)
        same(submit(node, other).status, 200, "another note")
    # What the nodes were shown proves it, and no key of it counts; a client's copy of the log ends before the lie.
    wait_refused(alliance, alliance.old, "its log contradicts itself")
    for member in MEMBERS:
        evidence = os.path.join(alliance.nodes[member].home, "state", "evidence", JP + ".statements")
        same(sorted(os.listdir(evidence))[0], "kept", "evidence at " + member)
        check(alliance.nodes[member].events("log-inconsistent"), "%s says nothing" % member)
    _, target = alliance.protect(b"members go on")
    for person in ("alice", "bob", "carol"):
        alliance.people[person].decrypt(target, alliance.path())


def size_of(node):
    return int(get(node, "/log/statements/checkpoint").body.decode("utf-8").splitlines()[1])


def mirrored_size(node):
    return int(get(node, "/mirror/%s/statements/checkpoint" % JP).body.decode("utf-8").splitlines()[1])
