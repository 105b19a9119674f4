"""Requests that are authenticated but malformed, and bytes that are hardly requests: an error, and the node goes on."""

import json
import os
import socket
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import tdf_edit
import wire
from suite import check, collector, holds, same

tests, test = collector()


class Stage:
    """bob of uk.example at the node of au.example, with everything right."""

    def __init__(self, alliance):
        self.alliance, self.node = alliance, alliance.nodes["au.example"]
        self.url = self.node.url + wire.REWRAP
        self.tdf = tdf_edit.Tdf.read(alliance.protect(b"x")[1])
        self.kao = self.tdf.kaos[-1]
        self.asker = alliance.people["bob"].asker()

    def body(self, **replace):
        members = dict({"clientPublicKey": wire.spki_pem(wire.new_key()).decode("ascii")},
                       **wire.rewrap_body(self.tdf.policy, [self.kao]))
        members.update(replace)
        return wire.without_none(members)

    def post(self, data, headers=None, path=wire.REWRAP):
        return wire.http_call(self.node.url + path, "POST", headers or self.asker.headers(self.node.url + path), data)

    def rewrap(self, body):
        text = body if isinstance(body, str) else json.dumps(body)
        return self.post(wire.compact({"signedRequestToken": self.asker.request_token({"requestBody": text})}))

    def object(self, **replace):
        return self.rewrap(dict(self.body(), **wire.rewrap_body(self.tdf.policy, [wire.without_none(dict(self.kao, **replace))])))

    def alive(self):
        answer, got = self.asker.rewrap(self.node.url, wire.rewrap_body(self.tdf.policy, [self.kao]))
        check(isinstance(got.get("kao-0"), bytes), "an honest request fails now: %s" % answer)


def result_of(answer):
    same(answer.status, 200, "status", answer)
    return answer.json()["responses"][0]["results"][0]


@test("bodies that are no request: 400, 413, 415, and the node goes on")
def _(alliance):
    s = Stage(alliance)
    token = wire.compact({"signedRequestToken": s.asker.request_token({"requestBody": json.dumps(s.body())})})
    for name, data, statuses in (
            ("empty", b"", (400,)), ("not JSON", b"{", (400,)), ("an array", b"[]", (400,)), ("a number", b"7", (400,)),
            ("two objects", b"{}{}", (400,)), ("a duplicate member", b'{"signedRequestToken":"a","signedRequestToken":"b"}', (400,)),
            ("no token", b"{}", (400, 401)), ("a token that is a number", b'{"signedRequestToken":7}', (400, 401)),
            ("NUL", b'{"signedRequestToken":"a\\u0000b"}', (400, 401)), ("not UTF-8", b'{"signedRequestToken":"\xff"}', (400, 401)),
            ("deep", b"[" * 100000, (400,)), ("2 MiB", b'{"a":"' + b"a" * (2 << 20) + b'"}', (413,))):
        answer = s.post(data)
        check(answer.status in statuses, "%s: %s" % (name, answer))
    for kind in ("text/plain", "application/x-www-form-urlencoded", "", "application/jsonx", "application/proto"):
        headers = [h for h in s.asker.headers(s.url) if h[0] != "Content-Type"] + [("Content-Type", kind)]
        same(s.post(token, headers).status, 415, "content type %r" % kind)
    s.alive()


