"""The long story, told as dates: what everybody asked about an invitation, answered for each of them, offline, from one verified copy."""

import os
import shutil
import time

from alliance import Node, command, wait_for
from moved import DAY, MovedAlliance, stamp
from suite import check, collector, holds, same

tests, test = collector()
PARTNER = "jp.example"
DAYS = 100  # how long ago it began


class Story:
    """What happened on which day, and what was true then."""

    def __init__(self, alliance):
        self.alliance, self.begin = alliance, alliance.now()
        self.dates = []

    def day(self, number):
        self.alliance.move_to(self.begin + number * DAY)

    def said(self, member, *words, count=2):
        """The hash of a statement or proposal that this member's officers made."""
        return self.alliance.by_officers(member, *words, "--json", count=count).json()["hash"]

    def consents(self, member, proposal):
        wait_for("%s consents" % member, lambda: self.alliance.by_officers(member, "consent", proposal[:16], codes=None).code == 0)

    def now(self, what, state, *words):
        """Everybody's nodes say so by now; it is asked for again when all is over."""
        def ready():
            answer = self.alliance.people["alice"].run("why", PARTNER, "quantum", "--json", codes=None)
            return answer.code in (0, 3) and answer.json()["state"] == state
        wait_for("%s: %s is %s in quantum" % (what, PARTNER, state), ready)
        time.sleep(1)  # a time is whole seconds: what took effect in this one is over
        copy = os.path.join(self.alliance.dir, "profiles", "day-%d" % len(self.dates))
        shutil.copytree(self.alliance.people["alice"].profile, copy)
        self.dates.append((what, stamp(self.alliance.now()), state, words, copy))


def make_partner(alliance):
    """A partner's node and officers; the members know nothing of it yet. Gives back the file of its lines."""
    node = alliance.nodes[PARTNER] = Node(alliance.dir, PARTNER)
    command(["node", "init", "--home", node.home, "--party", PARTNER, "--url", node.url, "--role", "issuer", "--sync-interval", "200ms",
             "--demonstration"], [0])
    alliance.set_clock(node)
    lines = node.home + ".lines"
    command(["charter", "init", "--home", node.home, "--title", "en Japan", "--country", "JPN", "--officers-dir",
             os.path.join(alliance.dir, "officers", PARTNER), "--quorum", "2", "-o", lines, "doe", "poe", "roe"], [0])
    command(["charter", "submit", os.path.join(alliance.dir, "genesis"), "--home", node.home], [0])
    node.start()
    alliance.make_profile(alliance.officer_profile(PARTNER), PARTNER)
    return lines


def invitation(story, lines):
    """Rumour, consultation, proposal."""
    story.now("nothing is said yet", "none")
    story.day(2)
    story.said("us.example", "note", "en The newspapers write of Japan.")
    story.now("a rumour", "none")
    story.day(5)
    story.said("au.example", "note", "en We begin to consult on jp.example in quantum.", count=1)
    story.now("consultation", "consulted")
    story.day(10)
    party = story.said("au.example", "propose", "party", lines, count=1)
    admit = story.said("au.example", "propose", "admit", "--party", PARTNER, "--project", "quantum", "--role", "reader", "--files", "all",
                       "--requires", "posture-2 from 1", "--until", "2037-01-01T00:00:00Z", count=1)
    story.now("a proposal", "proposed", "au.example", "uk.example", "us.example", "consent")
    return party, admit


def refusal(story, party, admit):
    """Two consent. The third says why not, and consents later."""
    story.day(12)
    for member in ("au.example", "uk.example"):
        story.consents(member, party)
        story.consents(member, admit)
    story.said("us.example", "note", "en Not yet: we must see their rules on export first.", count=1)
    story.now("one member's refusal", "proposed", "us.example")
    story.day(30)
    story.consents("us.example", party)
    story.consents("us.example", admit)
    story.now("consents, and no accreditation", "lapsed", "posture-2", "accredit")
    story.day(31)  # as of a date is by a horizon of two minutes: what follows at once would count already
    story.said("us.example", "accredit", PARTNER, "posture-2", "--until", stamp(story.begin + 70 * DAY))
    story.now("admission", "active")


