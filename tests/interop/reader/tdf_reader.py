#!/usr/bin/python3
"""An independent reader of TDF files (specification 4.3.0), written from the wire reference, not from Entente's code.

    tdf_reader.py --key KID=PRIVATE.pem [--key URL=PRIVATE.pem ...] FILE.tdf OUT

It plays every KAS itself: it holds their private keys, by key id or by URL, unwraps what it can, takes one share of each split,
checks the policy binding, XORs the shares, checks the root signature and each segment, and writes the plaintext.
It needs python3-cryptography only.
"""

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import sys
import zipfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SALT = hashlib.sha256(b"TDF").digest()


class Refused(Exception):
    """The file is not what it says it is."""


def b64(text):
    return base64.b64decode(text.encode("ascii"), validate=True)


def refuse_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Refused("duplicate members in the manifest")
    return dict(pairs)


def open_blob(key, blob):
    """nonce(12) || ciphertext || tag(16), AES-256-GCM, empty AAD (1.2)."""
    if len(blob) < 28:
        raise Refused("an encrypted blob of %d bytes" % len(blob))
    return AESGCM(key).decrypt(blob[:12], blob[12:], None)


def seal_blob(key, nonce, plain):
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def wrap_key(private, public):
    """wk = HKDF-SHA-256(SHA-256("TDF"), X coordinate) (1.7)."""
    secret = private.exchange(ec.ECDH(), public)
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=SALT, info=b"").derive(secret)


def unwrap_ec(kas_private, ephemeral_pem, wrapped):
    ephemeral = serialization.load_pem_public_key(ephemeral_pem.encode("ascii"))
    return open_blob(wrap_key(kas_private, ephemeral), wrapped)


def policy_binding(share, policy_base64):
    """base64 of the hex of the HMAC over the base64 text (1.5)."""
    digest = hmac.new(share, policy_base64.encode("ascii"), hashlib.sha256).hexdigest()
    return base64.b64encode(digest.encode("ascii")).decode("ascii")


def xor(shares):
    key = bytes(32)
    for share in shares:
        key = bytes(a ^ b for a, b in zip(key, share))
    return key


def segment_signature(algorithm, key, segment):
    """The signature of an encrypted segment (1.6)."""
    if algorithm == "GMAC":
        return segment[-16:]
    if algorithm == "HS256":
        return hmac.new(key, segment, hashlib.sha256).digest()
    raise Refused("segment hash algorithm %r" % algorithm)


def root_signature(key, signatures):
    return hmac.new(key, b"".join(signatures), hashlib.sha256).digest()


class Archive:
    """Both entries, stored; the payload is read piece by piece."""

    def __init__(self, path):
        self.zip = zipfile.ZipFile(path)
        if sorted(self.zip.namelist()) != ["0.manifest.json", "0.payload"]:
            raise Refused("entries %r" % self.zip.namelist())
        for info in self.zip.infolist():
            if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
                raise Refused("%s is compressed or encrypted" % info.filename)
        if self.zip.testzip() is not None:
            raise Refused("a checksum is wrong")
        self.payload_size = self.zip.getinfo("0.payload").file_size

    def manifest(self):
        return json.loads(self.zip.read("0.manifest.json").decode("utf-8"), object_pairs_hook=refuse_duplicates)

    def payload(self):
        return self.zip.open("0.payload")


def release_shares(encryption, keys):
    """One share of each split, from whatever objects our keys open; {sid: share}."""
    policy = encryption["policy"]
    shares, failures, bindings = {}, [], {}
    for kao in encryption["keyAccess"]:
        sid = kao.get("sid") or ""
        private = keys.get(kao.get("kid")) or keys.get(kao["url"])
        binding = kao["policyBinding"]
        binding = binding["hash"] if isinstance(binding, dict) else binding
        if bindings.setdefault(sid, binding) != binding:
            raise Refused("split %r has two bindings" % sid)
        if kao["protocol"] != "kas" or kao["type"] != "ec-wrapped":
            raise Refused("key access object of type %r" % kao["type"])
        if private is None:
            failures.append("no key for %s of %s" % (kao.get("kid"), kao["url"]))
            continue
        share = unwrap_ec(private, kao["ephemeralPublicKey"], b64(kao["wrappedKey"]))
        if len(share) != 32 or not hmac.compare_digest(policy_binding(share, policy), binding):
            raise Refused("the share of %s is not bound to this policy" % kao["url"])
        if shares.setdefault(sid, share) != share:
            raise Refused("the objects of split %r hold different shares" % sid)
    missing = set(bindings) - set(shares)
    if missing or not shares:
        raise Refused("no share of the splits %s (%s)" % (sorted(missing), "; ".join(failures)))
    return shares


