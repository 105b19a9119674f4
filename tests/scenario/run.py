#!/usr/bin/python3
"""Scenario tests: three members' nodes, real processes, real commands, and attackers.

    run.py [--dir DIR] [--times] [WORD...]      WORDs: only tests whose name holds one of them
"""

import argparse
import os
import signal
import sys

import test_attacks
import test_clock
import test_commands
import test_logs
import test_officers
import test_open
import test_partner_node
import test_records
import test_refuse
import test_requests
import test_story
import test_tamper
import test_time
import test_tokens
import test_why
import test_writer
from alliance import Alliance, program
from suite import Suite

# In this order: what damages the alliance comes last; a log that was ahead of its time takes no statement until then (C-7).
MODULES = (test_open, test_why, test_commands, test_officers, test_refuse, test_tokens, test_requests, test_records, test_tamper,
           test_writer, test_logs, test_partner_node, test_attacks, test_story, test_time, test_clock)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dir", help="keep everything in this folder, which must not exist yet")
    parser.add_argument("--times", action="store_true", help="say how long each test took")
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    for name in ("entente", "ententd"):
        if not os.access(program(name), os.X_OK):
            sys.exit("%s is not there: build first, or set ENTENTE_BUILD" % program(name))
    if arguments.dir:
        os.makedirs(arguments.dir)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    suite, alliance = Suite(arguments.words, arguments.times), Alliance(arguments.dir)
    try:
        if suite.run_one("three members found an alliance, agree on a project and serve it", alliance.found):
            for module in MODULES:
                suite.run(module.tests, alliance)
    finally:
        alliance.close()
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