@test("request bodies: what is missing or malformed is named in the platform's words")
def _(alliance):
    s = Stage(alliance)
    p384 = wire.spki_pem(ec.generate_private_key(ec.SECP384R1())).decode("ascii")
    small = wire.spki_pem(rsa.generate_private_key(65537, 1024)).decode("ascii")
    for name, body, words in (
            ("empty", "", "missing request body"), ("not JSON", "{", "invalid request body"), ("array", "[]", "invalid request body"),
            ("requests no list", s.body(requests={}), "invalid request body"),
            ("a binding that is a string", s.body(**wire.rewrap_body(s.tdf.policy, [dict(s.kao, policyBinding="x")])),
             "invalid request body"),
            ("no session key", s.body(clientPublicKey=None), "clientPublicKey failure"),
            ("no PEM", s.body(clientPublicKey="x"), "clientPublicKey failure"),
            ("garbage in PEM", s.body(clientPublicKey="-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
             "clientPublicKey parse failure"),
            ("a broken PEM", s.body(clientPublicKey="-----BEGIN PUBLIC KEY-----\n%\n"), "clientPublicKey parse failure"),
            ("a certificate", s.body(clientPublicKey="-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
             "clientPublicKey parse failure"),
            ("P-384", s.body(clientPublicKey=p384), "clientPublicKey unsupported type"),
            ("RSA-1024", s.body(clientPublicKey=small), "clientPublicKey unsupported type")):
        answer = s.rewrap(body)
        same((answer.status, answer.json()["code"]), (400, "invalid_argument"), name, answer)
        holds(answer.json()["message"], words)
    headers = s.asker.headers(s.url) + [("X-Rewrap-Additional-Context", "%%%")]
    answer = s.post(wire.compact({"signedRequestToken": s.asker.request_token({"requestBody": json.dumps(s.body())})}), headers)
    holds(answer.json()["message"], "failed to get additional rewrap context")
    s.alive()


@test("key access objects: each fault is an error of that object, never a share")
def _(alliance):
    s = Stage(alliance)
    other = [kao for kao in s.tdf.kaos if kao["url"] != s.node.url][0]
    tampered = "desc = bad request"
    for name, replace, words in (
            ("no wrapped key", {"wrappedKey": ""}, "wrapped key is empty"), ("type wrapped", {"type": "wrapped"}, "key type"),
            ("no binding", {"policyBinding": None}, "missing policy binding"), ("another node's url", {"url": other["url"]}, tampered),
            ("another node's kid", {"kid": other["kid"]}, tampered), ("no kid", {"kid": None}, tampered),
            ("another object's wrapped key", {"wrappedKey": other["wrappedKey"]}, tampered),
            ("another ephemeral key", {"ephemeralPublicKey": other["ephemeralPublicKey"]}, tampered),
            ("no ephemeral key", {"ephemeralPublicKey": None}, "InvalidArgument"),
            ("an empty wrap", {"wrappedKey": wire.b64(b"")}, "wrapped key is empty"),
            ("a short wrap", {"wrappedKey": wire.b64(bytes(27))}, tampered), ("a long wrap", {"wrappedKey": wire.b64(bytes(5000))}, tampered),
            ("the binding of another", {"policyBinding": other["policyBinding"]}, tampered),
            ("a binding of zeroes", {"policyBinding": {"alg": "HS256", "hash": wire.b64(bytes(32))}}, tampered),
            ("another split's sid", {"sid": "1"}, "desc = "), ("an unknown sid", {"sid": "3"}, "desc = "), ("no sid", {"sid": None}, "desc = ")):
        result = result_of(s.object(**replace))
        check(result["status"] == "fail" and "kasWrappedKey" not in result, "%s: %s" % (name, result))
        holds(result["error"], words)
    s.alive()


@test("many policies and objects in one request: each gets its own answer, too many are refused")
def _(alliance):
    s = Stage(alliance)
    entry = wire.rewrap_body(s.tdf.policy, [s.kao, dict(s.kao, wrappedKey=wire.b64(bytes(60)))])["requests"][0]
    requests = [dict(entry, policy=dict(entry["policy"], id="policy-%d" % i)) for i in range(40)]
    before = s.node.counts()["released"]
    answer = s.rewrap(s.body(requests=requests))
    same([policy["policyId"] for policy in answer.json()["responses"]], ["policy-%d" % i for i in range(40)], "policies")
    for policy in answer.json()["responses"]:
        same([result["status"] for result in policy["results"]], ["permit", "fail"], "objects")
    same(s.node.counts()["released"] - before, 40, "entries of releases")
    for count in (65, 300):
        answer = s.rewrap(s.body(requests=[dict(entry, policy=dict(entry["policy"], id="p%d" % i)) for i in range(count)]))
        check(answer.status in (400, 413), "%d policies: %s" % (count, answer))
    s.alive()


@test("paths: unknown RPCs are 401 for strangers, files and folders do not leak")
def _(alliance):
    s = Stage(alliance)
    plain = [("Content-Type", "application/json")]
    for path in ("/kas.AccessService/Other", "/policy.attributes.AttributesService/ListAttributes", wire.REWRAP, wire.SEAL):
        same(wire.http_call(s.node.url + path, "POST", plain, b"{}").status, 401, path + " without a token")
    same(s.post(b"{}", path="/kas.AccessService/Other").status, 404, "an unknown RPC with a token")
    same(wire.http_call(s.node.url + wire.REWRAP).status in (401, 405), True, "GET of Rewrap")
    for path in ("/", "/nothing", "/keys/issuer.pem", "/log/../keys/issuer.pem", "/log/%2e%2e/keys/issuer.pem", "/charter/../node.yaml",
                 "/log/", "/charter/", "/charter/epoch", "/state/node.db", "//keys/seal.key", "/log/access/../../state/node.db",
                 "/mirror/../keys/seal.key", "/log/statements%00", "/charter/epoch/1/", "/log/access/tile"):
        answer = wire.http_call(s.node.url + path)
        check(answer.status in (400, 401, 404), "%s: %s" % (path, answer))
        check(b"PRIVATE" not in answer.body, "%s leaks a key" % path)
    same(wire.http_call(s.node.url + "/charter/epoch/1").status, 200, "the genesis")
    same(wire.http_call(s.node.url + "/log/access/checkpoint").status, 200, "the access log's checkpoint")


def raw(node, data, limit=5):
    with socket.create_connection(("127.0.0.1", node.port), timeout=limit) as connection:
        out = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while len(out) < 65536:
                part = connection.recv(65536)
                if not part:
                    break
                out += part
        except (TimeoutError, ConnectionError):
            pass
        return out


@test("bytes that are no HTTP, or two kinds of it at once: refused or closed")
def _(alliance):
    s = Stage(alliance)
    post = b"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n" % wire.REWRAP.encode()
    for name, data in (
            ("two lengths", post + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
            ("length and chunks", post + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            ("a negative length", post + b"Content-Length: -1\r\n\r\n"), ("a length with a plus", post + b"Content-Length: +2\r\n\r\n{}"),
            ("a huge length", post + b"Content-Length: 99999999999999999999\r\n\r\n"),
            ("unknown coding", post + b"Transfer-Encoding: gzip\r\n\r\n"), ("folded header", post + b"X: a\r\n b\r\n\r\n"),
            ("space before the colon", post + b"X : a\r\n\r\n"), ("bare LF", post.replace(b"\r\n", b"\n") + b"\n"),
            ("no host", b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n"), ("HTTP/3.0", b"GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n"),
            ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32)), ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            ("a long line", b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
            ("many headers", b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20000 + b"\r\n")):
        answer = raw(s.node, data)
        check(answer == b"" or answer.split(b" ", 2)[1][:1] in (b"4", b"5"), "%s: %r" % (name, answer[:200]))
    s.alive()


@test("slow peers do not keep others from being served")
def _(alliance):
    s = Stage(alliance)
    slow = []
    try:
        for i in range(200):
            slow.append(socket.create_connection(("127.0.0.1", s.node.port)))
            slow[-1].sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n" % wire.REWRAP.encode() + b"\r\n{" * (i % 2))
        begin = time.monotonic()
        s.alive()
        check(time.monotonic() - begin < 5, "an honest request took %.1f s" % (time.monotonic() - begin))
    finally:
        for connection in slow:
            connection.close()


@test("submit: only statements of the own party, fully signed, once")
def _(alliance):
    s = Stage(alliance)
    for name, text, words in (
            ("another party's", alliance.sign_by_officers("uk.example", alliance.statement("uk.example", "note text en Hello.")), "uk.example"),
            ("one signature of two", alliance.sign_by_officers("au.example", alliance.statement("au.example", key_act()), 1), "2 officers"),
            ("nobody's signature", alliance.statement("au.example", key_act()) + "\n", ""),
            ("another member's officers", alliance.sign_by_officers("uk.example", alliance.statement("au.example", key_act())), ""),
            ("a stop with an end", alliance.sign_by_officers("au.example", alliance.statement("au.example", "stop project quantum")), ""),
            ("garbage", "charter/v1 statement nonsense\n", ""), ("an unannounced proposal", unannounced(alliance), "note")):
        size = own_notes(s.node)
        answer = wire.http_call(s.node.url + "/charter/submit", "POST", [("Content-Type", "text/plain")], text.encode("utf-8"))
        same(answer.status, 422, name, answer)
        holds(answer.json()["reason"], words)
        same(own_notes(s.node), size, "%s: statements in the log" % name)
    good = alliance.sign_by_officers("au.example", alliance.statement("au.example", "note text en For the record."), 1)
    for status in (200, 422):
        answer = wire.http_call(s.node.url + "/charter/submit", "POST", [("Content-Type", "text/plain")], good.encode("utf-8"))
        same(answer.status, status, "a note, submitted %s" % ("first" if status == 200 else "again"), answer)
    huge = wire.http_call(s.node.url + "/charter/submit", "POST", [("Content-Type", "text/plain")], b"a" * 70000)
    check(huge.status in (413, 422), "70,000 bytes: %s" % huge)
    s.alive()


def own_notes(node):
    """How many statements the node's log holds; `alive` entries come by themselves."""
    entries = b""
    for root, _, names in os.walk(os.path.join(node.home, "log", "statements", "tile", "entries")):
        for name in names:
            with open(os.path.join(root, name), "rb") as file:
                entries = max(entries, file.read(), key=len)
    return entries.count(b"charter/v1 statement ")


def key_act():
    key = wire.new_key().public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    kid = "e-" + wire.hashlib.sha256(der).hexdigest()[:16]
    return "key %s kas ec:secp256r1 %s" % (kid, wire.b64(der))


def unannounced(alliance):
    with open(alliance.dir + "/quantum.proposal", encoding="utf-8") as file:
        return file.read().replace("project quantum\n", "project unannounced\n")
