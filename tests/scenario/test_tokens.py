"""Who is asking: tokens, proofs and request tokens that are stolen, replayed, forged or confused. Each is 401 in general words;
the exact reason stands in the node's own log, and the count in the access log's summary."""

import collections
import os
import time

from cryptography.hazmat.primitives import serialization

import tdf_edit
import wire
from alliance import HOST, command
from outsider import Issuer
from suite import check, collector, holds, same

tests, test = collector()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256's group
GENERAL_WORDS = {"unauthenticated", "missing authorization header", "could not parse token", "unable to verify request token"}
TARGET, ELSEWHERE = "uk.example", "us.example"

counted = collections.Counter()  # what the summary must say at the end


class Stage:
    """carol of us.example asks the node of uk.example for its share of a file by alice."""

    def __init__(self, alliance):
        self.alliance = alliance
        self.node = alliance.nodes[TARGET]
        self.url = self.node.url + wire.REWRAP
        tdf = tdf_edit.Tdf.read(alliance.protect(b"to be stolen")[1])
        kao = [kao for kao in tdf.kaos if kao["url"] == self.node.url][0]
        self.session = wire.new_key()
        self.text = wire.json.dumps(dict({"clientPublicKey": wire.spki_pem(self.session).decode("ascii")},
                                         **wire.rewrap_body(tdf.policy, [kao])))
        self.asker = alliance.people["carol"].asker()
        with open(alliance.nodes[ELSEWHERE].home + "/keys/issuer.pem", "rb") as file:
            self.issuer_key = serialization.load_pem_private_key(file.read(), password=None)
        header = self.asker.token.split(".")[0]
        self.token_header = wire.json.loads(wire.unb64u(header))
        del self.token_header["alg"]

    def request(self, **replace):
        return self.asker.request_token({"requestBody": self.text}, **replace)

    def forge(self, key=None, alg="ES256", header=None, **claims):
        """carol's token with other claims, by default signed with the true key of her issuer."""
        all_claims = wire.jws_claims(self.asker.token)
        all_claims.update(claims)
        return wire.jws(dict(self.token_header, **(header or {})), wire.without_none(all_claims), key or self.issuer_key, alg)

    def dpop(self, token=None, **replace):
        return self.asker.proof(self.url, token or self.asker.token, **replace)

    def send(self, headers, request_token):
        headers = headers + [("Content-Type", "application/json")]
        return wire.http_call(self.url, "POST", headers, wire.compact({"signedRequestToken": request_token}))

    def with_token(self, token, request_token=None):
        """Everything right but the token."""
        return self.send([("Authorization", "DPoP " + token), ("DPoP", self.dpop(token))], request_token or self.request())

    def with_proof(self, *proofs):
        return self.send([("Authorization", "DPoP " + self.asker.token)] + [("DPoP", proof) for proof in proofs], self.request())

    def with_request(self, request_token):
        return self.send([("Authorization", "DPoP " + self.asker.token), ("DPoP", self.dpop())], request_token)

    def share(self, answer):
        return wire.shares_of(answer, self.session).get("kao-0")

    def succeeds(self, answer):
        check(isinstance(self.share(answer), bytes), "no share: %s" % answer)

    def fails(self, name, answer, reason, since):
        """401, general words, no reason to the caller; one line in the log that names it."""
        same(answer.status, 401, name, answer)
        said = answer.json()
        same(sorted(said), ["code", "message"], name + ": members of the answer", answer)
        check(said["code"] == "unauthenticated" and said["message"] in GENERAL_WORDS, "%s: says too much: %s" % (name, answer))
        check(answer.header("WWW-Authenticate") or reason.startswith("request-token"), name + ": no WWW-Authenticate")
        lines = self.node.events("not-authenticated", since)
        same([line["reason"] for line in lines], [reason], name + ": reasons in the log", lines)
        check(lines[0]["detail"] and lines[0]["request_id"], "%s: no details in the log: %s" % (name, lines))
        counted[reason] += 1

    def attack(self, cases):
        """cases: (name, reason, function of the stage that sends it)."""
        for name, reason, send in cases:
            since = self.node.log_size()
            self.fails(name, send(self), reason, since)