def incident(story):
    story.day(45)
    stop = story.said("uk.example", "stop", "partner", PARTNER, "--reason", "en incident 12", count=1)
    story.now("an incident", "suspended", "uk.example", "incident 12", "resume")
    story.day(50)
    story.said("uk.example", "resume", stop[:16])
    story.now("resumption", "active")


def ending(story):
    story.day(71)
    story.now("an accreditation that ran out", "lapsed", "posture-2", "accredit")
    story.day(75)
    story.said("us.example", "accredit", PARTNER, "posture-2", "--until", stamp(story.begin + 300 * DAY))
    story.now("it is accredited again", "active")
    story.day(90)
    story.said(PARTNER, "withdraw", "project", "quantum", "--reason", "en Our parliament has decided otherwise.")
    story.now("its own withdrawal", "withdrawn")
    story.day(95)
    story.said("au.example", "note", "en We regret that jp.example has left quantum.", count=1)
    story.now("nothing brings it back", "withdrawn")


@test("the long story, from a rumour to the partner's own withdrawal: every date is answered offline, from one copy of the charter")
def _(_):
    # C-51: as of a date; C-58, C-59: the partner's states; C-60, C-61: stop and resume; C-63: withdrawal; C-64: accreditation
    with MovedAlliance(-DAYS * DAY) as alliance:
        alliance.found()
        story = Story(alliance)
        lines = make_partner(alliance)
        party, admit = invitation(story, lines)
        refusal(story, party, admit)
        incident(story)
        ending(story)
        alliance.move(0)
        alice = alliance.people["alice"]
        wait_for("the withdrawal is known today", lambda: "withdrawn" in alice.run("why", PARTNER, "quantum", codes=None).text)
        for node in alliance.nodes.values():
            node.stop()
        ask_every_date(alice, story)
        ask_ahead(alice)
        read_history(alice)


def ask_every_date(alice, story):
    for what, date, state, words, copy in story.dates:
        # The copy of that day, and today's: a text counts from when somebody named it (C-51, C-58).
        ask_date(copy, what, date, state, words)
        ask_date(alice.profile, what, date, state, words)
        # A member's own part is none of the partner's story.
        alice.run("why", "uk.example", "quantum", "--at", date, "--offline")


def ask_date(profile, what, date, state, words):
    asked = ["why", PARTNER, "quantum", "--at", date, "--offline", "--profile", profile]
    code = 0 if state == "active" else 3
    answer = command(asked + ["--json"], [code]).json()
    same(answer["state"], state, "%s, %s" % (what, date))
    same((answer["may"], answer["at"], answer["as_of"]), (code == 0, date, "then"), "%s, %s" % (what, date))
    said = command(asked, [code])
    holds(said.text, date, "as of then", *words)
    # What never was is not said to have ended.
    begins = "not accredited" if what == "consents, and no accreditation" else state
    if state not in ("active", "none", "consulted"):
        check("\n  - %s: " % begins in said.text, "%s does not begin a line" % begins, said)


def ask_ahead(alice):
    """At a time ahead nobody is heard any more, and that is what is said."""
    said = alice.run("why", "au.example", "quantum", "--at", "2037-06-01T00:00:00Z", "--offline", codes=[3])
    holds(said.text, "unheard", "if nothing more is heard")


def read_history(alice):
    text = alice.run("charter", "history", "--offline").text
    place = -1
    for words in ("The newspapers write of Japan.", "We begin to consult on jp.example", "see their rules on export", "incident 12",
                  "Our parliament has decided otherwise.", "We regret"):
        found = text.find(words)
        check(found > place, "%r does not stand in its place in the history" % words, text[:4000])
        place = found
