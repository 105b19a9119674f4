"""The access logs after all that was tried: they verify, damage is named, and nothing was released without an entry."""

import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

import tdf_edit
import wire
from alliance import ROOT, command, wait_for
from suite import Skipped, check, collector, holds, same

tests, test = collector()
GO_NOTE = os.path.join(ROOT, "tests", "interop", "go-note")


# ---- bundles of entries ----

class Bundle:
    """The newest bundle of a home's access log: entries, each behind its length in two bytes."""

    def __init__(self, home):
        folder, found = os.path.join(home, "log", "access", "tile", "entries"), []
        for root, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(root, name)
                place = os.path.relpath(path, folder)
                number = int(place.split(os.sep)[0].split(".")[0].lstrip("x"))
                found.append((number, int(name) if ".p" in place else 256, path))
        self.number, _, self.path = max(found)
        with open(self.path, "rb") as file:
            data = file.read()
        self.entries = []
        while data:
            size = int.from_bytes(data[:2], "big")
            self.entries.append(data[2:2 + size])
            data = data[2 + size:]

    def first_index(self):
        return self.number * 256

    def write(self, entries):
        with open(self.path, "wb") as file:
            for entry in entries:
                file.write(len(entry).to_bytes(2, "big") + entry)


def flip(path, at, bit=1):
    with open(path, "r+b") as file:
        file.seek(at if at >= 0 else os.path.getsize(path) + at)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ bit]))


class Copy:
    """A copy of a home (of a node that is stopped), for damage."""

    def __init__(self, alliance, node):
        self.home = alliance.path()
        shutil.copytree(node.home, self.home)

    def verify(self, codes=(4,)):
        return command(["audit", "verify", "--home", self.home], codes)


def traffic(alliance, count=5):
    """Something to log: releases and refusals at every node."""
    _, target = alliance.protect(b"traffic")
    for i in range(count):
        for person in ("alice", "bob", "carol"):
            alliance.people[person].decrypt(target, alliance.path())
        alliance.people["eve"].decrypt(target, alliance.path(), codes=[3])


# ---- everything is written down ----

@test("kill -9 of each of the four processes while files are opened: the node comes back, no share without an entry")
def _(alliance):
    node = alliance.nodes["au.example"]
    tdf = tdf_edit.Tdf.read(alliance.protect(b"x")[1])
    asker, kao = alliance.people["bob"].asker(), tdf.kaos[-1]
    before, parent = node.counts()["released"], node.pid
    tally = {"shares": 0, "stop": False}

    def ask():
        while not tally["stop"]:
            try:
                _, got = asker.rewrap(node.url, wire.rewrap_body(tdf.policy, [kao]))
                tally["shares"] += isinstance(got.get("kao-0"), bytes)
            except (OSError, wire.http.client.HTTPException):
                time.sleep(0.02)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        for number in range(4):
            wait_for("four processes", lambda: len(node.children()) == 4)
            children, shares = node.children(), tally["shares"]
            wait_for("shares before the kill", lambda: tally["shares"] > shares + 3)
            os.kill(children[number], signal.SIGKILL)
            wait_for("other processes", lambda: not set(children) & set(node.children()) and len(node.children()) == 4)
            shares = tally["shares"]
            wait_for("shares after the kill of process %d" % number, lambda: tally["shares"] > shares + 3)
    finally:
        tally["stop"] = True
        thread.join()
    same(node.pid, parent, "the parent")
    released = node.counts()["released"] - before
    check(released >= tally["shares"], "%d shares came, %d releases are in the log" % (tally["shares"], released))
    check(released <= tally["shares"] + 8, "%d shares came, but %d releases are in the log" % (tally["shares"], released))


@test("told to stop while files are opened: what is under way is answered, every release in the log was received")
def _(alliance):
    node = alliance.nodes["au.example"]
    tdf = tdf_edit.Tdf.read(alliance.protect(b"x")[1])
    askers, kao = [alliance.people[name].asker() for name in ("bob", "carol", "arthur")], tdf.kaos[-1]
    before, shares, broken = node.counts()["released"], [], []

    def ask(asker):
        while True:
            try:
                _, got = asker.rewrap(node.url, wire.rewrap_body(tdf.policy, [kao]))
                shares.append(got["kao-0"])
            except ConnectionRefusedError:
                return
            except (OSError, wire.http.client.HTTPException) as error:
                broken.append(error)

    threads = [threading.Thread(target=ask, args=(asker,)) for asker in askers]
    for thread in threads:
        thread.start()
    wait_for("shares", lambda: len(shares) > 30)
    same(node.stop(), 0, "exit status")
    for thread in threads:
        thread.join()
    node.start()
    check(all(isinstance(share, bytes) for share in shares), "refused: %s" % [s for s in shares if isinstance(s, str)][:3])
    same(node.counts()["released"] - before, len(shares), "releases in the log, and shares received; broken: %s" % broken[:3])


