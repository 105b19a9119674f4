"""An alliance of its own whose time can be moved on, and whose members can be cut off from the network.

Nodes move by `clock_offset`, which homes of demonstrations have; people's machines by a clock of their own (moved_clock.c).
"""

import calendar
import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import time

from alliance import Alliance, Node, wait_for
from suite import Failed, Skipped

HOUR, DAY = 3600, 86400
CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
LIBC = ctypes.CDLL(None, use_errno=True)


def stamp(unix_s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix_s))


def unix(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


class MovedAlliance(Alliance):
    """with MovedAlliance(offset) as alliance: founded when every clock differs from ours by offset seconds."""

    def __init__(self, offset_s=0):
        super().__init__()
        self.offset_s, self.saved, self.cut_off = offset_s, {}, set()

    def __enter__(self):
        shim = os.path.join(self.dir, "moved_clock.so")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "moved_clock.c")
        try:
            done = subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, source], capture_output=True, text=True, check=False)
            said = done.stderr if done.returncode != 0 else None
        except OSError as why:
            said = str(why)
        if said is not None:
            self.close()
            raise Skipped("no C compiler to give the command line a clock of its own: " + said[:200])
        for name, value in (("LD_PRELOAD", shim), ("ENTENTE_TEST_CLOCK_S", str(self.offset_s)),
                            ("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")):
            self.saved[name] = os.environ.get(name)
            os.environ[name] = value
        return self

    def __exit__(self, *arguments):
        self.close()
        for name, value in self.saved.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value

    def now(self):
        return int(time.time()) + self.offset_s

    def make_home(self, member):
        super().make_home(member)
        self.set_clock(self.nodes[member])

    def set_clock(self, node):
        node.set_yaml("clock_offset", "%ds" % self.offset_s)

    def move(self, offset_s):
        """Every machine's clock differs by that much from now on. Nodes start again with it, each in the network where it was."""
        for node in self.nodes.values():
            node.stop()
        self.offset_s = offset_s
        os.environ["ENTENTE_TEST_CLOCK_S"] = str(offset_s)
        for node in self.nodes.values():
            self.set_clock(node)
            if node.member in self.cut_off:
                start_alone(node)
            else:
                node.start()

    def move_to(self, unix_s):
        self.move(unix_s - int(time.time()))

    def cut(self, member):
        """This member's node goes on in a network where nobody else is."""
        self.nodes[member].stop()
        self.cut_off.add(member)
        start_alone(self.nodes[member])

    def join(self, member):
        self.nodes[member].stop()
        self.cut_off.discard(member)
        self.nodes[member].start()


# ---- a network of its own ----

def start_alone(node):
    """As Node.start_anyway, but it listens in the new network: who connects from ours is refused by the kernel."""
    if os.geteuid() != 0:
        raise Skipped("only root may look into another network")
    node.pid = os.fork()
    if node.pid == 0:
        try:
            if LIBC.unshare(CLONE_NEWNET) != 0:
                os._exit(126)
            loopback_up()
            node.socket = Node.bind(node.port)
            node.socket.listen(128)
            node.become_daemon()
        finally:
            os._exit(127)

    def ready():
        if not node.running():
            raise Failed("%s's node ended in its own network: %s" % (node.member, node.last_lines()))
        with inside(node):
            return node.healthy()
    wait_for("%s's node answers in its own network" % node.member, ready)


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


@contextlib.contextmanager
def inside(node):
    """What is done here is done in the network where this node is alone."""
    ours = os.open("/proc/self/ns/net", os.O_RDONLY)
    theirs = os.open("/proc/%d/ns/net" % node.pid, os.O_RDONLY)
    try:
        if LIBC.setns(theirs, CLONE_NEWNET) != 0:
            raise Failed("setns: " + os.strerror(ctypes.get_errno()))
        yield
    finally:
        LIBC.setns(ours, CLONE_NEWNET)
        os.close(ours)
        os.close(theirs)
