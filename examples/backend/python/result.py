"""Whether a result is genuine, and what it says. Needs `cryptography` (PyPI, or python3-cryptography of Debian)."""

import base64
import json
import re
import threading
import time
import urllib.error
import urllib.request

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEEP = 3600  # seconds until known keys are fetched again
PAUSE = 10  # seconds between two fetches, however many tokens name a key that nobody knows
TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")


class Refused(Exception):
    """Nothing to act on: malformed, forged, expired, or of another brand. The message is for your log."""


class ResultTokens:
    def __init__(self, server: str, brand: str):
        """`server` is Farewell's address, the `public_url` of its configuration; `brand` is your slug."""
        self._server = server.rstrip("/")
        self._brand = brand
        self._lock = threading.Lock()
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._asked = float("-inf")
        self._failure: Exception | None = None

    def verify(self, token: object) -> dict:
        """Offline: what the token says, as of when it was signed."""
        if not isinstance(token, str) or len(token) > 8192 or not TOKEN.fullmatch(token):
            raise Refused("this is not a token")
        header_part, claims_part, signature_part = token.split(".")
        header = _object(header_part)
        # One algorithm and one type. Whoever sends a token has no say in how it is checked.
        if header.get("alg") != "EdDSA" or header.get("typ") != "JWT" or "crit" in header:
            raise Refused("this is not a result token")
        key = self._key(header.get("kid"))
        signature = _bytes(signature_part)
        # Python reads base64 generously; a signature is accepted in one spelling only.
        if base64.urlsafe_b64encode(signature).rstrip(b"=").decode() != signature_part:
            raise Refused("the signature is wrong")
        try:
            key.verify(signature, f"{header_part}.{claims_part}".encode())
        except InvalidSignature:
            raise Refused("the signature is wrong") from None
        claims = _object(claims_part)
        if claims.get("iss") != self._server:
            raise Refused("it is from another server")
        if claims.get("aud") != self._brand:
            raise Refused("it is of another brand")
        if not isinstance(claims.get("exp"), int) or claims["exp"] <= time.time():
            raise Refused("it has expired")
        return claims

    def ask(self, token: object) -> dict:
        """By asking: what has become of it as of now."""
        request = urllib.request.Request(
            f"{self._server}/api/public/cancel/result",
            data=json.dumps({"token": token, "brand": self._brand}).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code in (400, 401, 413):
                raise Refused(json.load(error)["error"]) from None
            raise

    def _key(self, kid: object) -> Ed25519PublicKey:
        if not isinstance(kid, str):
            raise Refused("it names no key")
        # Whoever comes meanwhile waits for the same answer. Keys that are known hold also where there is none.
        with self._lock:
            if time.monotonic() - self._asked > (KEEP if kid in self._keys else PAUSE):
                self._asked = time.monotonic()
                try:
                    self._keys, self._failure = self._fetch(), None
                except Exception as error:
                    self._failure = error
            if kid in self._keys:
                return self._keys[kid]
            if self._failure:
                raise RuntimeError("Farewell's keys could not be fetched") from self._failure
        raise Refused("no published key has this id")

    def _fetch(self) -> dict[str, Ed25519PublicKey]:
        with urllib.request.urlopen(f"{self._server}/.well-known/jwks.json", timeout=5) as answer:
            published = json.load(answer)["keys"]
        # A key whose `exp` is past is published for the receipts it has signed, years ago.
        current = [key for key in published if key.get("exp", time.time() + 1) > time.time()]
        ours = [key for key in current if key.get("kty") == "OKP" and key.get("crv") == "Ed25519"]
        return {key["kid"]: Ed25519PublicKey.from_public_bytes(_bytes(key["x"])) for key in ours}


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _object(part: str) -> dict:
    try:
        value = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Refused("this is not a token")
    return value
