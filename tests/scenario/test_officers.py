"""What officers do: propose, consent, stop, resume, accredit, withdraw; alone, two by file, and read back in words."""

import json
import os
import pty
import subprocess

from alliance import MEMBERS, UNTIL, command, program, wait_for
from suite import check, collector, holds, same

tests, test = collector()
AU, UK, US, KR = "au.example", "uk.example", "us.example", "kr.example"
COLUMNS = 79
IMITATION = "en ok" + 72 * " " + "au.example: 2 of 2 signatures doe poe" + 60 * " " + "VOID: nothing of this counts"


def said(alliance, *words, member=AU, codes=(0,)):
    return command([*words, "--profile", alliance.officer_profile(member)], codes)


def shown(alliance, member=AU):
    return said(alliance, "charter", "show", "--json", member=member).json()


def history(alliance, *words, member=AU):
    return said(alliance, "charter", "history", "--json", *words, member=member).json()


def sonar(alliance):
    """A project of these tests' own."""
    if "sonar" not in alliance.proposals:
        alliance.agree("sonar")
        alliance.wait_in_force("sonar")
    return alliance.proposals["sonar"].hex()


def terminal(words):
    """What the command says to a terminal of 80 columns."""
    master, slave = pty.openpty()
    with subprocess.Popen([program("entente"), *words], stdin=slave, stdout=slave, stderr=slave) as process:
        os.close(slave)
        out = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            out += piece
        os.close(master)
        process.wait(timeout=60)
    return out.decode("utf-8").replace("\r\n", "\n")


def narrow(text):
    for line in text.splitlines():
        # One word may be longer than a line: a path, a URL, a hash behind its name.
        check(len(line) <= COLUMNS or len(line.split()) <= 2, "a line of %d columns: %s" % (len(line), line))


@test("officers: a wrong word, no key, an unknown hash, a foreign key: said at once, and no file is left")
def _(alliance):
    folder, hexes = alliance.path(), "00" * 4
    os.mkdir(folder)
    profile = ["--profile", alliance.officer_profile(AU)]
    key = alliance.keys(AU, 1)
    for words, code, hint in (
            (["propose", "world"], 2, "cannot be proposed"), (["propose", "party"], 2, "is missing"),
            (["propose", "admit", "x"], 2, "one word too many"), (["propose", "--party-file", "x"], 2, "no place here"),
            (["propose", "party", "/nonexistent", *key], 6, "/nonexistent"), (["propose", "profile", *key], 2, "is missing"),
            (["propose", "admit", "--party", "zz.example", "--project", "quantum", "--until", UNTIL, *key], 6, "no party zz.example"),
            (["consent", hexes], 2, "--key"), (["consent", hexes, *key], 6, "no proposal 00000000"), (["consent", "12", *key], 2, "8 or more digits"),
            (["withdraw"], 2, "is missing"), (["withdraw", "project", *key], 2, "which project"), (["withdraw", hexes, *key], 6, "no statement"),
            (["withdraw", "membership", "now", *key], 2, "one word too many"), (["withdraw", "charter", *key], 2, "withdraws from membership"),
            (["stop", "partner"], 2, "is missing"), (["stop", "world", "x", *key], 2, "cannot be stopped"),
            (["stop", "partner", "zz.example", *key], 6, "no party zz.example is known here"), (["stop", "project", "zz", *key], 6, "no project zz"),
            (["stop", "person", "ann", *key], 2, "no person"), (["stop", "file", "/nonexistent", *key], 6, "/nonexistent"),
            (["stop", "key", "nobody", *key], 6, "part of 0"), (["stop", "person", "ann@au.example"], 2, "--key"),
            (["resume", hexes, *key], 6, "no stop of your own"), (["accredit", KR, *key], 2, "is missing"),
            (["accredit", UK, "posture-2", *key], 2, "--until"), (["key", "melt", "e-1", *key], 2, "retire or destroy"),
            (["key", "retire", *key], 2, "which key"), (["key", "retire", "e-0000000000000000", *key], 6, "has published no key"),
            (["note", hexes, *key], 6, "no proposal"), (["note", "en ", *key], 2, "language and words"),
            (["history", "--since", "yesterday"], 2, "no time"), (["sign", "/nonexistent", *key], 6, "/nonexistent")):
        done = subprocess.run([program("entente"), "charter", *words, *profile], cwd=folder, capture_output=True, check=False,
                              stdin=subprocess.DEVNULL)
        same(done.returncode, code, "exit code of %s" % words, done.stderr)
        holds(done.stderr.decode(), hint)
        same(os.listdir(folder), [], "files after %s" % words)


