"""An alliance of three members as the demonstration leaves it, its nodes started again, and what they cost."""

import http.client
import os
import re
import signal
import socket
import subprocess
import time

MEMBERS = ("au.example", "uk.example", "us.example")
PATIENCE_S = 30
TIME_WAIT_S = 60  # of Linux
TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """The measurement cannot be made; the text says why."""


def found(build, folder, payload):
    """Let `entente demo` found it: homes, accounts, profiles, and a file that alice may open."""
    done = subprocess.run([os.path.join(build, "entente"), "demo", "--dir", folder, payload], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
    if done.returncode != 0:
        raise Failed("entente demo ended with %d:\n%s" % (done.returncode, done.stdout.decode("utf-8", "replace")[-2000:]))
    files = [name for name in os.listdir(folder) if name.endswith(".tdf")]
    if len(files) != 1:
        raise Failed("the demonstration left %d protected files in %s, not one" % (len(files), folder))
    return os.path.join(folder, files[0])


class Node:
    def __init__(self, build, folder, member):
        self.program, self.home, self.member = os.path.join(build, "ententd"), os.path.join(folder, member), member
        self.config = os.path.join(self.home, "node.yaml")
        self.process = None
        self.rest()
        with open(self.config, encoding="utf-8") as file:
            self.address = re.search(r'^listen: "?([0-9.]+:[0-9]+)"?$', file.read(), re.M)[1]

    def rest(self):
        """As in production: peers are pulled every 30 s, not five times a second."""
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(re.sub(r"^sync_interval:.*$", "sync_interval: 30s", text, flags=re.M))

    def wait_for_port(self):
        """What remains of the demonstration's connections holds its ports for a minute (TIME_WAIT)."""
        host, port = self.address.split(":")
        end = time.monotonic() + TIME_WAIT_S + 1
        while True:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((host, int(port)))
                    return
                except OSError as why:
                    if time.monotonic() > end:
                        raise Failed("%s is not free: %s" % (self.address, why)) from why
            time.sleep(0.2)

    def start(self):
        """Seconds from exec to the first 200 of /healthz."""
        self.wait_for_port()
        with open(os.path.join(self.home, "bench.log"), "ab") as log:
            begin = time.monotonic()
            self.process = subprocess.Popen([self.program, "--config", self.config], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=log)
        while not self.healthy():
            if self.process.poll() is not None:
                raise Failed("%s's node ended with %d: %s" % (self.member, self.process.returncode, self.last_words()))
            if time.monotonic() - begin > PATIENCE_S:
                raise Failed("%s's node does not answer /healthz" % self.member)
            time.sleep(0.0005)
        return time.monotonic() - begin

    def last_words(self):
        with open(os.path.join(self.home, "bench.log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-500:].strip()

    def healthy(self):
        connection = http.client.HTTPConnection(self.address, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def cpu_s(self):
        """{process name: user and system seconds} of the parent and everything that it started."""
        out = {}
        for pid, fields in stats():
            if pid == self.process.pid or int(fields[1]) == self.process.pid:
                out[process_name(pid)] = (int(fields[11]) + int(fields[12])) / TICK
        return out


def stats():
    """(pid, fields of /proc/<pid>/stat behind the name) of every process."""
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name, encoding="ascii", errors="replace") as file:
                yield int(name), file.read().rpartition(")")[2].split()
        except OSError:
            pass  # it has ended meanwhile


def process_name(pid):
    with open("/proc/%d/cmdline" % pid, "rb") as file:
        words = file.read().decode("utf-8", "replace").split("\0")
    return words[words.index("--process") + 1] if "--process" in words else "parent"


class Alliance:
    def __init__(self, build, folder, payload):
        self.build, self.folder = build, folder
        self.file = found(build, folder, payload)
        self.nodes = {member: Node(build, folder, member) for member in MEMBERS}

    def profile(self, person):
        return os.path.join(self.folder, "profiles", person)

    def start(self):
        for node in self.nodes.values():
            node.start()

    def stop(self):
        for node in self.nodes.values():
            node.stop()
