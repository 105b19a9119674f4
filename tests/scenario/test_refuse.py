"""The answer is no, with the reason: project, dissem, relto, until, unsealed files. Each refusal is an entry of the access log."""

import os
import time

import tdf_edit
import wire
from alliance import command
from suite import check, collector, holds, same

tests, test = collector()


def entries_of(node, person, uuid):
    return [entry for entry in node.tail() if entry.get("person") == person and entry.get("file") == uuid]


def refused(alliance, person, target, *reasons):
    """decrypt says no with these words and leaves nothing; a node asked has the entry. Returns what it said."""
    out = alliance.path()
    result = alliance.people[person].decrypt(target, out, codes=[3])
    check(not os.path.exists(out), "there is an output file", result)
    holds(result.err, "denied")
    who = alliance.people[person]
    uuid = tdf_edit.Tdf.read(target).policy_object()["uuid"]
    entries = [entry for entry in entries_of(who.node, who.id, uuid) if entry["result"] == "refused"]
    check(entries, "no refusal of %s in the log of %s" % (who.id, who.member))
    for entry in entries:
        codes = [reason["code"] for reason in entry["reasons"]]
        check(set(reasons) <= set(codes), "the entry's reasons are %s, not %s" % (codes, reasons))
    return result


def opened(alliance, person, target):
    alliance.people[person].decrypt(target, alliance.path())


@test("a person without the project: exit 3, the reason in words, an entry with its reasons")
def _(alliance):
    _, target = alliance.protect(b"for the project only")
    holds(refused(alliance, "dora", target, "person-project").err, "quantum", "dora@au.example")


@test("another member's person without the project: refused by every node it asks, each with an entry")
def _(alliance):
    _, target = alliance.protect(b"for the project only")
    holds(refused(alliance, "eve", target, "person-project").err, "quantum", "eve@uk.example")
    tdf = tdf_edit.Tdf.read(target)
    asker = alliance.people["eve"].asker()
    for kao in tdf.kaos:
        answer, got = asker.rewrap(kao["url"], wire.rewrap_body(tdf.policy, [kao]))
        same(got, {"kao-0": "permission_denied: request error\nrpc error: code = PermissionDenied desc = forbidden"}, "wire text")
        check("person-project" in wire.reasons(answer), "the metadata does not say why: %s" % answer)
    for node in alliance.nodes.values():
        check(entries_of(node, "eve@uk.example", tdf.policy_object()["uuid"]), "no entry at %s" % node.member)


@test("the entry of a release names person, party, project, file; the record fits its commitment")
def _(alliance):
    _, target = alliance.protect(b"x")
    opened(alliance, "carol", target)
    uuid = tdf_edit.Tdf.read(target).policy_object()["uuid"]
    entry, = entries_of(alliance.nodes["au.example"], "carol@us.example", uuid)
    same([entry[name] for name in ("result", "party", "project", "originator", "problem", "record")],
         ["released", "us.example", "quantum", "au.example", None, True], "entry")


@test("--to one person: that one opens it, others of the project do not")
def _(alliance):
    _, target = alliance.protect(b"for bob", "alice", "--to", "bob@uk.example")
    opened(alliance, "bob", target)
    for person in ("carol", "alice"):
        refused(alliance, person, target, "dissem")


@test("--rel: a country that is not listed stays out; the originator's is added, and said")
def _(alliance):
    source, target = alliance.write(b"for two"), alliance.path(".tdf")
    result = alliance.people["alice"].encrypt(source, target, "--rel", "GBR")
    holds(result.text, "AUS,GBR", "originator's country")
    opened(alliance, "bob", target)
    opened(alliance, "alice", target)
    holds(refused(alliance, "carol", target, "relto-country").err, "USA")


@test("--rel: every nationality of the person must be listed")
def _(alliance):
    _, target = alliance.protect(b"no Canadians", "alice", "--rel", "AUS,GBR,USA")
    opened(alliance, "carol", target)
    holds(refused(alliance, "dual", target, "relto-nationality").err, "nationality", "dual@us.example")


@test("--until: it opens before, and not after")
def _(alliance):
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
    _, target = alliance.protect(b"soon over", "alice", "--until", until)
    opened(alliance, "bob", target)
    while time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) <= until:
        time.sleep(0.2)
    refused(alliance, "bob", target, "file-expired")


@test("--until in the past, --to nobody's name, --rel no country: refused before anything is written")
def _(alliance):
    source = alliance.write(b"x")
    for options in (["--until", "2020-01-01T00:00:00Z"], ["--to", "bob"], ["--rel", "AUSTRIA"], ["--until", "tomorrow"]):
        out = alliance.path(".tdf")
        alliance.people["alice"].encrypt(source, out, *options, codes=[2, 6])
        check(not os.path.exists(out), "%s left a file" % options)