@test("officers: a second proposal of a held name is refused before it is announced, and so is one without a say about old files")
def _(alliance):
    key = alliance.keys(AU, 1)
    sonar(alliance)
    size = shown(alliance)["members"][0]["statements"]
    holds(said(alliance, "charter", "propose", "--project", "sonar", "--pillar", "ii", "--title", "en S", "--participant", ",".join(MEMBERS),
               "--custody", "all of au.example uk.example", "--until", UNTIL, *key, codes=[3]).err, "--replaces")
    holds(said(alliance, "charter", "propose", "profile", "posture-2", "--title", "en P", "--evidence", program("entente"), *key, codes=[3]).err,
          "rule profile")
    same(shown(alliance)["members"][0]["statements"], size, "entries of the log: something was announced")


@test("officers: two sign one after the other by file, one of them on a machine without a network; then it is handed over")
def _(alliance):
    hexes, folder = sonar(alliance), alliance.path()
    os.mkdir(folder)
    note = os.path.join(folder, "consent.note")
    done = said(alliance, "charter", "consent", hexes[:8], "--until", "2030-01-01T00:00:00Z", "--reason", IMITATION, "--offline", "-o", note,
                *alliance.keys(AU, 1))
    holds(done.text, "au.example: 1 of 2 signatures doe; 1 more of poe roe", "entente charter sign " + note, "custody originator and 2 of")
    holds(said(alliance, "charter", "submit", note, codes=[3]).err, "needs the signatures of 2")
    holds(command(["charter", "sign", note, *alliance.keys(UK, 1)], [6]).err, "no officer of au.example")
    alone = command(["charter", "sign", note, *alliance.keys(AU)[2:]], [0], environment={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})
    holds(alone.text, "au.example consents to a proposal", "custody originator and 2 of")
    for text in (done.text, alone.text):
        check(not [line for line in text.splitlines() if line.lstrip().startswith(("au.example: 2 of 2", "VOID"))], "imitated", text)
    holds(said(alliance, "charter", "sign", note, *alliance.keys(AU)[2:]).text, "au.example: 2 of 2 signatures doe poe")
    holds(said(alliance, "charter", "submit", note).text, "consents to project sonar", "at index")
    told = [item for item in history(alliance) if item["act"] == "consent" and item["reason"]][-1]
    same((told["officers"], told["void"], told["log"]), ("doe, poe", None, AU), "what history tells")
    holds(told["cite"], "au ")


