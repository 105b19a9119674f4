"""An alliance of three members in a folder: founded, served and used by the real programs, each a process of its own.

ENTENTE_BUILD names the folder of `entente` and `ententd` (default: build).
"""

import base64
import ctypes
import glob
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import tdf_edit
import wire
from suite import Failed, check

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("ENTENTE_BUILD", os.path.join(ROOT, "build")))
HOST = "aukus.example"
PARTNERS = {"jp.example": ("Japan", "JPN"), "kr.example": ("Korea", "KOR"), "nz.example": ("New Zealand", "NZL")}
MEMBERS = {"au.example": ("Australia", "AUS"), "uk.example": ("United Kingdom", "GBR"), "us.example": ("United States", "USA")}
OFFICERS = ("doe", "poe", "roe")
CUSTODY = "originator and 2 of au.example uk.example us.example"
UNTIL = "2037-12-31T00:00:00Z"
PATIENCE_S = 20
COMMAND_LIMIT_S = 120
PR_SET_PDEATHSIG = 1


def program(name):
    return os.path.join(BUILD, name)


def wait_for(what, ready, limit=PATIENCE_S):
    """Ask until the answer is true, and give it back."""
    end = time.monotonic() + limit
    while True:
        answer = ready()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Failed("waited %d s for: %s" % (limit, what))
        time.sleep(0.05)


class Result:
    """What a command said, and how it ended."""

    def __init__(self, words, code, out, err):
        self.words, self.code, self.out, self.err = words, code, out, err.decode("utf-8", "replace")

    @property
    def text(self):
        return self.out.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.text)

    def __str__(self):
        return "$ entente %s\nexit %d\n%s%s" % (" ".join(self.words), self.code, self.text[-2000:], self.err[-2000:])


def command(words, codes, data=b"", environment=None):
    """Run `entente`; codes: the exit codes that are right, or None for any."""
    done = subprocess.run([program("entente"), *words], input=data, capture_output=True, timeout=COMMAND_LIMIT_S,
                          env=environment, check=False)
    result = Result(words, done.returncode, done.stdout, done.stderr)
    check(codes is None or done.returncode in codes, "exit code %s was to be expected" % (codes,), result)
    return result


