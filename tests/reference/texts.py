"""The charter's texts and notes, read from docs/charter-spec-grammar.md; shares nothing with the C code.

parse(text) gives a Text or raises Bad. note(data, ...) splits and verifies a signed note.
"""
import base64
import functools
import hashlib
import re
import unicodedata
from datetime import datetime, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

assert unicodedata.unidata_version == "14.0.0", "the texts' characters are those of Unicode 14.0.0"
NOTE_MAX, EPOCH_MAX, LINES_MAX, SIGNATURES_MAX, SPKI_MAX = 65535, 262144, 4096, 64, 600
DAY = 86400


class Bad(Exception):
    """A text or note that is not valid, and why."""


def need(good, why):
    if not good:
        raise Bad(why)


def sha256(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.b64encode(data).decode()


@functools.lru_cache(100000)
def unb64(word):
    """Standard base64 with its padding, one spelling for each value."""
    try:
        data = base64.b64decode(word, validate=True)
    except ValueError:
        raise Bad("base64") from None
    need(b64(data) == word, "base64")
    return data


# ---- Ed25519 points: canonical, and not of small order ----

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P


def point(key):
    y = int.from_bytes(key, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    need(y < P, "point")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    need(x * x % P == square and not (x == 0 and sign), "point")
    return (P - x if x & 1 != sign else x), y


def double(a):
    x, y = a
    k = D * x * x * y * y
    return 2 * x * y * pow(1 + k, P - 2, P) % P, (y * y + x * x) * pow(1 - k, P - 2, P) % P


@functools.lru_cache(None)
def good_point(key):
    at = point(key)
    for _ in range(3):
        at = double(at)
    return at != (0, 1)


# ---- fields ----

PARTY = re.compile(r"(?!xn--)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.(?!xn--)[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z")
PROJECT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
URL = re.compile(r"https?://([^:/]*)(:[1-9][0-9]{0,4})?((/([A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+)*)(/?)\Z")
NUMBER = re.compile(r"(0|[1-9][0-9]*)\Z")


def is_party(w):
    return bool(PARTY.match(w)) and len(w) <= 253


def is_name(w):
    return len(w) <= 253 and all(PARTY.match(part) for part in w.split("/"))


def is_url(w, slash=False):
    m = URL.match(w)
    return (bool(m) and len(w) <= 512 and is_party(m[1]) and (not m[2] or int(m[2][1:]) <= 65535) and (slash or not m[6])
            and not any(s in (".", "..") for s in m[3].split("/")))


def is_number(w, bits=32):
    return bool(NUMBER.match(w)) and int(w) < 2**bits


@functools.lru_cache(None)
def unix(w):
    need(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", w, re.A), "time")
    try:
        at = datetime.strptime(w, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise Bad("time") from None
    need(at.year >= 1970, "time")
    return int(at.timestamp())


def seconds(w):
    return int(w[:-1]) * {"m": 60, "h": 3600, "d": DAY}[w[-1]]


class Key:
    """A verifier key line."""

    def __init__(self, line, want=1):
        name, plus, rest = line.partition("+")
        ident, plus, data = rest.partition("+")
        data = unb64(data)
        need(plus and is_name(name) and len(data) == 33 and data[0] == want, "key")
        need(ident == sha256(name.encode() + b"\n" + data)[:4].hex(), "key id")
        need(good_point(data[1:]), "key of small order")
        self.line, self.name, self.id, self.raw = line, name, bytes.fromhex(ident), data[1:]


@functools.lru_cache(None)
def key(line, want=1):
    return Key(line, want)


def no_fail(check, *values):
    try:
        check(*values)
        return True
    except Bad:
        return False


def is_spki(w):
    return no_fail(unb64, w) and 0 < len(unb64(w)) <= SPKI_MAX


def is_person(w):
    sub, at, party = w.rpartition("@")
    return bool(at) and bool(re.match(r"[!-~]{1,128}\Z", sub)) and is_party(party)


FIELDS = {
    "name": is_name, "party": is_party, "project": PROJECT.match, "profile": PROJECT.match, "person": is_person,
    "hash": lambda w: len(w) == 44 and no_fail(unb64, w) and len(unb64(w)) == 32,
    "b32": lambda w: no_fail(unb64, w) and len(unb64(w)) == 32,
    "time": lambda w: no_fail(unix, w),
    "duration": lambda w: re.match(r"[1-9][0-9]*[mhd]\Z", w) and seconds(w) <= 3650 * DAY,
    "n": is_number, "index": lambda w: is_number(w, 64),
    "k.a": lambda w: w.count(".") == 1 and all(map(is_number, w.split("."))),
    "lang": lambda w: len(w) <= 35 and re.match(r"[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*\Z", w),
    "text": lambda w: 1 <= len(w.encode()) <= 400 and w == w.strip(" "),
    "country": re.compile(r"[A-Z]{3}\Z").match, "url": is_url, "issuer": lambda w: is_url(w, True),
    "key": lambda w: no_fail(key, w), "wkey": lambda w: no_fail(key, w, 4),
    "kid": re.compile(r"[ers]-[0-9a-f]{16}\Z").match,
    "key-ref": lambda w: re.match(r"[ers]-[0-9a-f]{16}\Z", w) or (re.search(r"\+[0-9a-f]{8}\Z", w) and is_name(w[:-9])),
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z").match,
    "all-or-n": lambda w: w == "all" or is_number(w),
    "alg": re.compile(r"[a-z0-9:-]{1,32}\Z").match, "jws": re.compile(r"[A-Za-z0-9-]{1,32}\Z").match,
    "ikid": re.compile(r"[A-Za-z0-9._-]{1,128}\Z").match, "spki": is_spki,
    "custody": lambda w: no_fail(clauses, w), "says": lambda w: re.match(r"[!-~]+( [!-~]+)*\Z", w),
}
REST = {"text", "custody", "says"}  # the fields that hold spaces


def fields(form, line):
    """The words of a line that has this form, with the fields' types; None when it has not."""
    found, rest, forms = [], line, form.split(" ")
    for i, kind in enumerate(forms):
        if kind.startswith("["):
            if not rest:
                break
            kind = kind[1:]
        kind = kind.rstrip("]")
        if kind.startswith("<") and kind[1:-1] in REST:
            word, rest = rest, ""
        else:
            if i and not rest:
                return None
            word, space, rest = rest.partition(" ")
            if space and not rest:
                return None
        if kind.startswith("<") and "|" not in kind:
            if not FIELDS[kind[1:-1]](word):
                return None
            found.append((kind[1:-1], word))
        elif word not in kind.strip("<>").split("|"):
            return None
        else:
            found.append(("word", word))
    return found if not rest else None


# ---- the texts: how often, the form of the line; "once": the first field too is unique ----

TITLES = [("+", "title <lang> <text>", "once")]
ISSUER = "issuer <issuer> [web]"
MEMBER = [("1", "member <party>"), *TITLES, ("1", "country <country>"), ("+", "officer <key>"), ("1", "quorum <n>"), ("1", "log <key>"),
          ("1", "log <key>"), ("1", "witness <wkey>"), ("1", "node <url>"), ("+", ISSUER, "once"), ("?", "recovery <key>")]
RULE = " consents <all-or-n> stops 1 fresh <duration>"
EPOCH = [("1", "charter/v1 epoch <k.a>"), ("?", "parent <hash>"), ("1", "time <time>"), ("1", "host <party>"), *TITLES, ("group", MEMBER),
         ("*", "former <party>"), ("*", "pillar <name> closed|open", "once"), ("1", "rule admit" + RULE), ("1", "rule project" + RULE),
         ("?", "rule labels" + RULE), ("?", "rule profile" + RULE), ("?", "rule bearer home"), ("1", "limit accreditation <duration>"),
         ("1", "limit rotation-cooling <duration>"), ("1", "limit reseat-notice <duration>"), ("*", "carry <hash> until <time>", "once"),
         ("*", "lift <hash>")]
CHARTER, REPLACES, REASON = ("1", "charter <hash>"), ("?", "replaces <hash>"), ("?", "reason <lang> <text>")
REQUIRES = ("*", "requires <profile> from <all-or-n> [for [all]")
PROPOSALS = {
    "project": [CHARTER, ("1", "project <project>"), ("1", "pillar <name>"), *TITLES, ("+", "participant <party>"), ("1", "custody <custody>"),
                ("1", "fresh <duration>"), REQUIRES, ("?", "labels <hash>"), ("1", "originator any|last"), ("?", "unsealed members"),
                ("?", "alone allowed"), ("1", "until <time>"), REPLACES, REASON],
    "party": [CHARTER, ("1", "party <party>"), *TITLES, ("1", "country <country>"), ("+", "officer <key>"), ("1", "quorum <n>"),
              ("1", "log <key>"), ("?", "node <url>"), ("*", ISSUER, "once"), ("?", "sponsor <party>"), REPLACES, REASON],
    "admit": [CHARTER, ("1", "party <party> <hash>"), ("1", "project <project>"), ("1", "role reader|contributor"), ("?", "sponsor <party>"),
              ("1", "files all|since [<time>"), ("1", "from <time>"), ("1", "until <time>"), REQUIRES, REPLACES, REASON],
    "labels": [CHARTER, *TITLES, ("1", "policy <hash>"), REPLACES, REASON],
    "profile": [CHARTER, ("1", "profile <profile>"), *TITLES, ("1", "evidence <hash>"), REPLACES, REASON],
}
ACTS = {
    "consent": ["<hash> until <time>"], "key": ["<kid> kas <alg> <spki>", "<kid> seal ed25519 <b32>"],
    "issuer-key": ["<issuer> <ikid> <jws> <spki> until <time>"], "note": ["proposal <hash>", "text <lang> <text>"],
    "withdraw": ["<hash>", "project <project>", "membership", "charter"],
    "stop": ["partner <party>", "partner <party> project <project>", "project <project>", "proposal <hash>", "person <person>", "file <uuid>",
             "key <key-ref>"],
    "resume": ["<hash>"], "accredit": ["<party> <profile> until <time>"], "retire": ["<kid>"], "destroy": ["<kid>"],
    "rotate": ["officer <name> <key>", "log <key>", "witness <wkey>"], "accept": ["<n> <hash>"], "decline": ["<k.a>"],
    "handover": ["<kid> to <party>"],
}
ALIVE = [("1", "charter/v1 alive <index>"), ("1", "by <party>"), CHARTER, ("1", "time <time>"), ("1", "view <hash>")]


@functools.lru_cache(None)
def keyword(form):
    """The words of a form before its first field."""
    words = form.split(" ")
    fixed = next((i for i, w in enumerate(words) if w[0] in "<["), len(words))
    return words[0] if words[0] != "rule" and words[0] != "limit" else " ".join(words[:min(fixed, 2)])


def starts(form, line):
    word = keyword(form)
    return line == word or line.startswith(word + " ")


def read_rows(rows, lines, at, values):
    """Append (form, fields) of each line to values; the index behind the last line that was taken."""
    for often, form, *once in rows:
        if often == "group":
            count = 0
            while at < len(lines) and starts(form[0][1], lines[at]):
                inner = []
                at = read_rows(form, lines, at, inner)
                values.append(("group", inner))
                count += 1
            need(1 <= count <= 32, "members")
            continue
        taken = []
        while at < len(lines) and starts(form, lines[at]) and (often in "*+" or not taken):
            found = fields(form, lines[at])
            need(found is not None, lines[at])
            need(not taken or lines[at - 1] < lines[at], "order")
            need(not once or all(found[1] != t[1] for t in taken), "once")
            taken.append(found)
            values.append((keyword(form), found))
            at += 1
        need(taken or often in "?*", f"no {form}")
    return at


class Text:
    """A valid text: .kind, .hash, and its lines by keyword."""

    def __init__(self, text, kind, values):
        self.bytes, self.kind, self.hash, self.values, self.found = text, kind, sha256(text), values, {}

    def all(self, word):
        if word not in self.found:
            self.found[word] = [[w for _, w in found[1:]] for k, found in self.values if k == word]
        return self.found[word]

    def one(self, word):
        found = self.all(word)
        return found[0] if found else None

    def groups(self):
        return [Text(b"", "member", inner) for k, inner in self.values if k == "group"]


def characters(text, limit):
    need(0 < len(text) <= limit, "length")
    try:
        words = text.decode()
    except UnicodeDecodeError:
        raise Bad("UTF-8") from None
    need(words.endswith("\n"), "no last newline")
    lines = words[:-1].split("\n")
    need(len(lines) <= LINES_MAX and all(lines), "an empty line, or too many")
    if not words.isascii() or not all(line.isprintable() for line in lines):
        need(not any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs") for line in lines for c in line), "character")
    return lines


def rows_of(lines):
    head = lines[0].split(" ")
    need(head[0] == "charter/v1" and len(head) == 3, "first line")
    if head[1] == "epoch":
        return "epoch", EPOCH
    if head[1] == "alive":
        return "alive", ALIVE
    if head[1] == "proposal" and head[2] in PROPOSALS:
        return head[2], [("1", f"charter/v1 proposal {head[2]}"), *PROPOSALS[head[2]]]
    need(head[1] == "statement" and head[2] in ACTS, "kind")
    act = head[2]
    line = next((line for line in lines if line.startswith(act + " ")), "")
    form = next((f"{act} {f}" for f in ACTS[act] if fields(f"{act} {f}", line)), None)
    need(form, "act")
    return "statement", [("1", f"charter/v1 statement {act}"), ("1", "by <party>"), CHARTER, ("1", "epoch <n> <hash>"), ("1", "time <time>"),
                         *([] if act == "stop" else [("1", "not-after <time>")]), ("1", form),
                         *([("1", "says <says>")] if act == "consent" else []), REASON]


@functools.lru_cache(50000)
def parse(text):
    """The Text of a valid text, itself consistent."""
    lines = characters(text, EPOCH_MAX if text.startswith(b"charter/v1 epoch ") else NOTE_MAX)
    kind, rows = rows_of(lines)
    values = []
    need(read_rows(rows, lines, 0, values) == len(lines), "a line too many")
    found = Text(text, kind, values)
    CHECKS.get(kind, lambda text: None)(found)
    return found


# ---- what makes a text of good grammar invalid by itself ----

def check_statement(s):
    need(int(s.one("epoch")[0]) > 0, "epoch 0")
    s.act = s.values[0][1][2][1]
    if s.act != "stop":
        time, end = unix(s.one("time")[0]), unix(s.one("not-after")[0])
        need(time <= end <= time + 30 * DAY, "not-after")
    if s.act == "key":
        kid, use, alg, data = s.one("key")
        spki = unb64(data) if use == "kas" else seal_spki(unb64(data))
        need(kid == kid_of(kid[0], spki), "kid")
        need(kid[0] == "s" if use == "seal" else kid[0] != "s", "kid of another use")


def seal_spki(raw):
    return bytes.fromhex("302a300506032b6570032100") + raw


def kid_of(letter, spki):
    return letter + "-" + sha256(spki).hex()[:16]


def check_member(m, epoch):
    name, officers, issuers = m.one("member" if epoch else "party")[0], [key(o[0]) for o in m.all("officer")], m.all("issuer")
    quorum = int(m.one("quorum")[0])
    need(len(officers) <= 32 and 2 * quorum > len(officers) >= quorum, "quorum")
    need(all(o.name.startswith(name + "/officer/") and o.name.count("/") == 2 for o in officers), "officer's name")
    need(len({o.name for o in officers}) == len(officers), "officer twice")
    roles = [(m.all("log")[0], "/statements", 1)]
    if epoch:
        roles += [(m.all("log")[1], "/access", 1), (m.one("witness"), "/witness", 4)]
        if m.one("recovery"):
            roles.append((m.one("recovery"), "/recovery", 1))
    need(all(key(line[0], t).name == name + end for line, end, t in roles), "role's name")
    keys = [o.raw for o in officers] + [key(line[0], t).raw for line, _, t in roles]
    need(len(set(keys)) == len(keys), "key twice")
    names = [i[0].removesuffix("/") for i in issuers]
    need(len(set(names)) == len(names), "issuer twice")
    return keys, names


def check_epoch(e):
    k, a = map(int, e.values[0][1][2][1].split("."))
    need(k > 0 and a > 0, "number")
    if k == 1:
        need(a == 1 and not e.one("parent") and not e.all("former") and not e.all("carry") and not e.all("lift"), "epoch 1")
    else:
        need(e.one("parent"), "parent")
    members = e.groups()
    names = [m.one("member")[0] for m in members]
    need(names == sorted(set(names)), "members' order")
    parts = [check_member(m, True) for m in members]
    keys, issuers = [k for p in parts for k in p[0]], [i for p in parts for i in p[1]]
    need(len(set(keys)) == len(keys) and len(set(issuers)) == len(issuers), "key or issuer twice")
    need(not {f[0] for f in e.all("former")} & set(names), "former member")
    for kind in ("admit", "project", "labels", "profile"):
        rule = e.one("rule " + kind)
        need(not rule or rule[2] == "all" or 1 <= int(rule[2]) <= len(members), "rule")


def clauses(words):
    """The OR-clauses of a custody line, `originator` among them as a name."""
    result = []
    for clause in words.split(" and "):
        w = clause.split(" ")
        if len(w) == 1:
            need(is_party(w[0]), "custody")
            result.append({w[0]})
            continue
        need(len(w) >= 3 and w[1] == "of" and all(map(is_party, w[2:])) and w[2:] == sorted(set(w[2:])) and "originator" not in w[2:], "custody")
        need(w[0] in ("any", "all") or is_number(w[0]), "custody")
        k = {"any": 1, "all": len(w) - 2}.get(w[0]) or int(w[0])
        need(1 <= k <= len(w) - 2, "custody")
        result += subsets(w[2:], len(w) - 2 - k + 1)
    return result


def subsets(items, size):
    if size == 0:
        return [set()]
    return [{items[i]} | rest for i in range(len(items) - size + 1) for rest in subsets(items[i + 1:], size - 1)]


def check_project(p):
    participants = {x[0] for x in p.all("participant")}
    formula = clauses(p.one("custody")[0])
    need(set().union(*formula) <= participants | {"originator"}, "custody of others")
    for originator in participants:
        actual = [{originator if m == "originator" else m for m in clause} for clause in formula]
        actual = [set(c) for c in {frozenset(c) for c in actual}]
        actual = [c for c in actual if not any(d < c for d in actual)]
        need(sum(map(len, actual)) <= 40, "custody too large")
        need(p.one("alone") or not set.intersection(*actual), "one member alone")
    check_requires(p)


def check_requires(p):
    need(all(r[2] == "all" or int(r[2]) > 0 for r in p.all("requires")), "requires from 0")
    need(all(len(r) != 4 for r in p.all("requires")), "requires for")


def check_party(p):
    check_member(p, False)
    sponsor = p.one("sponsor")
    need(p.one("node") or sponsor, "neither node nor sponsor")
    need(not sponsor or sponsor != p.one("party"), "sponsors itself")


def check_admit(p):
    need(unix(p.one("from")[0]) < unix(p.one("until")[0]), "ends before it begins")
    need(p.one("role") == ["reader"] or p.one("sponsor"), "contributor without sponsor")
    need((p.one("files")[0] == "since") == (len(p.one("files")) == 2), "files")
    check_requires(p)


CHECKS = {"epoch": check_epoch, "statement": check_statement, "project": check_project, "party": check_party, "admit": check_admit}


def says(proposal):
    """What a consent to this proposal says."""
    said = [proposal.kind]
    for word, found in proposal.values[2:]:
        if word not in ("title", "reason"):
            said.append(" ".join(sha256(w.encode()).hex()[:16] if kind in ("hash", "key") else w for kind, w in found))
    return "; ".join(said)


# ---- keys that are published ----

@functools.lru_cache(None)
def spki_type(spki):
    """ec:secp256r1, rsa:2048, ... for a key in its one encoding; None for anything else."""
    try:
        found = load_der_public_key(spki)
        if found.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != spki:
            return None
    except Exception:
        return None
    if isinstance(found, ec.EllipticCurvePublicKey):
        return "ec:" + found.curve.name
    return f"rsa:{found.key_size}" if isinstance(found, rsa.RSAPublicKey) else None


# ---- notes ----

def split_note(data, limit=NOTE_MAX):
    """(text, [(name, id, signature)]) of a note of good form."""
    need(len(data) <= limit, "length")
    text, gap, tail = data.partition(b"\n\n")
    need(gap and tail.endswith(b"\n"), "no signatures")
    characters(text + b"\n", limit)
    lines = []
    for line in tail[:-1].split(b"\n"):
        try:
            dash, name, word = line.decode().split(" ")
        except ValueError:
            raise Bad("signature line") from None
        blob = unb64(word)
        need(dash == "\u2014" and name and "+" not in name and len(name.encode()) <= 255 and len(blob) >= 5, "signature line")
        need(name.isprintable() and not re.search(r"\s", name), "signature name")
        lines.append((name, blob[:4], blob[4:]))
    need(len(lines) <= SIGNATURES_MAX, "too many signatures")
    need(len({line[:2] for line in lines}) == len(lines), "one key twice")
    return text + b"\n", lines


@functools.lru_cache(200000)
def verify(raw, signature, text):
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, text)
        return True
    except InvalidSignature:
        return False


def signers(text, lines, keys):
    """The different public keys among `keys` that signed; a bad signature by one of them refuses the note."""
    good = set()
    for known in keys:
        for name, ident, signature in lines:
            if (name, ident) == (known.name, known.id):
                need(len(signature) == 64 and verify(known.raw, signature, text), f"bad signature by {name}")
                good.add(known.raw)
    return good