def stage(alliance):
    if not hasattr(alliance, "token_stage"):
        alliance.token_stage = Stage(alliance)
    elif alliance.token_stage.asker.token and wire.jws_claims(alliance.token_stage.asker.token)["exp"] < time.time() + 60:
        alliance.token_stage = Stage(alliance)
    return alliance.token_stage


@test("honest requests succeed, with the schemes DPoP and Bearer")
def _(alliance):
    s = stage(alliance)
    s.succeeds(s.with_request(s.request()))
    s.succeeds(s.send([("Authorization", "Bearer " + s.asker.token), ("DPoP", s.dpop())], s.request()))
    s.succeeds(s.send([("authorization", "dpop " + s.asker.token), ("dpop", s.dpop())], s.request()))
    s.succeeds(s.with_proof(s.dpop(htu=s.url + "?a=b#c")))
    s.succeeds(s.with_token(s.forge(aud=["https://other.example", "https://aukus.example"])))


@test("plain bearer tokens and bound tokens without their proof")
def _(alliance):
    s, plain = stage(alliance), wire.Asker()
    carol = alliance.people["carol"]
    plain.fetch_token(carol.node.url, carol.name, carol.secret(), bound=False)
    s.attack([
        ("a plain bearer token", "token-bearer", lambda s: s.send([("Authorization", "Bearer " + plain.token)], s.request())),
        ("a plain token with scheme DPoP and a proof", "token-bearer", lambda s: s.with_token(plain.token)),
        ("a plain token with scheme Bearer and a proof", "token-bearer",
         lambda s: s.send([("Authorization", "Bearer " + plain.token), ("DPoP", s.dpop(plain.token))], s.request())),
        ("a bound token as bearer, no proof", "proof-invalid",
         lambda s: s.send([("Authorization", "Bearer " + s.asker.token)], s.request())),
        ("a bound token with scheme DPoP, no proof", "proof-invalid", lambda s: s.with_proof()),
    ])


@test("proofs: replayed, doubled, for another place, method, token or time, or of another key")
def _(alliance):
    s, thief = stage(alliance), wire.Asker()
    used, place = s.dpop(), alliance.nodes[ELSEWHERE].url
    s.succeeds(s.with_proof(used))
    now = int(time.time())
    cases = [
        ("a replayed proof", "proof-replayed", lambda s: s.with_proof(used)),
        ("the same jti in a new proof", "proof-replayed", lambda s: s.with_proof(s.dpop(jti=wire.jws_claims(used)["jti"]))),
        ("two proofs", "proof-invalid", lambda s: s.with_proof(s.dpop(), s.dpop())),
        ("two proofs in one header", "proof-invalid", lambda s: s.with_proof(s.dpop() + ", " + s.dpop())),
        ("an empty proof", "proof-invalid", lambda s: s.with_proof("")),
        ("a proof by another key", "proof-invalid", lambda s: s.with_proof(s.dpop(key=thief.key))),
        ("a proof signed by another key than its jwk", "proof-invalid",
         lambda s: s.with_proof(s.dpop(key=thief.key, header={"jwk": wire.jwk(s.asker.key)}))),
        ("a proof without signature", "proof-invalid", lambda s: s.with_proof(s.dpop().rsplit(".", 1)[0] + ".")),
        ("a proof with alg none", "proof-invalid", lambda s: s.with_proof(unsigned(s.dpop()))),
        ("a proof with a private jwk", "proof-invalid", lambda s: s.with_proof(s.dpop(header={"jwk": private_jwk(s.asker.key)}))),
    ]
    for name, replace in (
            ("htu of another node", {"htu": place + wire.REWRAP}), ("htu of another path", {"htu": s.node.url + wire.SEAL}),
            ("htu with https", {"htu": s.url.replace("http:", "https:")}), ("no htu", {"htu": None}), ("htm GET", {"htm": "GET"}),
            ("htm in lower case", {"htm": "post"}), ("no htm", {"htm": None}), ("no ath", {"ath": None}),
            ("ath of another token", {"ath": wire.b64u(bytes(32))}), ("iat an hour ago", {"iat": now - 3600}),
            ("iat in an hour", {"iat": now + 3600}), ("no iat", {"iat": None}), ("iat as text", {"iat": str(now)}),
            ("no jti", {"jti": None}), ("an empty jti", {"jti": ""}), ("typ JWT", {"header": {"typ": "JWT"}}),
            ("no typ", {"header": {"typ": None}}), ("crit", {"header": {"crit": ["exp"]}}), ("no jwk", {"header": {"jwk": None}})):
        cases.append(("a proof with " + name, "proof-invalid", lambda s, r=replace: s.with_proof(s.dpop(**r))))
    s.attack(cases)


