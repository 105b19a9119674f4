"""why: for a party and a project, for a file and a person; what it reckons with, what it says, and how it ends."""

import json
import os
import time

import tdf_edit
from alliance import wait_for
from moved import stamp
from suite import check, collector, holds, same

tests, test = collector()


def why(alliance, *words, codes=(0,), person="alice"):
    return alliance.people[person].run("why", *words, codes=codes)


def codes_of(answer):
    return [reason["code"] for reason in answer["reasons"] if reason["blocks"]]


@test("why PARTY PROJECT: words and JSON say the same; it closes at a time, unless somebody named is heard")
def _(alliance):
    answer = why(alliance, "uk.example", "quantum", "--json").json()
    same((answer["may"], answer["state"], answer["as_of"], answer["party"], answer["project"]),
         (True, "active", "now", "uk.example", "quantum"), "the answer")
    check(answer["closes"]["at"] > answer["at"], "it closes at %s" % answer["closes"])
    holds(answer["closes"]["unless"], ".example is heard")
    same(sorted(heard["member"] for heard in answer["copy"]["heard"]), sorted(alliance.nodes), "who is known")
    same(len(answer["copy"]["view"]), 64, "the view's name")
    words = why(alliance, "uk.example", "quantum").text
    holds(words, "uk.example may receive key shares in quantum, at ", "  ok: ", "  closes at ", " is heard")
    check("copy of the charter" not in words, "a fresh answer needs no word about its copy", words)


@test("why PARTY PROJECT: no is exit 3 with the same text; a party or project that nobody knows is no error")
def _(alliance):
    answer = why(alliance, "jp.example", "quantum", "--json", codes=[3]).json()
    same((answer["may"], answer["state"], answer["closes"]), (False, "none", None), "the answer")
    check(answer["reasons"] and all(set(reason) == {"code", "blocks", "text", "cite", "cure"} for reason in answer["reasons"]),
          "reasons: %s" % answer["reasons"])
    holds(why(alliance, "jp.example", "quantum", codes=[3]).text, "may NOT receive", "  - none: ", "would be cured by: ")
    holds(why(alliance, "au.example", "nothing", codes=[3]).text, "may NOT receive", "nothing")


@test("why --offline: the profile's own copy, with every node down, and it says how far it reaches")
def _(alliance):
    why(alliance, "au.example", "quantum")
    for node in alliance.nodes.values():
        node.stop()
    try:
        why(alliance, "au.example", "quantum", codes=[5])
        words = why(alliance, "au.example", "quantum", "--offline").text
        holds(words, "by the copy of the charter in the profile", *["%s 20" % member for member in alliance.nodes])
        past, ahead = stamp(time.time() - 3600 * 24 * 365), stamp(time.time() + 3600 * 24 * 365)
        before = why(alliance, "au.example", "quantum", "--offline", "--at", past, codes=[3]).text
        holds(before, past, "as of then")
        holds(why(alliance, "au.example", "quantum", "--offline", "--at", ahead, codes=[3]).text, ahead, "if nothing more is heard", "unheard")
    finally:
        for node in alliance.nodes.values():
            node.start()


@test("why FILE: for the profile's own account by its token; yes, by whose shares; and no for a file that names others")
def _(alliance):
    _, target = alliance.protect(b"x")
    answer = why(alliance, target, "--as", "alice@au.example", "--json").json()
    same((answer["may"], answer["conditional"], answer["claims"], answer["person"], answer["sealed"], answer["originator"]),
         (True, False, "token", "alice@au.example", True, "au.example"), "the answer")
    same(answer["uuid"], json.loads(alliance.people["alice"].run("inspect", "--json", target).text)["uuid"], "the file")
    same([[h["member"] for h in share["holders"]] for share in answer["shares"]], [["uk.example", "us.example"], ["au.example"]], "holders")
    check(all(holder["able"] for share in answer["shares"] for holder in share["holders"]), "shares: %s" % answer["shares"])
    holds(why(alliance, target, "alice@au.example").text, "alice@au.example may open " + target, "share 1 from uk.example or us.example",
          "share 2 from au.example", "own token")
    _, target = alliance.protect(b"x", "alice", "--to", "bob@uk.example")
    said = why(alliance, target, "--as", "alice@au.example", codes=[3])
    holds(said.text, "alice@au.example may NOT open", "named persons")
    alliance.people["alice"].decrypt(target, alliance.path(), codes=[3])