class Node:
    """One member's `ententd`. Its port stays bound while it is down, so that nobody else takes it and nobody connects."""

    def __init__(self, directory, member):
        self.member, self.home = member, os.path.join(directory, member)
        self.log = os.path.join(directory, member + ".log")
        self.pid = 0
        self.socket = self.bind(0)
        self.port = self.socket.getsockname()[1]
        self.url = "http://127.0.0.1:%d" % self.port

    @staticmethod
    def bind(port):
        out = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        out.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        out.bind(("127.0.0.1", port))
        return out

    def start(self):
        self.start_anyway()
        self.wait_ready()

    def start_anyway(self):
        """Hand over the listening socket as systemd does: descriptor 3, LISTEN_FDS, LISTEN_PID. Whether it serves is not asked."""
        self.socket.listen(128)
        self.pid = os.fork()
        if self.pid == 0:
            self.become_daemon()
        self.socket.close()
        self.socket = None

    def become_daemon(self):
        try:
            os.dup2(self.socket.fileno(), 3)
            os.set_inheritable(3, True)
            os.dup2(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            os.closerange(4, 1024)
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
            os.execv(program("ententd"), ["ententd", "--config", os.path.join(self.home, "node.yaml")])
        finally:
            os._exit(127)

    def healthy(self):
        """It answers, and has published a view of the charter: before that nobody can work with it."""
        try:
            return all(wire.http_call(self.url + path, timeout=2).status == 200 for path in ("/healthz", "/charter/head"))
        except OSError:
            return False

    def wait_ready(self):
        def ready():
            check(self.running(), "%s's node ended: %s" % (self.member, self.last_lines()))
            return self.healthy()
        wait_for("%s's node answers /healthz" % self.member, ready)

    def running(self):
        if self.pid and os.waitpid(self.pid, os.WNOHANG)[0] != 0:
            self.pid = 0
            self.rebind()
        return self.pid != 0

    def stop(self, how=signal.SIGTERM):
        """End it and everything it started; the exit status as waitpid gives it."""
        if not self.pid:
            return 0
        os.kill(self.pid, how)
        status = self.reap()
        self.rebind()
        return status

    def reap(self):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return status
            time.sleep(0.02)
        for child in self.children() + [self.pid]:
            os.kill(child, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.pid = 0
        raise Failed("%s's node did not end in %d s: %s" % (self.member, PATIENCE_S, self.last_lines()))

    def rebind(self):
        def try_it():
            try:
                self.socket = self.bind(self.port)
                return True
            except OSError:
                return False
        wait_for("port %d of %s is free again: its processes have ended" % (self.port, self.member), try_it)

    def children(self):
        """{process name: pid} would be guessing: the pids, in the order they were started."""
        with open("/proc/%d/task/%d/children" % (self.pid, self.pid), encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]

    def events(self, name=None, since=0):
        """Its log lines, each one JSON object; since: bytes to skip."""
        with open(self.log, "rb") as file:
            file.seek(since)
            # The node goes on writing: what stands behind the last line's end is half a line still.
            lines = file.read().rpartition(b"\n")[0].decode("utf-8").splitlines()
        out = [json.loads(line) for line in lines if line]
        return [event for event in out if name is None or event.get("event") == name]

    def log_size(self):
        return os.path.getsize(self.log)

    def last_lines(self):
        if not os.path.exists(self.log):
            return "empty"
        with open(self.log, "rb") as file:
            return file.read()[-1500:].decode("utf-8", "replace")

    def set_yaml(self, key, value):
        """Set or (None) remove one line of node.yaml."""
        path = os.path.join(self.home, "node.yaml")
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file.read().splitlines() if not line.startswith(key + ":")]
        if value is not None:
            lines.append('%s: "%s"' % (key, value))
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def tail(self, count=100):
        lines = command(["audit", "tail", "--home", self.home, "-n", str(count), "--json"], [0]).text.splitlines()
        return [json.loads(line) for line in lines]

    def verify(self, codes=(0,)):
        return command(["audit", "verify", "--home", self.home, "--json"], codes)

    def counts(self):
        return self.verify().json()


class Person:
    def __init__(self, alliance, name, member, projects, nationality):
        self.alliance, self.name, self.member = alliance, name, member
        self.node = alliance.node(member)
        self.profile = os.path.join(alliance.dir, "profiles", name)
        self.secret_file = os.path.join(alliance.dir, "secrets", name)
        words = ["node", "account", "add", name, "--home", self.node.home, "--nationality", nationality, "--secret-file", self.secret_file]
        command(words + (["--projects", projects] if projects else []), [0])
        alliance.make_profile(self.profile, member, ["--client-id", name, "--secret-file", self.secret_file])

    @property
    def id(self):
        return "%s@%s" % (self.name, self.member)

    def secret(self):
        with open(self.secret_file, encoding="ascii") as file:
            return file.read().strip()

    def asker(self):
        """An independent client with a fresh key and token of this person."""
        asker = wire.Asker()
        answer = asker.fetch_token(self.node.url, self.name, self.secret())
        check(answer.status == 200, "no token for %s: %s" % (self.id, answer))
        return asker

    def encrypt(self, source, target, *options, codes=(0,), project="quantum"):
        return command(["encrypt", "--profile", self.profile, "--project", project, "-o", target, *options, source], codes)

    def decrypt(self, source, target, *options, codes=(0,)):
        return command(["decrypt", "--profile", self.profile, "-o", target, *options, source], codes)

    def run(self, *words, codes=(0,), data=b""):
        return command([*words, "--profile", self.profile], codes, data)


class Alliance:
    def __init__(self, directory=None):
        self.dir = directory or tempfile.mkdtemp(prefix="entente-scenario-")
        self.keep = directory is not None
        self.nodes, self.people = {}, {}  # members only
        self.partners = {}                # nodes of partners
        self.genesis = self.charter = None
        self.proposals = {}
        self.serial = 0

    # ---- founding ----

    def found(self):
        for folder in ("profiles", "secrets", "files"):
            os.makedirs(os.path.join(self.dir, folder), mode=0o700)
        for member in MEMBERS:
            self.make_home(member)
        self.make_genesis()
        for node in self.nodes.values():
            node.start()
        for member, node in self.nodes.items():
            self.make_profile(self.officer_profile(member), member)
            self.by_officers(member, "key", "--home", node.home)
        self.agree("quantum")
        self.make_people()
        self.wait_in_force("quantum")

    def make_home(self, member):
        node = self.nodes[member] = Node(self.dir, member)
        title, country = MEMBERS[member]
        command(["node", "init", "--home", node.home, "--party", member, "--url", node.url, "--sync-interval", "200ms",
                 "--demonstration"], [0])
        command(["charter", "init", "--home", node.home, "--title", "en " + title, "--country", country, "--officers-dir",
                 os.path.join(self.dir, "officers", member), "--quorum", "2", "-o", node.home + ".member", *OFFICERS], [0])

    def make_genesis(self):
        path = os.path.join(self.dir, "genesis")
        command(["charter", "found", "--host", HOST, "--title", "en Trilateral technology sharing", "--pillar", "i closed",
                 "--pillar", "ii open", "-o", path, *[node.home + ".member" for node in self.nodes.values()]], [0])
        for member in MEMBERS:
            command(["charter", "sign", path, *self.keys(member)], [0])
        for node in self.nodes.values():
            command(["charter", "submit", path, "--home", node.home], [0])
        with open(path, encoding="utf-8") as file:
            digest = hashlib.sha256(tdf_edit.note_parts(file.read())[0].encode("utf-8")).digest()
        self.genesis, self.charter = digest.hex(), base64.b64encode(digest).decode("ascii")

    def make_people(self):
        for name, member, projects, nationality in (
                ("alice", "au.example", "quantum", "AUS"), ("dora", "au.example", "", "AUS"),
                ("arthur", "au.example", "quantum", "AUS"), ("bob", "uk.example", "quantum", "GBR"),
                ("eve", "uk.example", "", "GBR"), ("carol", "us.example", "quantum", "USA"),
                ("dual", "us.example", "quantum", "USA,CAN")):
            self.add_person(name, member, projects, nationality)

    def add_person(self, name, member, projects, nationality):
        self.people[name] = Person(self, name, member, projects, nationality)
        return self.people[name]

    def keys(self, member, count=2):
        paths = [os.path.join(self.dir, "officers", member, name + ".key") for name in OFFICERS[:count]]
        return [word for path in paths for word in ("--key", path)]

    def officer_profile(self, member):
        return os.path.join(self.dir, "profiles", "officer-" + member)

    def make_profile(self, path, member, options=()):
        command(["profile", "create", path, "--node", self.node(member).url, "--party", member, "--genesis", self.genesis,
                 *options], [0])

    def by_officers(self, member, verb, *words, codes=(0,), count=2):
        return command(["charter", verb, *words, *self.keys(member, count), "--profile", self.officer_profile(member)], codes)

    # ---- partners ----

    def node(self, party):
        return self.nodes.get(party) or self.partners[party]

    def partner(self, party="jp.example"):
        """A partner's node with officers, holding the genesis. No member has heard of it yet."""
        node = self.partners[party] = Node(self.dir, party)
        title, country = PARTNERS[party]
        command(["node", "init", "--home", node.home, "--party", party, "--url", node.url, "--role", "issuer", "--sync-interval", "200ms",
                 "--demonstration"], [0])
        command(["charter", "init", "--home", node.home, "--title", "en " + title, "--country", country, "--officers-dir",
                 os.path.join(self.dir, "officers", party), "--quorum", "2", "-o", node.home + ".party", *OFFICERS], [0])
        command(["charter", "submit", os.path.join(self.dir, "genesis"), "--home", node.home], [0])
        node.start()
        self.make_profile(self.officer_profile(party), party)
        return node

    def propose_party(self, party="jp.example", by="au.example"):
        """The party's page as au.example's officer proposes it; its hash."""
        return self.proposed(by, party, "party", "--party-file", self.partners[party].home + ".party")

    def propose_admission(self, party="jp.example", project="quantum", *options, files="all", by="au.example"):
        """Admission to one project; its hash."""
        return self.proposed(by, "%s.%s" % (party, project), "admit", "--party", party, "--project", project, "--role", "reader",
                             "--files", files, "--until", "2030-12-31T00:00:00Z", *options)

    def proposed(self, by, name, *words):
        path = os.path.join(self.dir, name + ".proposal")
        if os.path.exists(path):
            os.remove(path)
        self.by_officers(by, "propose", *words, "-o", path, count=1)
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def consent(self, proposal, members=None):
        for member in members or MEMBERS:
            wait_for("%s hears of proposal %s" % (member, proposal[:8]),
                     lambda m=member: self.by_officers(m, "consent", proposal[:16], codes=None).code == 0)

    def admit(self, party="jp.example", project="quantum", *options):
        """Its page and its admission agreed on by all, its issuer's key published: until every member's node serves it."""
        self.consent(self.propose_party(party))
        wait_for("%s may publish its keys" % party,
                 lambda: self.by_officers(party, "key", "--home", self.partners[party].home, codes=None).code == 0)
        self.consent(self.propose_admission(party, project, *options))
        self.wait_taking_part(party, project)

    def wait_taking_part(self, party, project, takes_part=True):
        for member in MEMBERS:
            wait_for("%s %s %s, at %s" % (party, "takes part in" if takes_part else "is out of", project, member), lambda m=member: (command(
                ["why", party, project, "--profile", self.officer_profile(m)], None).code == 0) == takes_part)

    # ---- proposals ----

    def propose(self, project, *options, custody=CUSTODY):
        path = os.path.join(self.dir, project + ".proposal")
        self.by_officers("au.example", "propose", "--project", project, "--pillar", "ii", "--title", "en Research", "--participant",
                         ",".join(MEMBERS), "--custody", custody, "--fresh", "24h", "--until", UNTIL, "-o", path, *options, count=1)
        with open(path, "rb") as file:
            self.proposals[project] = hashlib.sha256(file.read()).digest()
        return self.proposals[project].hex()

    def agree(self, project, *options, custody=CUSTODY):
        """Propose, and consent for every member: each hears of the proposal from the others first."""
        self.consent(self.propose(project, *options, custody=custody))

    def wait_in_force(self, project):
        for member in MEMBERS:
            wait_for("%s in force for %s" % (project, member), lambda m=member: command(
                ["why", m, project, "--profile", self.officer_profile(m)], None).code == 0)

    def statement(self, member, act):
        """The text of a statement by this member, as of now."""
        def stamp(seconds):
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
        kind = act.split(" ", 1)[0]
        return ("charter/v1 statement %s\nby %s\ncharter %s\nepoch 1 %s\ntime %s\nnot-after %s\n%s\n" %
                (kind, member, self.charter, self.charter, stamp(0), stamp(86400), act))

    def sign_by_officers(self, member, text, count=2):
        """The note, signed without Entente's code."""
        notes = []
        for name in OFFICERS[:count]:
            signer = tdf_edit.load_signer(os.path.join(self.dir, "officers", member, name + ".key"))
            notes.append(tdf_edit.note_parts(tdf_edit.sign_note(text, *signer))[1])
        return text + "\n" + "".join(notes)

    def submit_text(self, text, member="au.example"):
        path = self.write(text.encode("utf-8"), ".txt")
        return command(["charter", "submit", path, "--profile", self.officer_profile(member)], None)

    def announce(self, proposal):
        """An officer's `note proposal`, without which no node keeps a proposal's text. Gives back its hash."""
        digest = hashlib.sha256(proposal.encode("utf-8")).digest()
        text = self.statement("au.example", "note proposal " + base64.b64encode(digest).decode("ascii"))
        result = self.submit_text(self.sign_by_officers("au.example", text, 1))
        check(result.code == 0, "the note was not accepted", result)
        return digest.hex()

    # ---- files ----

    def path(self, suffix=""):
        """A name of its own for a file."""
        self.serial += 1
        return os.path.join(self.dir, "files", "%d%s" % (self.serial, suffix))

    def write(self, data, suffix=".bin"):
        path = self.path(suffix)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def protect(self, data, person="alice", *options):
        """(path of the plaintext, path of the file)."""
        source, target = self.write(data), self.path(".tdf")
        self.people[person].encrypt(source, target, *options)
        return source, target

    def data_keys(self):
        """{kid: private key} of every node: what a reader that plays all nodes needs."""
        from cryptography.hazmat.primitives import serialization
        out = {}
        for path in glob.glob(os.path.join(self.dir, "*", "keys", "data", "*.pem")):
            with open(path, "rb") as file:
                out[os.path.basename(path)[:-4]] = serialization.load_pem_private_key(file.read(), password=None)
        return out

    def all_shares(self, tdf):
        """{sid: share} as somebody knows them who has opened the file once."""
        keys, out = self.data_keys(), {}
        for kao in tdf.kaos:
            out[kao["sid"]] = wire.unwrap(keys[kao["kid"]], kao["ephemeralPublicKey"].encode("ascii"), base64.b64decode(kao["wrappedKey"]))
        return out

    def holder(self, member):
        """(url, kid, PEM) of a member's data key, from its node."""
        node = self.nodes[member]
        answer = wire.http_call(node.url + "/kas.AccessService/PublicKey", "POST", [("Content-Type", "application/json")],
                                b'{"algorithm":"ec:secp256r1"}').json()
        return node.url, answer["kid"], answer["publicKey"].encode("ascii")

    def view(self, member):
        """The newest view that a node serves, as the seal names it."""
        head = wire.http_call(self.nodes[member].url + "/charter/head")
        check(head.status == 200, "charter/head: %s" % head)
        return base64.b64encode(bytes.fromhex(head.body.decode("ascii").split()[-1])).decode("ascii")

    def draft(self, originator="au.example", project="quantum", custody=CUSTODY):
        """A file under the custody rule `originator and 2 of` the three, not sealed yet."""
        others = [member for member in MEMBERS if member != originator]
        holders = [("1", [self.holder(member) for member in others]), ("2", [self.holder(originator)])]
        return tdf_edit.Draft(self.charter, originator, project, base64.b64encode(self.proposals[project]).decode("ascii"), custody,
                              holders, self.view(originator), HOST)

    # ---- the end ----

    def close(self):
        for node in [*self.nodes.values(), *self.partners.values()]:
            try:
                node.stop(signal.SIGTERM)
            except Failed:
                pass
            if node.socket is not None:
                node.socket.close()
        if not self.keep:
            shutil.rmtree(self.dir, ignore_errors=True)