def unsigned(token):
    header, payload, _ = token.split(".")
    members = dict(wire.json.loads(wire.unb64u(header)), alg="none")
    return wire.b64u(wire.compact(members)) + "." + payload + "."


def private_jwk(key):
    return dict(wire.jwk(key), d=wire.b64u(key.private_numbers().private_value.to_bytes(32, "big")))


@test("tokens: none, two, forged, of wrong algorithm, audience, dates or subject")
def _(alliance):
    s = stage(alliance)
    now = int(time.time())
    public = wire.spki_pem(s.issuer_key)
    der = s.issuer_key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    own = wire.new_key()
    right, good = s.asker.token, ("DPoP", s.dpop())
    parts = right.split(".")
    cases = [
        ("no Authorization", lambda s: s.send([good], s.request())),
        ("two Authorization headers", lambda s: s.send([("Authorization", "DPoP " + right)] * 2 + [("DPoP", s.dpop())], s.request())),
        ("a token and a plain one", lambda s: s.send([("Authorization", "DPoP " + right), ("Authorization", "Bearer x"),
                                                      ("DPoP", s.dpop())], s.request())),
        ("scheme Basic", lambda s: s.send([("Authorization", "Basic " + right), ("DPoP", s.dpop())], s.request())),
        ("no token", lambda s: s.send([("Authorization", "DPoP "), ("DPoP", s.dpop())], s.request())),
        ("a token in two words", lambda s: s.send([("Authorization", "DPoP a b"), ("DPoP", s.dpop())], s.request())),
        ("garbage", lambda s: s.with_token("garbage")),
        ("four parts", lambda s: s.with_token(right + ".e30")),
        ("alg none", lambda s: s.with_token(unsigned(right))),
        ("alg none, signature kept", lambda s: s.with_token(unsigned(right) + parts[2])),
        ("HS256 with the PEM public key", lambda s: s.with_token(s.forge(key=public, alg="HS256"))),
        ("HS256 with the DER public key", lambda s: s.with_token(s.forge(key=der, alg="HS256"))),
        ("another payload under the signature", lambda s: s.with_token(
            ".".join([parts[0], wire.b64u(wire.compact(dict(wire.jws_claims(right), sub="alice"))), parts[2]]))),
        ("an own key under the issuer's kid", lambda s: s.with_token(s.forge(key=own))),
        ("an own key under an own kid", lambda s: s.with_token(s.forge(key=own, header={"kid": "mine"}))),
        ("an own key in the header", lambda s: s.with_token(s.forge(key=own, header={"jwk": wire.jwk(own)}))),
        ("no kid", lambda s: s.with_token(s.forge(header={"kid": ""}))),
        ("a member's kid, another member's issuer", lambda s: s.with_token(s.forge(iss=alliance.nodes["au.example"].url))),
    ]
    for name, claims in (
            ("no aud", {"aud": None}), ("another aud", {"aud": "https://other.example"}), ("aud of the node", {"aud": s.node.url}),
            ("aud with a slash", {"aud": "https://aukus.example/"}), ("exp two minutes ago", {"iat": now - 400, "exp": now - 120}),
            ("no exp", {"exp": None}), ("no iat", {"iat": None}), ("exp as text", {"exp": str(now + 60)}),
            ("a life of two hours", {"exp": now + 7200}), ("iat in ten minutes", {"iat": now + 600, "exp": now + 900}),
            ("nbf in ten minutes", {"nbf": now + 600}), ("no sub", {"sub": None}), ("an empty sub", {"sub": ""}),
            ("sub with a space", {"sub": "carol x"}), ("sub with a letter outside ASCII", {"sub": "c\u00e4rol"}),
            ("sub of 129 bytes", {"sub": "c" * 129}), ("sub a number", {"sub": 7}), ("cnf without jkt", {"cnf": {}}),
            ("cnf with a short jkt", {"cnf": {"jkt": "abc"}}), ("cnf as text", {"cnf": wire.thumbprint(s.asker.key)})):
        cases.append(("a token with " + name, lambda s, c=claims: s.with_token(s.forge(**c))))
    s.attack([(name, "token-invalid", send) for name, send in cases])
    s.attack([("a token that lost its cnf", "token-bearer", lambda s: s.with_token(s.forge(cnf=None)))])


