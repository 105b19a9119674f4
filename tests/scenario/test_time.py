"""Time and silence: a member's node cut off for longer than F and back, a clock two days behind, a clock one second slow."""

import tdf_edit
import wire
from alliance import wait_for
from moved import DAY, HOUR, MovedAlliance, inside, stamp, unix
from suite import check, collector, holds, same
from test_clock import Behind

tests, test = collector()
F = 24 * HOUR  # of the project; `rule project` says 48 h


def why(alliance, *words, person="alice", codes=(0,)):
    return alliance.people[person].run("why", *words, codes=codes)


def closes(result):
    """The line's time, and whom it names."""
    for line in result.text.splitlines():
        if line.startswith("  closes at "):
            at, unless = line[len("  closes at "):].split(" unless ", 1)
            return unix(at), unless
    return None


def released(alliance):
    return {member: node.counts()["released"] for member, node in alliance.nodes.items()}


def hear_each_other(alliance, members, since):
    """Each of them serves what the others said since then."""
    def ready():
        for member in members:
            said = alliance.by_officers(member, "show", "--json", codes=None, count=0)
            heard = {m["name"]: m["alive"] for m in said.json()["members"]} if said.code == 0 else {}
            if any(not heard.get(other) or unix(heard[other]) < since for other in members):
                return False
        return True
    wait_for("%s hear each other" % ", ".join(members), ready)


@test("a member cut off for longer than F: nobody releases, both sides say whom they miss; back again, the same file opens")
def _(_):
    # C-27, C-28, C-29: only `alive` proves freshness, F is the smaller of rule and project
    with MovedAlliance() as alliance:
        alliance.found()
        _, target = alliance.protect(b"x")
        for person in ("alice", "bob", "carol"):
            alliance.people[person].decrypt(target, alliance.path())
        alliance.cut("us.example")
        hours_later(alliance, target)
        a_day_later(alliance, target)
        together_again(alliance, target)


def hours_later(alliance, target):
    """Cut off for less than F: everything still opens, and `why` says when that ends, and with whom."""
    alliance.move(20 * HOUR)
    hear_each_other(alliance, ["au.example", "uk.example"], alliance.now() - HOUR)
    alliance.people["bob"].decrypt(target, alliance.path())
    answer = why(alliance, "uk.example", "quantum")
    end, unless = closes(answer)
    same(unless, "us.example is heard", "who keeps it open", answer)
    check(alliance.now() < end <= alliance.now() + 4 * HOUR + 60, "it closes at %s" % stamp(end), answer)
    # To the second, asked ahead of time: what follows if nothing more is heard.
    why(alliance, "uk.example", "quantum", "--at", stamp(end - 2))
    holds(why(alliance, "uk.example", "quantum", "--at", stamp(end + 2), codes=[3]).text, "us.example must be heard", "if nothing more is heard")


def a_day_later(alliance, target):
    before = released(alliance)
    alliance.move(F + HOUR)
    hear_each_other(alliance, ["au.example", "uk.example"], alliance.now() - HOUR)
    for member in ("au.example", "uk.example", "us.example"):
        answer = why(alliance, member, "quantum", codes=[3])
        holds(answer.text, "may NOT", "us.example must be heard", "limit 24h", "would be cured by: hear us.example")
        check("uk.example must be heard" not in answer.text, "uk.example was heard", answer)
    for person in ("alice", "bob"):
        holds(alliance.people[person].decrypt(target, alliance.path(), codes=[5]).err, "us.example")
    us = alliance.nodes["us.example"]
    with inside(us):
        # Its own side of the cut: the others are silent there, and its node releases nothing either.
        answer = alliance.people["carol"].run("why", "us.example", "quantum", codes=[3])
        holds(answer.text, "au.example must be heard", "uk.example must be heard")
        alliance.people["carol"].decrypt(target, alliance.path(), codes=[5])
    same(released(alliance), before, "releases while one member was not heard")


def together_again(alliance, target):
    alliance.join("us.example")
    hear_each_other(alliance, list(alliance.nodes), alliance.now() - HOUR)
    for person in ("alice", "bob", "carol"):
        wait_for("%s opens the file again" % person,
                 lambda p=person: alliance.people[p].decrypt(target, alliance.path(), codes=None).code == 0)
    # Nobody's log was lost, and the hours of silence can still be asked for.
    for node in alliance.nodes.values():
        node.verify()


@test("a clock two days behind: the node releases and seals nothing, says by how much, and the others go on; its log is none the worse")
def _(alliance):
    # C-31: the clock floor; C-7: a log's times never decrease
    source, target = alliance.protect(b"x")
    node = alliance.nodes["us.example"]
    before = node.counts()
    with Behind(node, "-%ds" % (2 * DAY)):
        tdf = tdf_edit.Tdf.read(target)
        kao = [k for k in tdf.kaos if k["url"] == node.url][0]
        answer, got = alliance.people["bob"].asker().rewrap(node.url, wire.rewrap_body(tdf.policy, [kao]))
        check(not isinstance(got.get("kao-0"), bytes), "a share was released: %s" % answer)
        holds(str(answer), "clock")
        alliance.people["carol"].encrypt(source, alliance.path(".tdf"), codes=[5])
        for person in ("alice", "bob"):
            alliance.people[person].decrypt(target, alliance.path())
        why(alliance, "us.example", "quantum")  # heard within F, before its clock fell back
    same({name: node.counts()[name] for name in ("released", "sealed")}, {name: before[name] for name in ("released", "sealed")}, "releases")
    alliance.people["carol"].decrypt(target, alliance.path())
    alliance.people["carol"].encrypt(source, alliance.path(".tdf"))
    wait_for("%s is heard again" % node.member, lambda: why(alliance, "us.example", "quantum", codes=None).code == 0)


@test("a clock one second slow: nobody notices; files are sealed and opened, and what its officers sign takes effect")
def _(alliance):
    node = alliance.nodes["us.example"]
    with Behind(node, "-1s"):
        source, target = alliance.path(), alliance.path(".tdf")
        with open(source, "wb") as file:
            file.write(b"one second")
        alliance.people["carol"].encrypt(source, target)
        for person in ("alice", "bob", "carol"):
            alliance.people[person].decrypt(target, alliance.path())
        alliance.by_officers("us.example", "note", "en A second is a second.")
        name = alliance.propose("second")
        for member in ("au.example", "uk.example", "us.example"):
            wait_for("%s consents" % member, lambda m=member: alliance.by_officers(m, "consent", name[:16], codes=None).code == 0)
        alliance.wait_in_force("second")