def plaintext(archive, encryption, key):
    """Check everything, and yield the plaintext of one segment after the other."""
    integrity = encryption["integrityInformation"]
    root = integrity["rootSignature"]
    size_default, sealed_default = integrity["segmentSizeDefault"], integrity["encryptedSegmentSizeDefault"]
    segments = integrity["segments"]
    if root["alg"] != "HS256" or not hmac.compare_digest(
            root_signature(key, [b64(segment["hash"]) for segment in segments]), b64(root["sig"])):
        raise Refused("the root signature does not match")
    if sealed_default != size_default + 28:
        raise Refused("segment sizes")
    if sum(segment.get("encryptedSegmentSize", sealed_default) for segment in segments) != archive.payload_size:
        raise Refused("the segments are not the payload")
    with archive.payload() as payload:
        for index, segment in enumerate(segments):
            size = segment.get("segmentSize", size_default)
            sealed_size = segment.get("encryptedSegmentSize", sealed_default)
            sealed = payload.read(sealed_size)
            if sealed_size != size + 28 or len(sealed) != sealed_size:
                raise Refused("segment %d has wrong sizes" % index)
            if segment_signature(integrity["segmentHashAlg"], key, sealed) != b64(segment["hash"]):
                raise Refused("the signature of segment %d does not match" % index)
            yield open_blob(key, sealed)


def read_tdf(path, keys, out):
    """keys: {kid or url: private key}. Returns the policy object and the splits' ids."""
    archive = Archive(path)
    manifest = archive.manifest()
    encryption = manifest["encryptionInformation"]
    if manifest["schemaVersion"] != "4.3.0" or encryption["type"] != "split":
        raise Refused("not a file of specification 4.3.0")
    if encryption["method"]["algorithm"] != "AES-256-GCM" or not manifest["payload"]["isEncrypted"]:
        raise Refused("not encrypted with AES-256-GCM")
    shares = release_shares(encryption, keys)
    for part in plaintext(archive, encryption, xor(shares.values())):
        out.write(part)
    return json.loads(b64(encryption["policy"]).decode("utf-8"), object_pairs_hook=refuse_duplicates), sorted(shares)


def load_keys(arguments):
    keys = {}
    for argument in arguments:
        name, _, path = argument.rpartition("=")
        with open(path, "rb") as pem:
            keys[name] = serialization.load_pem_private_key(pem.read(), password=None)
    return keys


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--key", action="append", default=[], metavar="KID=PEM", help="private key of a KAS, by key id or URL")
    parser.add_argument("tdf")
    parser.add_argument("out", help="where the plaintext goes; - for standard output")
    arguments = parser.parse_args()
    out = sys.stdout.buffer if arguments.out == "-" else open(arguments.out, "wb")
    try:
        policy, splits = read_tdf(arguments.tdf, load_keys(arguments.key), out)
    except (Refused, KeyError, ValueError, TypeError, binascii.Error, zipfile.BadZipFile) as error:
        sys.exit("tdf_reader: %s: %s" % (type(error).__name__, error))
    except Exception as error:  # cryptography's InvalidTag and its like
        sys.exit("tdf_reader: %s" % type(error).__name__)
    finally:
        out.flush()
    print("opened: uuid %s, splits %s" % (policy["uuid"], " ".join(splits)), file=sys.stderr)


if __name__ == "__main__":
    main()
