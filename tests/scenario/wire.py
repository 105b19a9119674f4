"""A client of the nodes that shares no code with Entente: HTTP, tokens, DPoP proofs, request tokens, unwrapping.

Written from the wire reference (2.3 to 2.7, 4.3), RFC 7515, RFC 7638 and RFC 9449, so that every field of a request can be
set wrongly on purpose.
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import time
import urllib.parse
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SALT = hashlib.sha256(b"TDF").digest()
REWRAP = "/kas.AccessService/Rewrap"
SEAL = "/entente.v1.SealService/Seal"


# ---- encodings ----

def b64(data):
    return base64.b64encode(data).decode("ascii")


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode("utf-8")


# ---- HTTP ----

class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body.decode("utf-8"))

    def header(self, name):
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())

    def __str__(self):
        return "%d %s" % (self.status, self.body[:600].decode("utf-8", "replace"))


def http_call(url, method="GET", headers=(), body=None, timeout=20):
    """headers: pairs, sent as they are, so that one may be there twice."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=timeout)
    try:
        connection.putrequest(method, place.path or "/", skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()


# ---- keys and JWS ----

def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def spki_pem(key):
    public = key.public_key() if hasattr(key, "public_key") else key
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def jwk(key):
    numbers = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": b64u(numbers.x.to_bytes(32, "big")), "y": b64u(numbers.y.to_bytes(32, "big"))}


def thumbprint(key):
    """RFC 7638: the required members, sorted, without white space."""
    public = jwk(key)
    text = '{"crv":"%s","kty":"%s","x":"%s","y":"%s"}' % (public["crv"], public["kty"], public["x"], public["y"])
    return b64u(hashlib.sha256(text.encode("ascii")).digest())


def sign_es256(key, data):
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def jws(header, claims, key, alg="ES256"):
    """alg HS256: key is bytes; none: key is ignored. claims: an object, or bytes as they are."""
    payload = claims if isinstance(claims, bytes) else compact(claims)
    signed = b64u(compact(dict({"alg": alg}, **header))) + "." + b64u(payload)
    if alg == "none":
        return signed + "."
    if alg == "HS256":
        signature = hmac.new(key, signed.encode("ascii"), hashlib.sha256).digest()
    else:
        signature = sign_es256(key, signed.encode("ascii"))
    return signed + "." + b64u(signature)


def jws_claims(token):
    return json.loads(unb64u(token.split(".")[1]))


# ---- who asks ----

class Asker:
    """A key that tokens are bound to, and what is signed with it."""

    def __init__(self, key=None):
        self.key = key or new_key()
        self.token = None

    def proof(self, url, token=None, method="POST", key=None, header=None, **claims):
        """One DPoP proof; every claim and header member may be replaced, and None takes it away."""
        key = key or self.key
        all_claims = {"jti": str(uuid.uuid4()), "htm": method, "htu": url, "iat": int(time.time())}
        if token is not None:
            all_claims["ath"] = b64u(hashlib.sha256(token.encode("ascii")).digest())
        all_claims.update(claims)
        head = {"typ": "dpop+jwt", "jwk": jwk(key)}
        head.update(header or {})
        return jws(without_none(head), without_none(all_claims), key)

    def fetch_token(self, node, client_id, secret, basic=True, bound=True):
        """Client credentials at the node's own issuer (wire reference 4.3)."""
        url = http_call(node + "/.well-known/openid-configuration").json()["token_endpoint"]
        form = {"grant_type": "client_credentials"}
        headers = [("Content-Type", "application/x-www-form-urlencoded")]
        if basic:
            pair = "%s:%s" % (urllib.parse.quote(client_id, safe=""), urllib.parse.quote(secret, safe=""))
            headers.append(("Authorization", "Basic " + b64(pair.encode("ascii"))))
        else:
            form.update(client_id=client_id, client_secret=secret)
        if bound:
            headers.append(("DPoP", self.proof(url)))
        answer = http_call(url, "POST", headers, urllib.parse.urlencode(form).encode("ascii"))
        if answer.status == 200:
            self.token = answer.json()["access_token"]
        return answer

    def headers(self, url, token=None):
        token = token or self.token
        return [("Authorization", "DPoP " + token), ("DPoP", self.proof(url, token)), ("Content-Type", "application/json")]

    def request_token(self, claims, key=None, alg="ES256", **replace):
        now = int(time.time())
        all_claims = dict({"iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}, **claims)
        all_claims.update(replace)
        return jws({"typ": "JWT"}, without_none(all_claims), key or self.key, alg)

    def call(self, node, path, body, headers=None):
        data = body if isinstance(body, bytes) else compact(body)
        return http_call(node + path, "POST", headers if headers is not None else self.headers(node + path), data)

    def rewrap(self, node, body, session=None):
        """One honest Rewrap; (answer, {object id: share or error text})."""
        session = session or new_key()
        text = json.dumps(dict({"clientPublicKey": spki_pem(session).decode("ascii")}, **body))
        answer = self.call(node, REWRAP, {"signedRequestToken": self.request_token({"requestBody": text})})
        return answer, shares_of(answer, session)

    def seal(self, node, text):
        return self.call(node, SEAL, {"sealToken": self.request_token({"text": text})})


def without_none(members):
    return {name: value for name, value in members.items() if value is not None}


# ---- shares ----

def wrap_secret(private, public):
    secret = private.exchange(ec.ECDH(), public)
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=SALT, info=b"").derive(secret)


def unwrap(private, public_pem, blob):
    key = wrap_secret(private, serialization.load_pem_public_key(public_pem))
    return AESGCM(key).decrypt(blob[:12], blob[12:], None)


def wrap(public_pem, share):
    """(wrapped key, PEM of the ephemeral key)."""
    ephemeral, nonce = new_key(), os.urandom(12)
    key = wrap_secret(ephemeral, serialization.load_pem_public_key(public_pem))
    return nonce + AESGCM(key).encrypt(nonce, share, None), spki_pem(ephemeral).decode("ascii")


def binding(share, policy):
    """base64 of the hex of the HMAC over the base64 text (wire reference 1.5)."""
    return b64(hmac.new(share, policy.encode("ascii"), hashlib.sha256).hexdigest().encode("ascii"))


def shares_of(answer, session):
    if answer.status != 200:
        return {}
    said, out = answer.json(), {}
    for policy in said["responses"]:
        for result in policy["results"]:
            if result["status"] == "permit":
                blob = base64.b64decode(result["kasWrappedKey"])
                out[result["keyAccessObjectId"]] = unwrap(session, said["sessionPublicKey"].encode("ascii"), blob)
            else:
                out[result["keyAccessObjectId"]] = result["error"]
    return out


def rewrap_body(policy, objects):
    """requestBody without the session key: one policy, its key access objects as kao-<i>."""
    return {"requests": [{"policy": {"id": "policy", "body": policy}, "keyAccessObjects": [
        {"keyAccessObjectId": "kao-%d" % i, "keyAccessObject": kao} for i, kao in enumerate(objects)]}]}


def reasons(answer):
    """The codes in metadata["entente"] of all results."""
    out = []
    for policy in answer.json().get("responses", []):
        for result in policy["results"]:
            out += [reason["code"] for reason in result.get("metadata", {}).get("entente", {}).get("reasons", [])]
    return out
