#!/usr/bin/python3
"""The independent reader against appendix A of the wire reference: if these hold, what it says about our files counts."""

import base64
import binascii
import hashlib
import hmac
import unittest

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import serialization

import tdf_reader as reader

KEY = bytes(range(32))
IV = bytes(range(0xA0, 0xAC))
POLICY = b'{"uuid":"00000000-0000-4000-8000-000000000001","body":{"dataAttributes":[],"dissem":[]}}'
POLICY_BASE64 = ("eyJ1dWlkIjoiMDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxIiwiYm9keSI6eyJkYXRhQXR0cmlidXRlcyI6W10sImRpc3NlbSI6W119fQ==")
SEGMENT = binascii.unhexlify("a0a1a2a3a4a5a6a7a8a9aaab8e7d10412ab469edeb6fa84bae4731a07dbf70c564")


def private_key(byte):
    return ec.derive_private_key(int.from_bytes(bytes([byte]) * 32, "big"), ec.SECP256R1())


class AppendixA(unittest.TestCase):
    def test_salt(self):
        self.assertEqual(reader.SALT.hex(), "aa17cf44585fe15fd634c27b9512d842b42af1bac6178d92161edb4e2abf8197")

    def test_policy_binding(self):
        self.assertEqual(base64.b64encode(POLICY).decode(), POLICY_BASE64)
        self.assertEqual(hmac.new(KEY, POLICY_BASE64.encode(), hashlib.sha256).hexdigest(),
                         "0a7a6850bdb8f91dc3bcd4d4f46549cb4d25898d3f1030ae6d36bc97565a551d")
        self.assertEqual(reader.policy_binding(KEY, POLICY_BASE64),
                         "MGE3YTY4NTBiZGI4ZjkxZGMzYmNkNGQ0ZjQ2NTQ5Y2I0ZDI1ODk4ZDNmMTAzMGFlNmQzNmJjOTc1NjVhNTUxZA==")

    def test_segment(self):
        self.assertEqual(reader.seal_blob(KEY, IV, b"hello"), SEGMENT)
        self.assertEqual(reader.open_blob(KEY, SEGMENT), b"hello")

    def test_segment_and_root_signatures(self):
        gmac = reader.segment_signature("GMAC", KEY, SEGMENT)
        self.assertEqual(base64.b64encode(gmac).decode(), "tGnt62+oS65HMaB9v3DFZA==")
        self.assertEqual(base64.b64encode(reader.segment_signature("HS256", KEY, SEGMENT)).decode(),
                         "dDF3TGuwaIe+k6kngVCVZlhBZ3HkhwBsO79HiebcI1o=")
        self.assertEqual(base64.b64encode(reader.root_signature(KEY, [gmac])).decode(), "JbmoOc5ed6rlO4SIK1U0/1+iu554WaWdvehn1Pk5Z1U=")

    def test_ec_wrap(self):
        kas, ephemeral = private_key(0x11), private_key(0x22)
        self.assertEqual(kas.exchange(ec.ECDH(), ephemeral.public_key()).hex(),
                         "ccfc261f58193c98ca4ad4a53bbac6f0ee29bc4d48438090446908622ca79af6")
        key = reader.wrap_key(kas, ephemeral.public_key())
        self.assertEqual(key.hex(), "efc920481b4c2a80721016b416563c95b08eaf7de2f092f8742ed6f98b2ac401")
        wrapped = reader.seal_blob(key, IV, KEY)
        self.assertEqual(base64.b64encode(wrapped).decode(),
                         "oKGio6Slpqeoqaqrrs5PTOysaOAz+eEg6xm6OoMs2AkZB5dfFBt43MTVqW4CBhBBff/doOhD1/IK4Rho")
        pem = ephemeral.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.assertEqual(reader.unwrap_ec(kas, pem.decode(), wrapped), KEY)

    def test_xor(self):
        self.assertEqual(reader.xor([KEY, bytes(32)]), KEY)
        self.assertEqual(reader.xor([KEY, bytes([0xFF]) * 32, bytes([0xFF]) * 32]), KEY)


if __name__ == "__main__":
    unittest.main()