@test("a valid token of an issuer that no epoch names, and a look-alike of a member's issuer")
def _(alliance):
    s, own = stage(alliance), wire.new_key()
    iss = alliance.nodes[ELSEWHERE].url
    cases = [("issuer https://id.elsewhere.example", "https://id.elsewhere.example")]
    cases += [("issuer " + url, url) for url in (iss + "/", iss.upper(), iss.replace("127.0.0.1", "localhost"), "", iss + "\u200b")]
    s.attack([(name, "issuer-unknown", lambda s, url=url: s.with_token(s.forge(key=own, header={"kid": "mine"}, iss=url)))
              for name, url in cases])
    line = s.node.events("not-authenticated")[-6]
    holds(line["detail"], "https://id.elsewhere.example")


@test("an outsider's command line: a token of an own issuer, then exit 3 and no output")
def _(alliance):
    _, target = alliance.protect(b"not for outsiders")
    out, node = alliance.path(), alliance.nodes[TARGET]
    profile = os.path.join(alliance.dir, "profiles", "mallory")
    with Issuer("https://aukus.example") as issuer:
        secret = alliance.write(b"anything")
        alliance.make_profile(profile, TARGET, ["--client-id", "mallory", "--secret-file", secret, "--issuer", issuer.url])
        since = node.log_size()
        result = command(["decrypt", "--profile", profile, "-o", out, target], [3])
        check(not os.path.exists(out), "there is an output file", result)
        holds(result.err, "401")
        lines = node.events("not-authenticated", since)
        check(lines and all(line["reason"] == "issuer-unknown" and issuer.url in line["detail"] for line in lines), lines)
        counted["issuer-unknown"] += len(lines)
        out = alliance.path(".tdf")
        command(["encrypt", "--profile", profile, "--project", "quantum", "-o", out, target], [3])
        check(not os.path.exists(out), "there is an output file")
        counted["issuer-unknown"] += 1


@test("request tokens: of another key, unsigned, replayed, expired, too early, for ever")
def _(alliance):
    s, thief = stage(alliance), wire.Asker()
    now = int(time.time())
    used = s.request()
    s.succeeds(s.with_request(used))
    body = {"requestBody": s.text}
    cases = [
        ("one signed by another key", lambda s: thief.request_token(body)),
        ("one signed by another key that says whose", lambda s: thief.request_token(body)),
        ("alg none", lambda s: unsigned(s.request())),
        ("HS256 with the public key", lambda s: s.asker.request_token(body, key=wire.spki_pem(s.asker.key), alg="HS256")),
        ("expired", lambda s: s.request(iat=now - 600, exp=now - 120)),
        ("iat in ten minutes", lambda s: s.request(iat=now + 600, exp=now + 660)),
        ("no exp", lambda s: s.request(exp=None)),
        ("no iat", lambda s: s.request(iat=None)),
        ("exp in five hours", lambda s: s.request(exp=now + 5 * 3600)),
        ("exp for ever", lambda s: s.request(exp=2 ** 62)),
        ("not a token", lambda s: "abc"),
        ("empty", lambda s: ""),
        ("the access token", lambda s: s.asker.token),
        ("another body under the signature", lambda s: swapped(s.request())),
    ]
    s.attack([("a request token: " + name, "request-token-invalid", lambda s, make=make: s.with_request(make(s)))
              for name, make in cases])
    s.attack([
        ("a replayed request token with a fresh proof", "request-token-replayed", lambda s: s.with_request(used)),
        ("a replayed request token with the signature's other half", "request-token-replayed", lambda s: s.with_request(negated(used))),
    ])
    s.succeeds(s.with_request(resigned(s, used)))  # the key's holder signs the same words again: another request


