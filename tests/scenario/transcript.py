#!/usr/bin/env python3
"""Is the README's transcript what the demonstration prints?

transcript.py check BUILD    run the demonstration, compare, exit 1 with a diff
transcript.py update BUILD   write what it printed into README.md

What differs from run to run is replaced before the comparison: hashes, keys' names, uuids, times, ports, seconds, the folder.
"""
import difflib
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MARK = "<!-- transcript:"
LIMIT_S = 120

REPLACED = [
    (r"/[^ ]*entente-demo-[A-Za-z0-9]{6}", "/tmp/entente-demo"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
    (r"\b([esr])-[0-9a-f]{16}\b", r"\1-KEY"),
    (r"\b[0-9a-f]{64}\b", "HASH"),
    (r"\b[0-9a-f]{16}\b", "HASH16"),
    (r"\b[0-9a-f]{8}\b", "HASH8"),
    (r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"Done in [0-9.]+ s", "Done in N s"),
]


def normal(text):
    """Also the width of what was replaced: a folded command line may break elsewhere. Who was heard in one second with whom differs."""
    text = re.sub(r"unless (?:[a-z]+\.example\s+is\s+heard(?:\s+and\s+)?)+", "unless MEMBERS are heard\n", text)
    text = re.sub(r" \\\n +", " ", text)
    for pattern, by in REPLACED:
        text = re.sub(pattern, by, text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def demonstration(build):
    done = subprocess.run([str(pathlib.Path(build) / "entente"), "demo"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S, check=False)
    if done.returncode != 0:
        sys.exit("the demonstration failed with exit code %d:\n%s" % (done.returncode, done.stdout))
    return done.stdout


def parts(readme):
    head, found, rest = readme.partition(MARK)
    if not found:
        sys.exit("README.md has no transcript mark")
    intro, _, rest = rest.partition("```\n")
    block, _, tail = rest.partition("```\n")
    return head + found + intro + "```\n", block, "```\n" + tail


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("check", "update"):
        sys.exit(__doc__)
    path = ROOT / "README.md"
    head, block, tail = parts(path.read_text(encoding="utf-8"))
    printed = demonstration(sys.argv[2])
    if sys.argv[1] == "update":
        path.write_text(head + printed.strip("\n") + "\n" + tail, encoding="utf-8")
        return
    diff = list(difflib.unified_diff(normal(block), normal(printed), "README.md", "demonstration", lineterm=""))
    if diff:
        print("\n".join(diff))
        sys.exit(1)
    print("the transcript is what the demonstration prints: %d lines" % len(normal(printed)))


if __name__ == "__main__":
    main()