@test("why FILE: for somebody else by --claims, and without them on a condition that is named; with no node to ask too")
def _(alliance):
    _, target = alliance.protect(b"x", "alice", "--rel", "AUS,GBR")
    for claims, code in ((["projects=quantum", "nationality=GBR"], 0), (["projects=quantum nationality=GBR"], 0),
                         (["projects=quantum", "nationality=GBR,FRA"], 3), (["projects=quantum"], 3), (["projects=sonar nationality=GBR"], 3),
                         (["projects="], 3)):
        words = [word for claim in claims for word in ("--claims", claim)]
        answer = why(alliance, target, "--as", "bob@uk.example", *words, "--json", codes=[code]).json()
        same((answer["may"], answer["conditional"], answer["claims"]), (code == 0, False, "given"), "claims %s" % claims)
    for options in ([], ["--offline"]):
        said = why(alliance, target, "--as", "bob@uk.example", *options)
        holds(said.text, "bob@uk.example may, on a condition, open", "provided uk.example vouches for bob in quantum", "nationality",
              "claims: not known")
    check(why(alliance, target, "--as", "bob@uk.example", "--json").json()["conditional"], "it is a condition")
    # Who belongs to a country that the file is not released to needs no token for his no.
    same(codes_of(why(alliance, target, "--as", "carol@us.example", "--json", codes=[3]).json()), ["relto-country"], "carol")


@test("why FILE: a person of a party that takes no part learns what that would take; of a file before it was made: not yet")
def _(alliance):
    before = stamp(time.time() - 1)
    time.sleep(2)
    _, target = alliance.protect(b"x")
    holds(why(alliance, target, "--as", "kenji@jp.example", codes=[3]).text, "kenji@jp.example may NOT open", "jp.example", "cured by")
    text = why(alliance, target, "--as", "alice@au.example", "--at", before, codes=None).text
    holds(text, before, "as of then")


@test("why FILE: a stopped person, a stopped file, a stopped data key: cited, each where it binds; and resumed")
def _(alliance):
    # C-66, C-74
    _, target = alliance.protect(b"x")
    uuid = json.loads(alliance.people["alice"].run("inspect", "--json", target).text)["uuid"]
    kid = [kao["kid"] for kao in tdf_edit.Tdf.read(target).kaos if kao["url"] == alliance.nodes["uk.example"].url][0]

    def stopped(member, *words):
        return alliance.by_officers(member, "stop", *words, "--json", count=1).json()["hash"]

    def until(code, *words):
        return wait_for("why says %d" % code, lambda: [a for a in [why(alliance, target, "--as", *words, codes=None)] if a.code == code])[0]

    def resume(member, stop):
        alliance.by_officers(member, "resume", stop[:16])

    stop = stopped("us.example", "person", "bob@uk.example", "--reason", "en lost badge")
    holds(until(3, "bob@uk.example", "--claims", "projects=quantum").text, "bob@uk.example may NOT open", "us.example", "lost badge", "cured by")
    resume("us.example", stop)
    until(0, "bob@uk.example", "--claims", "projects=quantum")
    # A stop of the file by another party than its originator binds at that party's node alone: the other holder opens it.
    stop = stopped("uk.example", "file", uuid)
    wait_for("uk.example's node is left out", lambda: "not from uk.example" in why(alliance, target, "--as", "alice@au.example", codes=None).text)
    why(alliance, target, "--as", "alice@au.example")
    resume("uk.example", stop)
    stop = stopped("au.example", "file", uuid)
    until(3, "alice@au.example")
    alliance.people["alice"].decrypt(target, alliance.path(), codes=[3])
    resume("au.example", stop)
    until(0, "alice@au.example")
    stop = stopped("uk.example", "key", kid)
    wait_for("the key's stop is said", lambda: "not from uk.example" in why(alliance, target, "--as", "alice@au.example", codes=None).text)
    why(alliance, target, "--as", "alice@au.example")
    resume("uk.example", stop)
    wait_for("the key is in use again", lambda: "not from uk.example" not in why(alliance, target, "--as", "alice@au.example", codes=None).text)
    alliance.people["alice"].decrypt(target, alliance.path())


@test("why: what is neither a party and a project nor a file and a person ends with exit 2 and an example")
def _(alliance):
    _, target = alliance.protect(b"x")
    bare = alliance.write(b"no archive")
    for words, said in ((["nothing-here"], "no file"), ([target], "--as"), ([target, "quantum"], "--as"), ([target, "--as", "alice"], "not a person"),
                        ([target, "alice@au.example", "--as", "alice@au.example"], "--as"), (["nothing-here", "alice@au.example"], "no file"),
                        (["au.example", "quantum", "--claims", "projects=quantum"], "--claims"), (["AU", "quantum"], "not a name"),
                        ([target, "--as", "bob@uk.example", "--claims", "quantum"], "no claim"),
                        (["au.example", "quantum", "--at", "yesterday"], "is not a time"),
                        ([target, "--as", "bob@uk.example", "--at", "2026-11-21"], "is not a time")):
        holds(why(alliance, *words, codes=[2]).err, said)
    holds(why(alliance, bare, "--as", "alice@au.example", codes=[4]).err, os.path.basename(bare))
    why(alliance, "/nonexistent/file", "--as", "alice@au.example", codes=[6])
