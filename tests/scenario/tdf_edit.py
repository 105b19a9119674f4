"""Files and seals, taken apart and put together: what an attacker would do with them.

The container is the wire reference's chapter 1, the seal is charter section 5, notes are C2SP signed notes.
"""

import base64
import copy
import hashlib
import hmac
import io
import json
import os
import time
import uuid
import zipfile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives import serialization

import wire

SEGMENT = 2 * 1024 * 1024


# ---- the container ----

class Tdf:
    """A file in two parts. `policy` is the base64 text, `kaos` the list in the manifest."""

    def __init__(self, data):
        archive = zipfile.ZipFile(io.BytesIO(data))
        self.manifest = json.loads(archive.read("0.manifest.json"))
        self.payload = archive.read("0.payload")

    @classmethod
    def read(cls, path):
        with open(path, "rb") as file:
            return cls(file.read())

    @property
    def info(self):
        return self.manifest["encryptionInformation"]

    @property
    def kaos(self):
        return self.info["keyAccess"]

    @property
    def policy(self):
        return self.info["policy"]

    def policy_object(self):
        return json.loads(base64.b64decode(self.policy))

    def set_policy(self, policy_object):
        self.info["policy"] = wire.b64(wire.compact(policy_object))

    def seal_note(self):
        return self.policy_object()["entente"]

    def set_seal_note(self, note):
        self.set_policy(dict(self.policy_object(), entente=note))

    def bind(self, shares):
        """Bind every object to the policy as it is now, as somebody who knows all shares can."""
        for kao in self.kaos:
            kao["policyBinding"]["hash"] = wire.binding(shares[kao["sid"]], self.policy)

    def copy(self):
        return copy.deepcopy(self)

    def write(self, path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("0.payload", self.payload)
            archive.writestr("0.manifest.json", wire.compact(self.manifest))
        return path


def places(data):
    """Where the manifest, the central directory and the payload stand in the bytes of a file: {name: (first, end)}."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    out = {}
    for name in ("0.manifest.json", "0.payload"):
        info = archive.getinfo(name)
        head = info.header_offset
        names, extra = int.from_bytes(data[head + 26:head + 28], "little"), int.from_bytes(data[head + 28:head + 30], "little")
        first = head + 30 + names + extra
        out[name] = (first, first + info.file_size)
    out["directory"] = (archive.start_dir, len(data))
    return out


# ---- signed notes ----

def note_parts(note):
    """(text with its last newline, signature lines)."""
    text, _, signatures = note.rpartition("\n\n")
    return text + "\n", signatures


def key_id(name, public, kind=1):
    return hashlib.sha256(name.encode("ascii") + b"\n" + bytes([kind]) + public).digest()[:4]


def raw_public(private):
    return private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def sign_note(text, name, private):
    signature = private.sign(text.encode("utf-8"))
    return "%s\n\u2014 %s %s\n" % (text, name, wire.b64(key_id(name, raw_public(private)) + signature))


def load_signer(path):
    """(name, private key) of a PRIVATE+KEY+<name>+<hash>+<base64> line."""
    with open(path, encoding="ascii") as file:
        _, _, name, _, data = file.read().strip().split("+", 4)
    return name, Ed25519PrivateKey.from_private_bytes(base64.b64decode(data)[1:])


def outsider_signer(member):
    """A seal key that this member never published, under a name that looks like its own."""
    private = Ed25519PrivateKey.generate()
    kid = "s-" + hashlib.sha256(raw_public(private)).hexdigest()[:16]
    return "%s/seal/%s" % (member, kid), private


def replace_line(text, keyword, line):
    """The text with the (first) line of that keyword replaced; None takes it away."""
    lines = text.splitlines()
    for i, old in enumerate(lines):
        if old.split(" ", 1)[0] == keyword:
            lines[i:i + 1] = [] if line is None else [line]
            break
    return "\n".join(lines) + "\n"


# ---- a whole file of one's own ----

def split_hash(share):
    return wire.b64(hashlib.sha256(b"entente split" + share).digest())


def encrypt_payload(key, plain):
    payload, segments = b"", []
    for at in range(0, max(len(plain), 1), SEGMENT):
        part, nonce = plain[at:at + SEGMENT], os.urandom(12)
        sealed = nonce + AESGCM(key).encrypt(nonce, part, None)
        payload += sealed
        segments.append({"hash": wire.b64(sealed[-16:]), "segmentSize": len(part), "encryptedSegmentSize": len(sealed)})
    return payload, segments


def xor(shares):
    key = bytes(32)
    for share in shares:
        key = bytes(a ^ b for a, b in zip(key, share))
    return key


def root_signature(key, segments):
    return wire.b64(hmac.new(key, b"".join(base64.b64decode(s["hash"]) for s in segments), hashlib.sha256).digest())


class Draft:
    """Everything that goes into a sealed file, before it is sealed: change what you like, then `finish`."""

    def __init__(self, charter, originator, project, proposal, custody, holders, view, host="aukus.example"):
        self.uuid = str(uuid.uuid4())
        self.charter, self.originator, self.project, self.proposal = charter, originator, project, proposal
        self.custody, self.view, self.host = custody, view, host
        self.holders = holders  # [(sid, [(url, kid, pem)])]
        self.shares = {sid: os.urandom(32) for sid, _ in holders}
        self.attributes = ["https://%s/attr/project/value/%s" % (host, project)]
        self.dissem = []
        self.created = time.gmtime()
        self.until = None

    def text(self):
        lines = ["charter/v1 file", "charter " + self.charter, "file " + self.uuid, "originator " + self.originator,
                 "project %s %s" % (self.project, self.proposal), "custody " + self.custody]
        lines += ["split %s %s" % (sid, split_hash(self.shares[sid])) for sid, _ in self.holders]
        lines += ["attribute " + attribute for attribute in sorted(self.attributes)]
        lines += ["dissem " + person for person in sorted(self.dissem)]
        lines += ["view " + self.view, "created " + time.strftime("%Y-%m-%dT%H:%M:%SZ", self.created)]
        if self.until:
            lines.append("until " + self.until)
        return "\n".join(lines) + "\n"

    def policy(self, note):
        out = {"uuid": self.uuid, "body": {"dataAttributes": [{"attribute": a} for a in self.attributes], "dissem": self.dissem}}
        if note is not None:
            out["entente"] = note
        return out

    def finish(self, path, note, plain=b"own words\n", more=None):
        """Write the file with this note as its seal (None: unsealed). more: further members of the policy object."""
        key = xor(self.shares.values())
        payload, segments = encrypt_payload(key, plain)
        tdf = Tdf.__new__(Tdf)
        tdf.payload = payload
        tdf.manifest = {
            "encryptionInformation": {
                "type": "split", "policy": "", "keyAccess": [],
                "method": {"algorithm": "AES-256-GCM", "iv": "", "isStreamable": True},
                "integrityInformation": {
                    "rootSignature": {"alg": "HS256", "sig": root_signature(key, segments)}, "segmentHashAlg": "GMAC",
                    "segmentSizeDefault": SEGMENT, "encryptedSegmentSizeDefault": SEGMENT + 28, "segments": segments}},
            "payload": {"type": "reference", "url": "0.payload", "protocol": "zip", "mimeType": "application/octet-stream",
                        "isEncrypted": True},
            "schemaVersion": "4.3.0"}
        tdf.set_policy(dict(self.policy(note), **(more or {})))
        for sid, holders in self.holders:
            for url, kid, pem in holders:
                wrapped, ephemeral = wire.wrap(pem, self.shares[sid])
                tdf.kaos.append({"type": "ec-wrapped", "url": url, "protocol": "kas", "kid": kid, "sid": sid,
                                 "wrappedKey": wire.b64(wrapped), "ephemeralPublicKey": ephemeral, "schemaVersion": "1.0",
                                 "policyBinding": {"alg": "HS256", "hash": ""}})
        tdf.bind(self.shares)
        tdf.write(path)
        return tdf