@test("officers: one stops and a quorum resumes; nobody else lifts it, and a second stop by the same officer is refused")
def _(alliance):
    sonar(alliance)
    done = said(alliance, "charter", "stop", "project", "sonar", "--reason", "en Incident 12.", *alliance.keys(UK, 1), member=UK)
    holds(done.text, "uk.example stops project sonar", "1 of 1 signatures doe", 'reason (en): "Incident 12."')
    holds(said(alliance, "charter", "stop", "project", "sonar", *alliance.keys(UK, 1), member=UK, codes=[3]).err, "one is enough")
    wait_for("au.example's node has heard it", lambda: shown(alliance)["stops"])
    stop = shown(alliance)["stops"][0]["hash"]
    text = said(alliance, "charter", "show").text
    holds(text, stop[:16] + ": uk.example stops project sonar", "by doe (uk ", "lifted by 2 officers of uk.example", "suspended")
    same(said(alliance, "why", AU, "sonar", codes=[3]).code, 3, "exit code")
    holds(said(alliance, "charter", "resume", stop[:8], *alliance.keys(AU), codes=[3]).err, "a stop by uk.example")
    holds(said(alliance, "charter", "resume", "00" * 4, *alliance.keys(UK), member=UK, codes=[6]).err, stop[:16])
    note = alliance.path(".note")
    holds(said(alliance, "charter", "resume", stop[:8], "-o", note, *alliance.keys(UK, 1), member=UK).text, "1 more of poe roe")
    holds(said(alliance, "charter", "sign", note, *alliance.keys(UK)[2:], member=UK).text, "lifts its stop " + stop[:16])
    said(alliance, "charter", "submit", note, member=UK)
    wait_for("au.example's node has heard it", lambda: not shown(alliance)["stops"])
    wait_for("sonar goes on", lambda: said(alliance, "why", AU, "sonar", codes=None).code == 0)
    holds(said(alliance, "charter", "history").text, "lifts its stop %s (uk " % stop[:16])


@test("officers: a stop as a file reaches another member's node, by anybody's profile")
def _(alliance):
    note = alliance.path(".note")
    said(alliance, "charter", "stop", "person", "zoe@uk.example", "--offline", "-o", note, *alliance.keys(UK, 1), member=UK)
    done = command(["charter", "submit", note, "--profile", alliance.people["carol"].profile], [0])
    holds(done.text, "uk.example stops person zoe@uk.example")
    wait_for("us.example's log holds it", lambda: [item for item in history(alliance, member=US) if item["log"] == US and item["by"] == UK])
    told = [item for item in history(alliance, member=US) if item["log"] == US and item["by"] == UK][0]
    same((told["void"], told["officers"]), (None, "doe"), "what history tells")
    holds(told["words"], "heard: uk.example stops person zoe@uk.example")
    stop = [item["hash"] for item in shown(alliance, US)["stops"] if "zoe" in item["words"]][0]
    command(["charter", "resume", stop, *alliance.keys(UK), "--profile", alliance.officer_profile(UK)], [0])


@test("officers: stop of a file by its path, of a key by a part of its name; an officer's key by the others only")
def _(alliance):
    _, target = alliance.protect(b"x")
    uuid = alliance.people["alice"].run("inspect", "--json", target).json()["uuid"]
    note = alliance.path(".note")
    words = ["--offline", "-o", note]
    holds(said(alliance, "charter", "stop", "file", target, *words, *alliance.keys(AU, 1)).text, "stops file " + uuid)
    os.unlink(note)
    holds(said(alliance, "charter", "stop", "key", "roe", *words, *alliance.keys(AU)).text, "stops key au.example/officer/roe+",
          "2 of 2 signatures doe poe")
    os.unlink(note)
    holds(said(alliance, "charter", "stop", "key", "doe", *words, *alliance.keys(AU), codes=[2]).err, "signed by the others")
    check(not os.path.exists(note), "a file that nobody can use")


@test("officers: what is final is said before it is signed; at a terminal nothing but yes goes on")
def _(alliance):
    note = alliance.path(".note")
    words = ["charter", "withdraw", "membership", "--offline", "-o", note, *alliance.keys(AU), "--profile", alliance.officer_profile(AU)]
    done = command(words, [0])
    holds(done.err, "cannot be taken back")
    holds(done.text, "withdraws from membership, for ever", "cannot be taken back", "entente charter submit " + note)
    os.unlink(note)
    master, slave = pty.openpty()
    with subprocess.Popen([program("entente"), *words], stdin=slave, stdout=subprocess.PIPE, stderr=slave) as process:
        os.write(master, b"no\n")
        same(process.wait(timeout=60), 2, "exit code")
    os.close(slave)
    os.close(master)
    check(not os.path.exists(note), "it was signed")


