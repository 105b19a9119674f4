"""Writers' certificates (C-71): encrypt while the home node is away, open afterwards everywhere, and what is refused."""

import hashlib
import os
import shutil
import stat
import time

import tdf_edit
import wire
from alliance import command, wait_for
from suite import check, collector, holds, same

tests, test = collector()
DATA = b"written on a ship\n"


def writer(alliance, name="wanda"):
    """A person of au.example of whom no other test knows."""
    if name not in alliance.people:
        alliance.add_person(name, "au.example", "quantum", "AUS")
    return alliance.people[name]


def certify(person, *options, codes=(0,)):
    return person.run("profile", "writer", *options, codes=codes)


def note_of(person):
    with open(os.path.join(person.profile, "writer.note"), encoding="utf-8") as file:
        return file.read()


def key_files(person):
    return sorted(name for name in os.listdir(person.profile) if name.startswith("writer-"))


def signer(person):
    return tdf_edit.load_signer(os.path.join(person.profile, key_files(person)[0]))


def offline(alliance, person, *options, codes=(0,)):
    """(the result, the file) of `encrypt --offline`."""
    target = alliance.path(".tdf")
    return person.encrypt(alliance.write(DATA), target, "--offline", *options, codes=codes), target


def reads(alliance, name, target):
    out = alliance.path()
    alliance.people[name].decrypt(target, out)
    with open(out, "rb") as file:
        same(file.read(), DATA, "what %s reads" % name)


def reasons_everywhere(alliance, tdf, name="bob"):
    """What each holder answers: {node: reasons}, and no share from anybody."""
    out, asker = {}, alliance.people[name].asker()
    for kao in tdf.kaos:
        answer, got = asker.rewrap(kao["url"], wire.rewrap_body(tdf.policy, [kao]))
        check(not isinstance(got.get("kao-0"), bytes), "%s gave a share: %s" % (kao["url"], answer))
        out[kao["url"]] = wire.reasons(answer)
    return out


def refused_everywhere(alliance, tdf, reason):
    for url, reasons in reasons_everywhere(alliance, tdf).items():
        check(reason in reasons, "%s says %s, not %s" % (url, reasons, reason))


