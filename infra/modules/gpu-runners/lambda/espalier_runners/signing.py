"""RS256 with only the standard library, so that the package contains no compiled code.

GitHub issues an RSA key for an app and requires a signature with it once an hour. The private exponent is applied to a
blinded number, so that the computing time does not depend on the key.
"""

import base64
import binascii
import hashlib
import json
import math
import re
import secrets
from dataclasses import dataclass

from espalier_runners.errors import ConfigurationError

PEM = re.compile(r"-----BEGIN (RSA )?PRIVATE KEY-----(.+?)-----END (?:RSA )?PRIVATE KEY-----", re.DOTALL)
# DigestInfo of SHA-256, RFC 8017, section 9.2, note 1
SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")


@dataclass(frozen=True, slots=True, repr=False)  # no repr, so that no log contains the key
class PrivateKey:
    """An RSA private key: modulus and both exponents."""

    modulus: int
    public: int
    private: int


def _item(der: bytes, at: int, tag: int) -> tuple[bytes, int]:
    """Return the content of the DER item at a position, and the position of the next item."""
    if der[at] != tag:
        raise ValueError(f"tag {der[at]:#x} instead of {tag:#x}")
    length, at = der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, at = int.from_bytes(der[at : at + size], "big"), at + size
    if at + length > len(der):
        raise ValueError("truncated")
    return der[at : at + length], at + length


def read_key(pem: str) -> PrivateKey:
    """Return an RSA private key from PEM, as GitHub issues it (PKCS #1) or openssl converts it (PKCS #8).

    Raises:
        ConfigurationError: If it is not such a key; the message never contains any part of it.
    """
    try:
        found = PEM.search(pem)
        if found is None:
            raise ValueError("no PEM block")
        der, _ = _item(base64.b64decode("".join(found[2].split()), validate=True), 0, 0x30)
        if not found[1]:
            _, at = _item(der, 0, 0x02)
            _, at = _item(der, at, 0x30)
            inner, _ = _item(der, at, 0x04)
            der, _ = _item(inner, 0, 0x30)
        numbers, at = [], 0
        for _ in range(4):  # version, modulus, public exponent, private exponent
            number, at = _item(der, at, 0x02)
            numbers.append(int.from_bytes(number, "big"))
    except (ValueError, IndexError, binascii.Error) as error:
        raise ConfigurationError(
            "the private key of the app cannot be read: store the complete .pem file from GitHub in the SSM parameter"
        ) from error
    return PrivateKey(*numbers[1:])


def sign(message: bytes, key: PrivateKey) -> bytes:
    """Return the RSASSA-PKCS1-v1_5 signature with SHA-256 (RFC 8017, section 8.2)."""
    size = (key.modulus.bit_length() + 7) // 8
    digest = SHA256 + hashlib.sha256(message).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    while True:
        blind = secrets.randbelow(key.modulus - 2) + 2
        if math.gcd(blind, key.modulus) == 1:
            break
    blinded = int.from_bytes(padded, "big") * pow(blind, key.public, key.modulus) % key.modulus
    signature = pow(blinded, key.private, key.modulus) * pow(blind, -1, key.modulus) % key.modulus
    if pow(signature, key.public, key.modulus) != int.from_bytes(padded, "big"):
        raise ConfigurationError("the private key of the app is not valid: its numbers do not belong together")
    return signature.to_bytes(size, "big")


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def app_token(app: str, key: PrivateKey, now: float) -> str:
    """Return the JSON Web Token of an app, valid from one minute ago, because clocks differ, and for nine minutes."""
    header = _part(json.dumps({"alg": "RS256", "typ": "JWT"}).encode())
    claims = _part(json.dumps({"iat": int(now) - 60, "exp": int(now) + 540, "iss": app}).encode())
    return f"{header}.{claims}.{_part(sign(f'{header}.{claims}'.encode(), key))}"