@test("officers: a partner's whole way, as show and history tell it; who has yet to consent is named exactly")
def _(alliance):
    hexes = sonar(alliance)
    node = alliance.partner(KR)
    party = alliance.propose_party(KR)
    pending = wait_for("it is pending", lambda: [item for item in shown(alliance)["proposals"] if item["proposal"] == party])[0]
    same((pending["state"], pending["consents_needed"]), ("proposed", 3), "a new proposal")
    alliance.consent(party, [AU])
    holds(said(alliance, "charter", "show").text, "party kr.example (%s): proposed" % party[:16], "yet to consent: uk.example us.example\n")
    alliance.consent(party, [UK, US])
    wait_for("kr.example publishes its keys", lambda: alliance.by_officers(KR, "key", "--home", node.home, codes=None).code == 0)
    admission = alliance.propose_admission(KR, "sonar", "--requires", "posture-2 from 2")
    alliance.consent(admission)
    for member in (AU, UK):
        alliance.by_officers(member, "accredit", KR, "posture-2", "--until", alliance.statement(AU, "x").split("not-after ")[1].split("\n")[0])
    alliance.wait_taking_part(KR, "sonar")
    text = said(alliance, "charter", "show").text
    holds(text, "partners\n  kr.example (KOR): active", "    kr.example: active, reader\n", "kr.example for posture-2 by uk.example",
          "within the next 7 days", "the accreditation of kr.example for posture-2 by au.example ends")
    project = [item for item in shown(alliance)["projects"] if item["proposal"] == hexes][0]
    same({item["party"]: item["state"] for item in project["parties"]}, {AU: "active", UK: "active", US: "active", KR: "active"}, "who takes part")
    # Its own officers speak for it alone.
    profile = ["--profile", alliance.officer_profile(KR)]
    holds(command(["charter", "stop", "project", "sonar", *alliance.keys(KR, 1), *profile], [3]).err, "stops itself")
    holds(command(["charter", "consent", party, *alliance.keys(KR), *profile], [2]).err, "only members consent")
    command(["charter", "withdraw", "charter", *alliance.keys(KR), *profile], [0])
    alliance.wait_taking_part(KR, "sonar", takes_part=False)
    holds(said(alliance, "charter", "show").text, "WITHDRAWN from the charter, for ever", "kr.example: withdrawn, reader")
    words = [item["words"] for item in history(alliance)]
    for start in ("announces party kr.example", "consents to party kr.example", "announces admission of kr.example to sonar",
                  "accredits kr.example for posture-2", "withdraws from the charter, for ever"):
        check([line for line in words if line.startswith(start)], "%r is not told" % start, json.dumps(words, indent=1))
    same([item["void"] for item in history(alliance) if item["log"] == KR], [None] * len([1 for item in history(alliance) if item["log"] == KR]),
         "a partner's statements")


@test("officers: everything fits 80 columns of a terminal, and nobody's words begin a line")
def _(alliance):
    profile = ["--profile", alliance.officer_profile(AU)]
    said(alliance, "charter", "note", IMITATION, *alliance.keys(AU, 1))
    for words in (["charter", "show"], ["charter", "history"], ["charter", "verify"], ["charter", "stop", "person", "alice", *alliance.keys(AU, 1)]):
        text = terminal([*words, *profile])
        narrow(text)
        for line in text.splitlines():
            check(not line.lstrip().startswith(("VOID: nothing", "au.example: 2 of 2")), "imitated", line)
    for words in (["--help"], ["charter", "--help"], ["charter", "propose", "--help"], ["charter", "stop", "--help"], ["charter", "withdraw", "--help"]):
        narrow(command(words, [0]).text)


@test("officers: history since a time tells less, and offline the same")
def _(alliance):
    everything = history(alliance)
    same(history(alliance, "--offline"), everything, "offline")
    times = [item["time"] for item in everything]
    same(times, sorted(times), "order")
    same(history(alliance, "--since", times[-1]), [item for item in everything if item["time"] >= times[-1]], "since the last")
    holds(said(alliance, "charter", "history", "--since", "2099-01-01T00:00:00Z").text, "no statements since")