@test("a dead parent ends all its processes; started again, the node serves and its log verifies")
def _(alliance):
    node = alliance.nodes["uk.example"]
    children = node.children()
    os.kill(node.pid, signal.SIGKILL)
    os.waitpid(node.pid, 0)
    node.pid = 0
    wait_for("the ends of %s" % children, lambda: not any(os.path.exists("/proc/%d" % pid) for pid in children))
    node.rebind()
    node.start()
    node.verify()
    traffic(alliance, 1)


@test("one process refuses what another could forge: a share or seal needs its entry (counted over the whole run)")
def _(alliance):
    for node in alliance.nodes.values():
        released = sum(1 for event in node.events("rewrap") if event["result"] == "released")
        sealed = sum(1 for name in ("seal", "certify") for event in node.events(name) if event["result"] == "sealed")
        counts = node.counts()
        # An event is written at the decision; a kill may come between it and the entry, or between entry and release.
        check(abs(counts["released"] - released) <= 10, "%s: %d decided, %d entries" % (node.member, released, counts["released"]))
        same(counts["sealed"], sealed, "%s: seals" % node.member)


# ---- verification ----

@test("every node's audit verify is good after all this, while it runs and when it is stopped")
def _(alliance):
    traffic(alliance, 2)
    for node in alliance.nodes.values():
        check(node.counts()["entries"] > 5, "hardly any entries")
        same(node.stop(), 0, "exit status of %s" % node.member)
        counts = node.counts()
        same(counts["entries"], sum(counts[name] for name in ("released", "refused", "sealed", "summaries")), "entries")
        same(counts["records"], counts["entries"], "records that fit")
        check(all(entry["problem"] is None for entry in node.tail(5000)), "a problem in the tail")
        node.start()


@test("Go's checksum database libraries accept every log of every node")
def _(alliance):
    if shutil.which("go") is None:
        raise Skipped("go is not installed")
    binary = alliance.path("go-note")
    built = subprocess.run(["go", "build", "-o", binary, "."], cwd=GO_NOTE, capture_output=True, check=False,
                           env=dict(os.environ, GOFLAGS="-mod=mod", GOPROXY="off"))
    if built.returncode != 0:
        raise Skipped("go-note does not build offline: " + built.stderr.decode("utf-8", "replace")[:300])
    for node in alliance.nodes.values():
        for log in ("access", "statements"):
            with open(os.path.join(node.home, "keys", log + ".vkey"), encoding="ascii") as file:
                key = file.read().strip()
            done = subprocess.run([binary, os.path.join(node.home, "log", log), key], capture_output=True, check=False)
            same(done.returncode, 0, "%s/%s" % (node.member, log), done.stdout, done.stderr)


@test("damage is named with exit 4: a byte of an entry, entries swapped, left out, added or cut, hashes, checkpoint, records")
def _(alliance):
    node = alliance.nodes["us.example"]
    traffic(alliance, 2)
    node.stop()
    try:
        for name, damage in DAMAGES.items():
            copy = Copy(alliance, node)
            copy.verify([0])
            index = damage(copy)
            said = copy.verify().err
            check(index is None or "entry %d" % index in said, "%s: entry %s is not named: %s" % (name, index, said))
            shutil.rmtree(copy.home)
    finally:
        node.start()


def byte_of_entry(copy):
    bundle = Bundle(copy.home)
    entry = bundle.entries[-3]
    bundle.write(bundle.entries[:-3] + [entry.replace(b"time 2", b"time 3")] + bundle.entries[-2:])
    return bundle.first_index() + len(bundle.entries) - 3


def refused_to_released(copy):
    bundle = Bundle(copy.home)
    at = [i for i, entry in enumerate(bundle.entries) if b"result refused" in entry][-1]
    bundle.write(bundle.entries[:at] + [bundle.entries[at].replace(b"refused", b"released")] + bundle.entries[at + 1:])
    return bundle.first_index() + at


def swapped(copy):
    bundle = Bundle(copy.home)
    bundle.write(bundle.entries[:-2] + [bundle.entries[-1], bundle.entries[-2]])
    return bundle.first_index() + len(bundle.entries) - 2


def left_out(copy):
    bundle = Bundle(copy.home)
    bundle.write(bundle.entries[:-4] + bundle.entries[-3:])
    return bundle.first_index() + len(bundle.entries) - 4


