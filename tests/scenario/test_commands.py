"""The command line as a tool: exit codes, pipes, ranges, sizes, and what is left behind when something goes wrong."""

import hashlib
import json
import os
import signal
import subprocess
import time

from alliance import command, program
from suite import Skipped, check, collector, holds, same

tests, test = collector()
MIB = 1 << 20


def read(path):
    with open(path, "rb") as file:
        return file.read()


def new_folder(alliance):
    path = alliance.path()
    os.mkdir(path)
    return path


@test("usage: unknown commands and options, missing and doubled values: exit 2 and a hint")
def _(alliance):
    profile = alliance.people["alice"].profile
    for words in ([], ["frobnicate"], ["charter"], ["encrypt", "--frob"], ["encrypt", "a", "b"], ["decrypt", "--profile"],
                  ["encrypt", "--profile", profile, "-o", "x", "/dev/null"], ["encrypt", "--profile", profile, "--project", "quantum", "/dev/null"],
                  ["encrypt", "--profile", profile, "--project", "a", "--project", "b", "-o", "x", "y"], ["cat", "--range", "5-2", "x"],
                  ["cat", "--range", "x", "x"], ["decrypt", "--threads", "-1", "x"], ["why", "au.example"], ["audit", "tail"],
                  ["audit", "tail", "--home", "x", "-n", "many"], ["node", "init", "--home", "x"], ["charter", "init", "doe"]):
        result = command(words, [2])
        check(len(words) < 2 or result.out == b"", "something on standard output", result)
        check(result.err.strip() or not words, "no hint", result)
    for words in (["--help"], ["encrypt", "--help"], ["--version"], ["charter", "--help"]):
        check(command(words, [0]).out, "%s says nothing" % words)


@test("no profile, a broken one, no secret, a wrong genesis: exit 6 or 4 with the reason")
def _(alliance):
    _, target = alliance.protect(b"x")
    environment = {"HOME": "/nonexistent", "PATH": os.environ["PATH"]}
    holds(command(["decrypt", target], [6], environment=environment).err, "profile")
    holds(command(["decrypt", "--profile", "/nonexistent", target], [6]).err, "profile")
    broken = new_folder(alliance)
    for text in ("", "node: [1]\n", "node: x\nparty: y\ngenesis: z\n", "{", "node: http://127.0.0.1:1\nfrob: 1\n"):
        with open(broken + "/profile.yaml", "w", encoding="utf-8") as file:
            file.write(text)
        holds(command(["decrypt", "--profile", broken, target], [6]).err, "profile.yaml")
    wrong = alliance.path()
    alice = alliance.people["alice"]
    command(["profile", "create", wrong, "--node", alice.node.url, "--party", "au.example", "--genesis", "00" * 32, "--client-id", "alice",
             "--secret-file", alice.secret_file], [0])
    holds(command(["decrypt", "--profile", wrong, "-o", alliance.path(), target], [4]).err, "pinned")
    guess = alliance.path()
    alliance.make_profile(guess, "au.example", ["--client-id", "alice", "--secret-file", alliance.write(b"guess")])
    holds(command(["decrypt", "--profile", guess, "-o", alliance.path(), target], [3]).err, "invalid_client")


@test("a node that is not there: exit 5 naming its URL")
def _(alliance):
    path = alliance.path()
    command(["profile", "create", path, "--node", "http://127.0.0.1:1", "--party", "au.example", "--genesis", alliance.genesis], [0])
    for words in (["why", "au.example", "quantum"], ["charter", "show"], ["node", "status"]):
        holds(command(words + ["--profile", path], [5]).err, "127.0.0.1:1")


@test("bad input: exit 6 and no output file")
def _(alliance):
    alice, out = alliance.people["alice"], alliance.path(".tdf")
    for source in ("/nonexistent", alliance.dir):
        alice.encrypt(source, out, codes=[6])
        alice.decrypt(source, out, codes=[6])
        check(not os.path.exists(out), "there is an output file")
    for data in (b"", b"PK\x03\x04", b"no TDF at all", os.urandom(100000)):
        alice.decrypt(alliance.write(data), out, codes=[4, 6])
        check(not os.path.exists(out), "there is an output file")


