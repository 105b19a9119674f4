"""A node whose clock is ten minutes behind: it refuses, says why, and the others name it."""

import tdf_edit
import wire
from suite import check, collector, holds, same

tests, test = collector()


class Behind:
    """One member's node with clock_offset, and back again."""

    def __init__(self, node, offset="-600s"):
        self.node, self.offset = node, offset

    def __enter__(self):
        self.node.stop()
        self.node.set_yaml("clock_offset", self.offset)
        self.node.start()

    def __exit__(self, *arguments):
        self.node.stop()
        self.node.set_yaml("clock_offset", None)
        self.node.start()


@test("the originator's node ten minutes behind: it releases nothing and names its clock; others end with exit 5 naming it")
def _(alliance):
    _, target = alliance.protect(b"x")
    node = alliance.nodes["au.example"]
    released = node.counts()["released"]
    with Behind(node):
        for person in ("bob", "carol"):
            said = alliance.people[person].decrypt(target, alliance.path(), codes=[5]).err
            holds(said, "au.example", "clock")
        tdf = tdf_edit.Tdf.read(target)
        answer, got = alliance.people["bob"].asker().rewrap(node.url, wire.rewrap_body(tdf.policy, [tdf.kaos[-1]]))
        check(not isinstance(got.get("kao-0"), bytes), "a share was released: %s" % answer)
        holds(str(answer), "clock")
    same(node.counts()["released"], released, "releases")
    alliance.people["bob"].decrypt(target, alliance.path())


@test("a holder ten minutes behind where another serves: it opens, and the message names the node")
def _(alliance):
    _, target = alliance.protect(b"x")
    with Behind(alliance.nodes["uk.example"]):
        holds(alliance.people["alice"].decrypt(target, alliance.path()).err, "uk.example")


@test("the own node ten minutes behind: exit 5, and nothing is sealed")
def _(alliance):
    source, target = alliance.protect(b"x")
    node = alliance.nodes["au.example"]
    with Behind(node):
        sealed = node.counts()["sealed"]
        alliance.people["alice"].decrypt(target, alliance.path(), codes=[5])
        alliance.people["alice"].encrypt(source, alliance.path(".tdf"), codes=[5])
        same(node.counts()["sealed"], sealed, "seals")
    alliance.people["alice"].encrypt(source, alliance.path(".tdf"))


@test("a clock ten minutes ahead: what the others sign is too old for nobody, and the seal it would date is refused")
def _(alliance):
    source, target = alliance.protect(b"x")
    node = alliance.nodes["us.example"]
    with Behind(node, "600s"):
        result = alliance.people["carol"].encrypt(source, alliance.path(".tdf"), codes=None)
        check(result.code in (3, 5), "exit code %d" % result.code, result)
        alliance.people["alice"].decrypt(target, alliance.path())
    alliance.people["carol"].decrypt(target, alliance.path())
