"""RFC 3161 timestamps over checkpoints: the statement of an authority that a signed note existed at a time.

What is stamped is the SHA-256 of the whole note, text and the ledger's signature lines, so a stamp shows also that the
signature was there. Certificates in a token are never a reason to trust it: the auditor pins the authority's root.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from collector.model.errors import ConfigurationError, IntegrityError, MalformedError

MAX_TOKEN = 64 * 1024
"""The largest answer of an authority that is read, in bytes; with a chain of certificates it has some 6,000."""

_SHA256 = "2.16.840.1.101.3.4.2.1"
# OpenSSL's words for a chain that does not lead to a pinned root, or one that was not valid at that time.
_CHAIN = "certificate verify error"


class TokenError(IntegrityError):
    """A token that is not over the checkpoint that it is kept for, or that was altered."""


class UnpinnedError(IntegrityError):
    """A token whose authority nobody pinned, or whose certificate was not valid when it was made."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an authority is sent, and the number that its answer must repeat."""

    data: bytes
    nonce: int | None


def timestamp_request(note: bytes) -> Request:
    """Ask for a timestamp of a note, with the authority's certificate in the answer."""
    builder = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256)
    request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    return Request(request.as_bytes(), request.nonce)


def read_roots(data: bytes, what: str) -> tuple[x509.Certificate, ...]:
    """Read the certificates, PEM, that an authority's chain must lead to.

    Raises:
        ConfigurationError: there is none.

    """
    try:
        return tuple(x509.load_pem_x509_certificates(data))
    except ValueError:
        raise ConfigurationError(f"{what} holds no certificate in PEM form", "name the authority's root") from None


def check_token(token: bytes, note: bytes, nonce: int | None = None) -> datetime:
    """Check that a token is over a note, and give the latest time that it admits; who signed it is not checked.

    Args:
        token: the authority's whole answer (TimeStampResp, DER).
        note: the signed checkpoint.
        nonce: what the answer must repeat, for a fresh one.

    Raises:
        MalformedError: it is not an answer that grants a timestamp, or not one in DER.
        TokenError: it is over something else.

    """
    answer = _decode(token)
    try:
        stated = answer.tst_info
        imprint = stated.message_imprint
        over = imprint.message if imprint.hash_algorithm.dotted_string == _SHA256 else b""
        if over != hashlib.sha256(note).digest():
            raise TokenError("the timestamp is over something else: it was replaced")
        if nonce is not None and stated.nonce != nonce:
            raise TokenError("the timestamp does not answer this request: its nonce is another")
        made, accuracy = stated.gen_time.astimezone(UTC), stated.accuracy
    except ValueError:
        raise MalformedError("the timestamp does not have the form of RFC 3161") from None
    if accuracy is None:
        return made
    return made + timedelta(
        seconds=accuracy.seconds or 0, milliseconds=accuracy.millis or 0, microseconds=accuracy.micros or 0
    )


def verify_token(token: bytes, note: bytes, roots: Sequence[x509.Certificate]) -> datetime:
    """Check a token under pinned roots, and give the latest time at which the note can have been made.

    A certificate must have been valid when the token was made, not now: evidence outlives certificates.

    Raises:
        MalformedError, TokenError: it is no token over the note, or was altered.
        UnpinnedError: its chain leads to no pinned root, or its certificate was not valid when it was made.

    """
    latest = check_token(token, note)
    try:
        verifier = VerifierBuilder(roots=list(dict.fromkeys(roots))).build()
        verifier.verify(_decode(token), hashlib.sha256(note).digest())
    except (VerificationError, ValueError) as error:
        if _CHAIN in str(error):
            raise UnpinnedError(
                "its certificates lead to none that was pinned, or were not valid when it was made"
            ) from None
        raise TokenError("the timestamp's signature does not verify: it was altered") from None
    return latest


def _decode(token: bytes) -> TimeStampResponse:
    if len(token) > MAX_TOKEN:
        raise MalformedError(f"the timestamp is larger than {MAX_TOKEN} bytes")
    try:
        answer = decode_timestamp_response(token)
        status = answer.status
    except ValueError:
        # Also where an authority orders the certificates of a chain otherwise than DER asks.
        raise MalformedError("the timestamp is not in DER, as RFC 3161 asks") from None
    if status not in (0, 1):
        raise MalformedError(f"the authority granted no timestamp (PKIStatus {status})")
    return answer
