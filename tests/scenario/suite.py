"""A list of named tests, and what runs it: one line for each, and `N passed, N failed` at the end."""

import sys
import time
import traceback


class Failed(Exception):
    """What was to be shown is not so."""


class Skipped(Exception):
    """It cannot be shown on this machine; the text says why."""


def check(condition, text, *details):
    if not condition:
        raise Failed("\n".join([text] + [str(detail) for detail in details]))


def same(got, wanted, text, *details):
    check(got == wanted, "%s: got %r, not %r" % (text, got, wanted), *details)


def holds(text, *words):
    """Every word stands in the text, whatever its case."""
    for word in words:
        check(word.lower() in text.lower(), "%r is not said in: %s" % (word, text.strip()))


class Suite:
    def __init__(self, wanted=(), times=False):
        self.wanted = wanted  # parts of names; none: all
        self.times = times    # say how long each took
        self.passed = self.failed = self.skipped = 0

    def run(self, tests, *arguments):
        for name, function in tests:
            if not self.wanted or any(word in name for word in self.wanted):
                self.run_one(name, function, arguments)

    def run_one(self, name, function, arguments=()):
        """True: it is so."""
        begin = time.monotonic()
        try:
            function(*arguments)
        except Skipped as why:
            self.skipped += 1
            self.say("SKIP", name, begin, str(why))
            return False
        except Failed as why:
            self.failed += 1
            self.say("FAIL", name, begin, str(why))
            return False
        except Exception:
            self.failed += 1
            self.say("FAIL", name, begin, traceback.format_exc())
            return False
        self.passed += 1
        self.say("ok", name, begin)
        return True

    def say(self, result, name, begin, details=""):
        print("%-4s %s%s" % (result, name, " (%.1f s)" % (time.monotonic() - begin) if self.times else ""))
        for line in details.splitlines():
            print("       " + line)
        sys.stdout.flush()

    def end(self):
        if self.skipped:
            print("%d skipped" % self.skipped)
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 0 if self.failed == 0 and self.passed > 0 else 1


def collector():
    """A module's list of tests, and the decorator that fills it with functions under the names that people read."""
    tests = []

    def test(name):
        def keep(function):
            tests.append((name, function))
            return function
        return keep
    return tests, test