def swapped(token):
    header, payload, signature = token.split(".")
    return ".".join([header, wire.b64u(wire.unb64u(payload).replace(b"ec-wrapped", b"ec-wrappeb")), signature])


def resigned(s, token):
    header, payload, _ = token.split(".")
    return "%s.%s.%s" % (header, payload, wire.b64u(wire.sign_es256(s.asker.key, (header + "." + payload).encode("ascii"))))


def negated(token):
    """(r, -s) is as good a signature as (r, s)."""
    header, payload, signature = token.split(".")
    raw = wire.unb64u(signature)
    other = (ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    return "%s.%s.%s" % (header, payload, wire.b64u(raw[:32] + other))


@test("a rogue node that got a whole request cannot use it elsewhere")
def _(alliance):
    s = stage(alliance)
    elsewhere = alliance.nodes["au.example"]
    caught = [("Authorization", "DPoP " + s.asker.token), ("DPoP", s.dpop()), ("Content-Type", "application/json")]
    body = wire.compact({"signedRequestToken": s.request()})
    answer = wire.http_call(elsewhere.url + wire.REWRAP, "POST", caught, body)
    same(answer.status, 401, "the request of another node", answer)


@test("a proof whose htu is only a path: good at the own node, and a whole request with one cannot be used elsewhere")
def _(alliance):
    s, listing = stage(alliance), "/policy.kasregistry.KeyAccessServerRegistryService/ListKeyAccessServers"
    home = alliance.nodes[ELSEWHERE]  # carol's
    proof = lambda path: [("Authorization", "DPoP " + s.asker.token), ("DPoP", s.dpop(htu=path)), ("Content-Type", "application/json")]
    same(wire.http_call(home.url + listing, "POST", proof(listing), b"{}").status, 200, "at the own node")
    caught, body = proof(wire.REWRAP), wire.compact({"signedRequestToken": s.request()})
    for name in (TARGET, "au.example"):
        answer = wire.http_call(alliance.nodes[name].url + wire.REWRAP, "POST", caught, body)
        same(answer.status, 401, "the same request at " + name, answer)
    s.attack([("a proof for a path", "proof-invalid", lambda s: s.with_proof(s.dpop(htu=wire.REWRAP)))])


@test("what could not be authenticated is counted in the minute's summary, flushed when the node is told to stop")
def _(alliance):
    s = stage(alliance)
    first = s.node.counts()["entries"]
    same(s.node.stop(), 0, "exit status of a drained node")
    said = collections.Counter()
    for entry in s.node.tail(2000):
        for reason in entry["reasons"] if entry["result"] == "summary" else ():
            said[reason["code"]] += int(reason["cite"])
    s.node.start()
    check(sum(counted.values()) > 60, "only %d attacks were counted" % sum(counted.values()))
    for reason, count in counted.items():
        check(said[reason] >= count, "%s: %d in the summaries, %d attacks" % (reason, said[reason], count), said)
    check(s.node.counts()["entries"] >= first, "the log is shorter")


@test("no secret and no token leaves the machine in clear, and an issuer's numbers do no harm")
def _(alliance):
    alice, (_, target) = alliance.people["alice"], alliance.protect(b"x")
    profile = alliance.path()
    with Issuer("https://" + HOST) as issuer:
        alliance.make_profile(profile, "au.example", ["--client-id", "alice", "--secret-file", alice.secret_file, "--issuer", issuer.url])
        issuer.endpoint = "http://192.0.2.1/token"
        holds(command(["decrypt", "--profile", profile, "-o", alliance.path(), target], [6]).err, "plain HTTP", "192.0.2.1")
        issuer.endpoint = "http://127.0.0.1.example/token"
        holds(command(["decrypt", "--profile", profile, "-o", alliance.path(), target], [6]).err, "plain HTTP")
        issuer.endpoint = issuer.url + "/token"
        for expires_in in ((1 << 63) - 1, -1, 0, "x", None, 1 << 70, 1.5):
            issuer.expires_in = expires_in
            command(["decrypt", "--profile", profile, "-o", alliance.path(), target], [3, 5])