def added(copy):
    bundle = Bundle(copy.home)
    bundle.write(bundle.entries[:-1] + [bundle.entries[-2], bundle.entries[-1]])


def cut(copy):
    bundle = Bundle(copy.home)
    with open(bundle.path, "r+b") as file:
        file.truncate(os.path.getsize(bundle.path) - 1)


def bundle_gone(copy):
    os.unlink(Bundle(copy.home).path)


def hash_of_leaf(copy):
    folder = os.path.join(copy.home, "log", "access", "tile", "0")
    newest = max((os.path.join(root, name) for root, _, names in os.walk(folder) for name in names), key=os.path.getmtime)
    flip(newest, -1)


def checkpoint_of(copy):
    return os.path.join(copy.home, "log", "access", "checkpoint")


def root_of_checkpoint(copy):
    with open(checkpoint_of(copy), "rb") as file:
        lines = file.read().split(b"\n")
    lines[2] = wire.b64(bytes(32)).encode("ascii")
    with open(checkpoint_of(copy), "wb") as file:
        file.write(b"\n".join(lines))


def own_key(copy):
    """A checkpoint of the right tree by another key, under the log's name."""
    with open(checkpoint_of(copy), encoding="utf-8") as file:
        text, signatures = tdf_edit.note_parts(file.read())
    name = signatures.split(" ")[1]
    with open(checkpoint_of(copy), "w", encoding="utf-8") as file:
        file.write(tdf_edit.sign_note(text, name, tdf_edit.outsider_signer("x")[1]))


def record_changed(copy):
    return change_record(copy, "full")


def short_record_changed(copy):
    return change_record(copy, "brief")


def change_record(copy, column):
    """Another person in a stored record: the entry commits to what was there."""
    path = os.path.join(copy.home, "state", "node.db")
    with sqlite3.connect(path) as database:
        table, names = record_table(database)
        names = [name for name in names if column in name and "salt" not in name]
        index, text = database.execute("select rowid, %s from %s order by rowid desc limit 1" % (names[0], table)).fetchone()
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        changed = data.replace(b"person ", b"person x", 1)
        check(changed != data, "no person in the record")
        database.execute("update %s set %s = ? where rowid = ?" % (table, names[0]), (changed if isinstance(text, bytes) else changed.decode(), index))
    return index


def record_table(database):
    for (table,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
        names = [row[1] for row in database.execute("pragma table_info(%s)" % table)]
        if any("full" in name for name in names):
            return table, names
    raise AssertionError("no table of records")


DAMAGES = {
    "a byte of an entry": byte_of_entry, "a refusal made a release": refused_to_released, "two entries swapped": swapped,
    "an entry left out": left_out, "an entry twice": added, "a bundle cut short": cut, "a bundle gone": bundle_gone,
    "a hash of a leaf": hash_of_leaf, "the checkpoint's root": root_of_checkpoint, "a checkpoint by another key": own_key,
    "a record": record_changed, "a short record": short_record_changed,
}


@test("an old copy put back: audit verify says so, and the node signs and releases nothing until it is undone")
def _(alliance):
    node = alliance.nodes["us.example"]
    _, target = alliance.protect(b"x")
    log, old, new = os.path.join(node.home, "log", "access"), alliance.path(), alliance.path()
    node.stop()
    shutil.copytree(log, old)
    node.start()
    traffic(alliance, 1)
    node.stop()
    os.rename(log, new)
    shutil.copytree(old, log)
    try:
        holds(node.verify([4]).err, "us.example")
        node.start_anyway()
        alliance.people["carol"].decrypt(target, alliance.path(), codes=[5])
        asker = alliance.people["bob"].asker()
        tdf = tdf_edit.Tdf.read(target)
        for kao in tdf.kaos:
            if kao["url"] == node.url:
                try:
                    _, got = asker.rewrap(node.url, wire.rewrap_body(tdf.policy, [kao]))
                    check(not isinstance(got.get("kao-0"), bytes), "a share was released over an old log")
                except OSError:
                    pass
    finally:
        node.stop()
        shutil.rmtree(log)
        os.rename(new, log)
        node.start()
    node.verify()
    alliance.people["carol"].decrypt(target, alliance.path())



@test("every line of every node's own log is one JSON object with time, process and event")
def _(alliance):
    for node in alliance.nodes.values():
        events = node.events()
        check(len(events) > 10, "hardly any lines")
        check(all({"time", "process", "event"} <= set(event) for event in events), "a line without time, process or event")
        check({"edge", "judge"} <= {event["process"] for event in events}, "a process says nothing")