def stamp(seconds=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


@test("a certificate is kept with its key in the profile, for its owner only; its node logs it as sealed; a new one has a new key")
def _(alliance):
    # C-71
    person = writer(alliance)
    sealed = person.node.counts()["sealed"]
    result = certify(person)
    holds(result.text, "writer's certificate for wanda@au.example until")
    same(person.node.counts()["sealed"], sealed + 1, "entries")
    first, text = key_files(person), tdf_edit.note_parts(note_of(person))[0]
    same(len(first), 1, "keys")
    holds(text, "charter/v1 writer\n", "originator au.example\n", "person wanda@au.example\n", "key au.example/writer/" + first[0][7:23])
    for name in first + ["writer.note"]:
        same(stat.S_IMODE(os.stat(os.path.join(person.profile, name)).st_mode), 0o600, name)
    said = certify(person, "--days", "30", "--json").json()
    same((said["person"], len(key_files(person)), key_files(person) == first), ("wanda@au.example", 1, False), "the second")
    same(said["until"][:4] >= said["from"][:4], True, "dates")
    certify(person, "--days", "31", codes=[2])
    holds(certify(alliance.people["bob"]).text, "bob@uk.example")
    person.node.verify()


@test("encrypt --offline asks nobody; every member's person reads it, and inspect says who sealed it and until when it could")
def _(alliance):
    person = writer(alliance)
    certify(person)
    entries = person.node.counts()
    result, target = offline(alliance, person)
    holds(result.text, "sealed without the node", "writer's certificate")
    same(person.node.counts(), entries, "the node's access log")
    for name in ("alice", "bob", "carol", "wanda"):
        reads(alliance, name, target)
    said = alliance.people["carol"].run("inspect", target).text
    holds(said, "sealed by   writer wanda@au.example, certificate until ", "verified: by a writer certified by au.example")
    said = alliance.people["carol"].run("inspect", target, "--json").json()["seal"]
    same((said["verified"], said["writer"]["person"]), (True, "wanda@au.example"), "inspect --json")
    holds(command(["inspect", target], [0]).text, "sealed by   writer wanda@au.example", "NOT verified")
    for options in (["--rel", "GBR"], ["--to", "bob@uk.example"]):
        reads(alliance, "bob", offline(alliance, person, *options)[1])


@test("the home node is down: encrypt uses the certificate and says so; it opens when the node is back")
def _(alliance):
    person = writer(alliance)
    certify(person)
    target = alliance.path(".tdf")
    person.node.stop()
    try:
        said = person.encrypt(alliance.write(DATA), target, "--json").json()
        same((said["offline"], said["splits"], said["objects"]), (True, 2, 3), "encrypt --json")
        holds(alliance.people["bob"].decrypt(target, alliance.path(), codes=[5]).err, "au.example")
    finally:
        person.node.start()
    for name in ("alice", "bob", "carol"):
        reads(alliance, name, target)
    same(person.encrypt(alliance.write(DATA), alliance.path(".tdf"), "--json").json()["offline"], False, "with the node again")


@test("without a certificate: exit 5 when the node is down, 6 when nobody was to be asked, and the cure in words")
def _(alliance):
    carol, out = alliance.people["carol"], alliance.path(".tdf")
    carol.node.stop()
    try:
        said = carol.encrypt(alliance.write(DATA), out, codes=[5]).err
        holds(said, str(carol.node.port), "entente profile writer")
        holds(carol.encrypt(alliance.write(DATA), out, "--offline", codes=[6]).err, "no writer's certificate", "entente profile writer")
        certify(carol, codes=[5])
    finally:
        carol.node.start()
    check(not os.path.exists(out), "there is an output file")


def forged_note(writer_of, **changes):
    """The person's certificate with other lines, signed by its member's seal key: what only the node could sign."""
    text = tdf_edit.note_parts(note_of(writer_of))[0]
    for keyword, line in changes.items():
        text = tdf_edit.replace_line(text, keyword, line)
    return tdf_edit.sign_note(text, *tdf_edit.load_signer(writer_of.node.home + "/keys/seal.key"))


def put_note(person, note):
    path = os.path.join(person.profile, "writer.note")
    with open(path, "w", encoding="utf-8") as file:
        file.write(note)
    os.chmod(path, 0o600)


@test("a certificate that has run out, is another's, or another charter's is not used, and the cure is said")
def _(alliance):
    # C-71
    person, other = writer(alliance), writer(alliance, "wilma")
    certify(person)
    certify(other)
    good = note_of(person)
    for note, words in (
            (forged_note(person, **{"from": "from " + stamp(-8 * 86400), "until": "until " + stamp(-86400)}), "good from"),
            (forged_note(person, **{"from": "from " + stamp(3600), "until": "until " + stamp(86400)}), "good from"),
            (forged_note(person, charter="charter " + wire.b64(bytes(32))), "another charter"),
            (forged_note(person, person="person wilma@au.example"), "for wilma@au.example and not for wanda@au.example"),
            (good.replace("wanda", "xanda"), "cannot be used")):
        put_note(person, note)
        result, target = offline(alliance, person, codes=[6])
        holds(result.err, words, "entente profile writer")
        check(not os.path.exists(target), "there is an output file")
    # A whole certificate of somebody else, its key with it.
    put_note(person, note_of(other))
    shutil.copy(os.path.join(other.profile, key_files(other)[0]), person.profile)
    holds(offline(alliance, person, codes=[6])[0].err, "for wilma@au.example and not for wanda@au.example")
    os.remove(os.path.join(person.profile, key_files(other)[0]))
    put_note(person, good)
    os.chmod(os.path.join(person.profile, "writer.note"), 0o640)
    offline(alliance, person, codes=[6])
    put_note(person, good)
    offline(alliance, person)


@test("what a certificate does not cover no node believes: dates, another key, another member's seal key, no certificate at all")
def _(alliance):
    # C-35, C-71
    person = writer(alliance)
    certify(person)
    good, own = note_of(person), signer(person)
    old = forged_note(person, **{"from": "from " + stamp(-8 * 86400), "until": "until " + stamp(-86400)})
    uk = tdf_edit.sign_note(tdf_edit.note_parts(good)[0], *tdf_edit.load_signer(alliance.nodes["uk.example"].home + "/keys/seal.key"))
    thief = ("au.example/writer/0123456789abcdef", tdf_edit.Ed25519PrivateKey.generate())
    path = alliance.path(".tdf")
    for name, key, note in (("run out", own, old), ("another key", thief, good), ("signed by another member", own, uk),
                            ("signed by an outsider", own, tdf_edit.sign_note(tdf_edit.note_parts(good)[0], *tdf_edit.outsider_signer("au.example"))),
                            ("none", own, None)):
        draft = alliance.draft()
        tdf = draft.finish(path, tdf_edit.sign_note(draft.text(), *key), DATA, {"ententeWriter": note} if note else None)
        refused_everywhere(alliance, tdf, "seal-invalid")
        check(alliance.people["bob"].decrypt(path, alliance.path(), codes=None).code in (3, 4), name)
    # In its time it was good, and what was made then stays open.
    draft = alliance.draft()
    draft.created = time.gmtime(time.time() - 2 * 86400)
    draft.finish(path, tdf_edit.sign_note(draft.text(), *own), DATA, {"ententeWriter": old})
    reads(alliance, "bob", path)
    # And a draft of the test's own is as good as the client's.
    draft = alliance.draft()
    draft.finish(path, tdf_edit.sign_note(draft.text(), *own), DATA, {"ententeWriter": good})
    reads(alliance, "carol", path)


@test("a member stops the writer: its files are closed everywhere, it gets no certificate and its own is not used; resumed, all is well")
def _(alliance):
    # C-71, C-74
    person = writer(alliance)
    certify(person)
    _, away = offline(alliance, person)
    target = alliance.path(".tdf")
    person.encrypt(alliance.write(DATA), target)
    said = alliance.by_officers("us.example", "stop", "person", person.id, "--reason", "en incident 12", "--json", count=1).json()
    tdf = tdf_edit.Tdf.read(away)
    wait_for("every node refuses it", lambda: all("writer-stopped" in reasons for reasons in answers(alliance, tdf)))
    holds(alliance.people["bob"].decrypt(away, alliance.path(), codes=[3]).err, "wanda@au.example", "us.example")
    reads(alliance, "bob", target)  # what the node itself sealed for her stays open to others
    holds(certify(person, codes=[3]).err, "wanda@au.example")
    person.run("charter", "show")  # the profile hears of it
    holds(offline(alliance, person, codes=[3])[0].err, "stopped")
    holds(alliance.people["bob"].run("inspect", away).text, "its writer is STOPPED")
    alliance.by_officers("us.example", "resume", said["hash"])
    wait_for("it opens again", lambda: alliance.people["bob"].decrypt(away, alliance.path(), codes=None).code == 0)
    person.run("charter", "show")
    reads(alliance, "carol", offline(alliance, person)[1])


def answers(alliance, tdf):
    asker = alliance.people["bob"].asker()
    return [wire.reasons(asker.rewrap(kao["url"], wire.rewrap_body(tdf.policy, [kao]))[0]) for kao in tdf.kaos]


@test("Certify over the wire: own persons only, a key named by its own hash, 1 to 30 days, each token once")
def _(alliance):
    # C-41, C-71
    node = alliance.nodes["au.example"]
    private = tdf_edit.Ed25519PrivateKey.generate()
    public = tdf_edit.raw_public(private)
    name = "au.example/writer/" + hashlib.sha256(public).hexdigest()[:16]

    def line(name):
        return "%s+%s+%s" % (name, tdf_edit.key_id(name, public).hex(), wire.b64(b"\x01" + public))

    def ask(who, **claims):
        asker = alliance.people[who].asker()
        body = {"writerToken": asker.request_token(dict({"key": line(name), "days": 7}, **claims))}
        return asker, body, asker.call(node.url, "/entente.v1.SealService/Certify", body)

    asker, body, answer = ask("alice")
    same(answer.status, 200, "Certify", answer)
    holds(answer.json()["note"], "person alice@au.example\n", "key " + line(name))
    same(asker.call(node.url, "/entente.v1.SealService/Certify", body).status, 401, "the same token again")
    same(ask("bob")[2].status, 403, "another member's person")
    same(ask("alice", key=line("au.example/writer/alice"))[2].status, 403, "a key with another name")
    same(ask("alice", days=31)[2].status, 400, "31 days")
    same(ask("alice", key="rubbish")[2].status, 400, "rubbish")
    node.verify()


@test("a contributor's person writes in its sponsor's name, sealed by the sponsor's node; as a reader it does not")
def _(alliance):
    # C-37
    party, sponsor = "nz.example", alliance.nodes["au.example"]

    def admission(role, *options):
        return alliance.proposed("au.example", "%s.%s" % (party, role), "admit", "--party", party, "--project", "quantum", "--role", role,
                                 "--files", "all", "--until", "2030-12-31T00:00:00Z", *options)

    node = alliance.partner(party)
    alliance.consent(alliance.propose_party(party))
    wait_for("its key is published", lambda: alliance.by_officers(party, "key", "--home", node.home, codes=None).code == 0)
    first = admission("reader")
    alliance.consent(first)
    alliance.wait_taking_part(party, "quantum")
    mia = alliance.add_person("mia", party, "quantum", "NZL")
    source, out = alliance.write(DATA), alliance.path(".tdf")
    holds(mia.encrypt(source, out, codes=[3]).err, "reads in quantum and does not write")
    certify(mia, codes=[3])
    alliance.consent(admission("contributor", "--sponsor", "au.example", "--replaces", first))
    wait_for("it may write", lambda: mia.encrypt(source, out, codes=None).code == 0)
    seal = tdf_edit.note_parts(tdf_edit.Tdf.read(out).seal_note())[0]
    holds(seal, "originator au.example\n")
    entry = [entry for entry in sponsor.tail() if entry["result"] == "sealed"][-1]
    same((entry["person"], entry["party"]), ("mia@nz.example", party), "the sponsor's entry")
    for name in ("alice", "bob", "carol", "mia"):
        reads(alliance, name, out)
    uk = alliance.people["bob"].node
    asker, draft = mia.asker(), alliance.draft("uk.example")
    answer = asker.seal(uk.url, draft.text())
    same(answer.status, 403, "another member than the sponsor", answer)
    holds(answer.json()["message"], "au.example")
    certify(mia, codes=[3])
    node.stop()