@test("an output that exists is kept, unless --force")
def _(alliance):
    source, target = alliance.protect(b"new")
    old = alliance.write(b"old")
    alice = alliance.people["alice"]
    holds(alice.decrypt(target, old, codes=[6]).err, "--force")
    same(read(old), b"old", "the old output")
    holds(alice.encrypt(source, old, codes=[6]).err, "--force")
    same(read(old), b"old", "the old output")
    alice.decrypt(target, old, "--force")
    same(read(old), b"new", "the new output")


@test("pipes: encrypt - | decrypt -, the same profile at both ends")
def _(alliance):
    data = os.urandom(3 * MIB + 17)
    alice = alliance.people["alice"]
    first = subprocess.Popen([program("entente"), "encrypt", "--profile", alice.profile, "--project", "quantum", "-o", "-", "-"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    second = subprocess.Popen([program("entente"), "decrypt", "--profile", alice.profile, "-"], stdin=first.stdout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first.stdout.close()
    first.stdin.write(data)
    first.stdin.close()
    out, err = second.communicate(timeout=60)
    first.wait(timeout=60)
    same((first.returncode, second.returncode), (0, 0), "exit codes", first.stderr.read(), err)
    check(out == data, "other bytes came through")


@test("sizes: empty, one byte, a segment and its neighbours, 5 MiB and a byte; every one round")
def _(alliance):
    for size in (0, 1, 2 * MIB - 1, 2 * MIB, 2 * MIB + 1, 5 * MIB + 1):
        data = os.urandom(size)
        _, target = alliance.protect(data)
        out = alliance.path()
        alliance.people["bob"].decrypt(target, out)
        check(read(out) == data, "%d bytes came back otherwise" % size)


@test("cat --range equals dd, at segment borders and beyond the end")
def _(alliance):
    data = os.urandom(5 * MIB + 1)
    _, target = alliance.protect(data)
    for first, last in ((0, 0), (0, 99), (2 * MIB - 1, 2 * MIB), (2 * MIB, 4 * MIB - 1), (12345, 4 * MIB + 12345), (5 * MIB, 5 * MIB),
                        (5 * MIB, 9 * MIB), (5 * MIB + 1, 5 * MIB + 9), (1 << 40, 1 << 41), (4 * MIB, None), (0, None)):
        words = "%d-%s" % (first, "" if last is None else last)
        got = alliance.people["alice"].run("cat", "--range", words, target).out
        check(got == data[first:None if last is None else last + 1], "--range %s gives other bytes" % words)


@test("inspect shows what is in clear, verifies the seal with a profile, and says so when it cannot")
def _(alliance):
    _, target = alliance.protect(b"x", "alice", "--rel", "GBR", "--to", "bob@uk.example")
    said = alliance.people["carol"].run("inspect", target).text
    holds(said, "quantum", "au.example", "bob@uk.example", "relto", "originator and 2 of")
    holds(command(["inspect", target], [0], environment={"HOME": "/nonexistent", "PATH": os.environ["PATH"]}).text, "not verified")
    alliance.people["carol"].run("inspect", "--json", target).json()


@test("--json answers are JSON, on everything that answers")
def _(alliance):
    alice, source = alliance.people["alice"], alliance.write(b"x")
    target = alliance.path(".tdf")
    same(alice.encrypt(source, target, "--json").json()["splits"], 2, "splits")
    same(alice.decrypt(target, alliance.path(), "--json").json()["plain_bytes"], 1, "bytes")
    same(alice.run("why", "au.example", "quantum", "--json").json()["may"], True, "may")
    for words in (["charter", "show"], ["charter", "verify"], ["node", "status"]):
        alice.run(*words, "--json").json()
    alliance.nodes["au.example"].verify().json()
    for line in command(["node", "account", "list", "--home", alice.node.home, "--json"], [0]).text.splitlines():
        json.loads(line)


def started(words, seconds):
    """A command in the middle of its work: it waits for more input."""
    process = subprocess.Popen([program("entente"), *words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process.stdin.write(os.urandom(5 * MIB))
    process.stdin.flush()
    time.sleep(seconds)
    return process


@test("SIGKILL and SIGTERM in the middle of encrypt and decrypt: nothing under the final name, nothing beside it")
def _(alliance):
    alice = alliance.people["alice"]
    big = alliance.path(".big")
    with open(big, "wb") as file:
        file.truncate(400 * MIB)
    target = alliance.path(".tdf")
    alice.encrypt(big, target)
    for how in (signal.SIGKILL, signal.SIGTERM):
        folder = new_folder(alliance)
        out = os.path.join(folder, "out")
        process = started(["encrypt", "--profile", alice.profile, "--project", "quantum", "-o", out, "-"], 0.6)
        check(process.poll() is None, "it ended too early: %s" % process.returncode)
        process.send_signal(how)
        process.wait(timeout=20)
        same(os.listdir(folder), [], "files after encrypt and %s" % how)
        process = subprocess.Popen([program("entente"), "decrypt", "--profile", alice.profile, "-q", "-o", out, target])
        time.sleep(0.25)
        process.send_signal(how)
        process.wait(timeout=20)
        same(os.listdir(folder) in ([], ["out"] if process.returncode == 0 else []), True, "files after decrypt and %s" % how)
    os.unlink(big)
    os.unlink(target)


@test("a reader that goes away ends the command with an error, and no output is cut short in silence")
def _(alliance):
    _, target = alliance.protect(os.urandom(8 * MIB))
    process = subprocess.Popen([program("entente"), "cat", "--profile", alliance.people["alice"].profile, target], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    check(process.wait(timeout=30) != 0, "exit 0 though nobody read it all")


@test("a full disk: an error, and no file (as root, on a file system of 2 MiB)")
def _(alliance):
    if os.geteuid() != 0:
        raise Skipped("only root can mount a small file system")
    small = new_folder(alliance)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small], capture_output=True, check=False).returncode != 0:
        raise Skipped("no file system can be mounted here")
    try:
        source, target = alliance.protect(os.urandom(4 * MIB))
        for run in (lambda: alliance.people["alice"].decrypt(target, small + "/out", codes=[1]),
                    lambda: alliance.people["alice"].encrypt(source, small + "/out", codes=[1])):
            holds(run().err, "space")
            same(os.listdir(small), [], "files on the full disk")
    finally:
        subprocess.run(["umount", small], check=True)


@test("many commands of one profile at the same time take turns")
def _(alliance):
    data = os.urandom(MIB)
    _, target = alliance.protect(data)
    bob, outs = alliance.people["bob"], [alliance.path() for _ in range(8)]
    running = [subprocess.Popen([program("entente"), "decrypt", "--profile", bob.profile, "-q", "-o", out, target], stderr=subprocess.PIPE)
               for out in outs]
    for process, out in zip(running, outs):
        _, err = process.communicate(timeout=60)
        same(process.returncode, 0, "exit code", err)
        same(hashlib.sha256(read(out)).digest(), hashlib.sha256(data).digest(), "plaintext")


@test("secrets and keys are files that only their owner reads; no command prints one")
def _(alliance):
    for root, _, names in os.walk(alliance.dir):
        for name in names:
            path = os.path.join(root, name)
            if name.endswith((".key", ".pem")) or name == "secret" or os.path.basename(root) == "secrets":
                same(oct(os.stat(path).st_mode & 0o777), "0o600", path)
    secret = alliance.people["alice"].secret()
    listing = command(["node", "account", "list", "--home", alliance.people["alice"].node.home], [0])
    check(secret not in listing.text and "argon2" not in listing.text, "a secret is shown", listing)
    for node in alliance.nodes.values():
        with open(node.log, encoding="utf-8") as file:
            text = file.read()
        check("eyJ" not in text and "PRIVATE" not in text and secret not in text, "%s's log holds a token or a key" % node.member)


def shell(script, *words):
    """A command under a shell's redirections: (exit code, standard error)."""
    done = subprocess.run(["/bin/sh", "-c", script, "sh", program("entente"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          check=False)
    return done.returncode, done.stderr.decode("utf-8", "replace")


@test("an answer that nobody could read is a failure: /dev/full, closed descriptors; nothing is written into another file")
def _(alliance):
    profile = alliance.people["alice"].profile
    _, target = alliance.protect(b"x")
    for words in (["--version"], ["--help"], ["charter", "show", "--profile", profile],
                  ["decrypt", "--json", "--force", "--profile", profile, "-o", alliance.path(), target], ["cat", "--profile", profile, target]):
        same(shell('"$@" >/dev/full', *words)[0], 1, "exit code of %s >/dev/full" % words)
        same(shell('"$@" >&-', *words)[0], 1, "exit code of %s >&-" % words)
    before = {path: read(path) for path in (os.path.join(profile, "cache", "lock"), os.path.join(profile, "profile.yaml"))}
    same(shell('"$@" <&- >&- 2>&-', "decrypt", "--profile", profile, "/nonexistent")[0], 6, "exit code without any descriptor")
    same(shell('"$@" <&- >&- 2>&-', "charter", "show", "--profile", profile)[0], 1, "exit code without any descriptor")
    for path, bytes_before in before.items():
        same(read(path), bytes_before, path)


@test("what cannot work is refused at once: a profile, a clearance, an officer's key of another member, a secret open to others")
def _(alliance):
    url, genesis, alice = alliance.nodes["au.example"].url, alliance.genesis, alliance.people["alice"]
    good = {"--node": url, "--party": "au.example", "--genesis": genesis}
    for change in ({"--node": "ftp://x"}, {"--node": url + "/"}, {"--party": "AU"}, {"--genesis": "00"}, {"--issuer": "x"},
                   {"--ca-file": "/nonexistent"}):
        path = alliance.path()
        words = [word for pair in {**good, **change}.items() for word in pair]
        command(["profile", "create", path, *words], [6])
        check(not os.path.exists(path), "half a profile is there after %s" % change)
    for words in (["--url", "http://node.au.example:80"], ["--url", url, "--sync-interval", "1ms\nclock_offset: 1h"],
                  ["--url", url, "--listen", "0.0.0.0:80"], ["--url", url, "--listen", 'x"']):
        home = alliance.path()
        command(["node", "init", "--home", home, "--party", "au.example", *words], [6])
        same([name for _, _, names in os.walk(home) for name in names], [], "files after %s" % words)
    command(["node", "account", "add", "zoe", "--home", alice.node.home, "--clearance", "a\x1b[2J", "--secret-file", alliance.path()], [2])

    folder = new_folder(alliance)
    theirs = alliance.keys("uk.example")
    for words in (["charter", "note", "en Ours."], ["charter", "consent", "00" * 4], ["charter", "key", "--home", alice.node.home]):
        done = subprocess.run([program("entente"), *words, *theirs, "--profile", alliance.officer_profile("au.example")], cwd=folder,
                              capture_output=True, check=False)
        same(done.returncode, 6, "exit code of %s" % words, done.stderr)
        holds(done.stderr.decode(), "no officer of au.example")
    same(os.listdir(folder), [], "files that nobody can use")

    profile = alliance.path()
    alliance.make_profile(profile, "au.example", ["--client-id", "alice", "--secret-file", alice.secret_file])
    os.chmod(os.path.join(profile, "secret"), 0o644)
    _, target = alliance.protect(b"x")
    holds(command(["decrypt", "--profile", profile, "-o", alliance.path(), target], [6]).err, "open to others")


@test("demo FILE --serve: a file of one's own, any folder; what it prints can be typed; interrupted, it ends with 0 and its nodes with it")
def _(alliance):
    folder = os.path.join(alliance.dir, "a folder's $name")
    source = alliance.write(b"a file of one's own", """ '\\"$(x);&.bin""")
    process = subprocess.Popen([program("entente"), "demo", "--serve", "--dir", folder, source], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True)
    said = ""
    while "demo.json" not in said:
        line = process.stdout.readline()
        check(line, "the demonstration ended", said)
        said += line
    script = [line.strip() for line in said.split("In another terminal:")[1].splitlines() if line.startswith("   ")][:3]
    done = subprocess.run(["/bin/sh", "-e", "-c", "\n".join(script)], capture_output=True, check=False, timeout=60)
    same(done.returncode, 0, "exit code of what it says to type", done.stderr)
    same(read(os.path.join(folder, "drawing")), b"a file of one's own", "the file")
    with open(os.path.join(folder, "demo.json"), encoding="utf-8") as file:
        urls = [node["url"] for node in json.load(file)["nodes"]]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=40)
    same(process.returncode, 0, "exit code")
    for url in urls:
        same(subprocess.run(["/usr/bin/python3", "-c", "import sys, urllib.request as r; r.urlopen(sys.argv[1] + '/healthz', timeout=2)", url],
                            capture_output=True, check=False).returncode, 1, "a node that still answers")