@test("a project that does not exist, and one that not all consented to: nothing is protected for it, and why says why")
def _(alliance):
    source = alliance.write(b"x")
    out = alliance.path(".tdf")
    holds(alliance.people["alice"].encrypt(source, out, codes=[3], project="nowhere").err, "nowhere")
    name = alliance.propose("half")
    alliance.by_officers("au.example", "consent", name[:16])
    result = alliance.people["alice"].encrypt(source, out, codes=[3], project="half")
    holds(result.err, "uk.example", "us.example")
    check(not os.path.exists(out), "there is an output file")
    why = alliance.people["alice"].run("why", "au.example", "half", codes=[3])
    holds(why.text, "may NOT", "uk.example", "us.example", "cured")
    one = alliance.by_officers("uk.example", "consent", name[:16], "-o", alliance.path(".note"), count=1)
    holds(one.text + one.err, "roe")
    alliance.people["alice"].encrypt(source, out, codes=[3], project="half")


def unsealed(alliance, project, attributes=None, dissem=()):
    """A file as stock software writes it: standard attributes, no seal."""
    draft = alliance.draft(project=project)
    draft.attributes = ["https://aukus.example/attr/project/value/" + project] if attributes is None else attributes
    draft.dissem = list(dissem)
    path = alliance.path(".tdf")
    draft.finish(path, None, b"from stock software")
    return path


@test("a file without a seal opens only where the project says so, for the persons it names, with one project")
def _(alliance):
    alliance.agree("lab", "--unsealed-members")
    alliance.wait_in_force("lab")
    person = alliance.add_person("lab-hand", "au.example", "lab,quantum", "AUS")
    other = "https://aukus.example/attr/project/value/quantum"
    opened(alliance, "lab-hand", unsealed(alliance, "lab"))
    opened(alliance, "lab-hand", unsealed(alliance, "lab", dissem=[person.id]))
    refused(alliance, "lab-hand", unsealed(alliance, "quantum"), "unsealed-closed")
    refused(alliance, "lab-hand", unsealed(alliance, "lab", dissem=["bob@uk.example"]), "dissem")
    refused(alliance, "lab-hand", unsealed(alliance, "lab", attributes=[]), "policy-empty")
    refused(alliance, "lab-hand", unsealed(alliance, "lab", ["https://aukus.example/attr/project/value/lab", other]),
            "policy-malformed")
    for stranger in ("https://aukus.example/attr/colour/value/red", "https://other.example/attr/project/value/lab"):
        refused(alliance, "lab-hand", unsealed(alliance, "lab", ["https://aukus.example/attr/project/value/lab", stranger]),
                "attribute-unknown")


@test("what this version does not enforce is refused by name: labels, originator last")
def _(alliance):
    with open(os.path.join(alliance.dir, "quantum.proposal"), encoding="utf-8") as file:
        text = file.read()
    fancy = {"labels": ("originator any\n", "labels %s\noriginator any\n" % alliance.charter),
             "originator last": ("originator any\n", "originator last\n")}
    for i, (name, (old, new)) in enumerate(fancy.items()):
        project = "fancy-%d" % i
        changed = text.replace("project quantum\n", "project %s\n" % project).replace(old, new)
        alliance.announce(changed)
        submit = alliance.submit_text(changed)
        check(submit.code != 0, "a proposal with `%s` was taken" % name)
        holds(submit.err, name)
        holds(alliance.people["alice"].run("why", "au.example", project, codes=[3]).text, "may NOT")


@test("an account that was removed opens nothing more")
def _(alliance):
    alliance.add_person("leaver", "us.example", "quantum", "USA")
    _, target = alliance.protect(b"x")
    opened(alliance, "leaver", target)
    command(["node", "account", "remove", "leaver", "--home", alliance.nodes["us.example"].home], [0])
    alliance.people["leaver"].decrypt(target, alliance.path(), codes=[3])


@test("refusals beyond 60 a minute of one person are counted in one entry")
def _(alliance):
    person = alliance.add_person("knocker", "us.example", "", "USA")
    tdf = tdf_edit.Tdf.read(alliance.protect(b"x")[1])
    asker, kao = person.asker(), tdf.kaos[-1]
    for _ in range(70):
        _, got = asker.rewrap(kao["url"], wire.rewrap_body(tdf.policy, [kao]))
        check("PermissionDenied" in got["kao-0"], "not refused: %s" % got)
    node = alliance.nodes["au.example"]
    entries = [entry for entry in node.tail(500) if entry.get("person") == person.id]
    check(len(entries) <= 2 * 60 and len(entries) >= 60, "%d entries" % len(entries))
    node.stop()
    more = [reason for entry in node.tail(500) if entry.get("person") == person.id for reason in entry["reasons"]
            if reason["code"] == "refused-more"]
    node.start()
    same(len(entries) + sum(int(reason["cite"]) for reason in more), 70, "refusals written or counted")
