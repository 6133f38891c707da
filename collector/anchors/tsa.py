"""Asking a timestamp authority (RFC 3161 section 3.4, over HTTP)."""

from pathlib import Path

from collector.anchors.http import post
from collector.anchors.outcome import AnchorGap
from collector.config.anchors import Anchors, Tsa
from collector.config.files import read_bounded
from collector.ledger.timestamps import check_token, read_roots, timestamp_request, verify_token
from collector.model.errors import IntegrityError, MalformedError

_QUERY = "application/timestamp-query"
_MAX_ROOT = 64 * 1024


def timestamp(settings: Anchors, tsa: Tsa, note: bytes) -> bytes:
    """Get a token over a note: the authority's whole answer, found good.

    Raises:
        AnchorGap: the authority gave none, or one that cannot be used.
        ConfigurationError: the configured root is not a certificate.

    """
    roots = read_roots(read_bounded(Path(tsa.root), _MAX_ROOT), tsa.root) if tsa.root else ()
    request = timestamp_request(note)
    answer = post(settings, tsa.url, _QUERY, request.data)
    if answer.status != 200:
        raise AnchorGap(f"the authority answered with HTTP status {answer.status}")
    try:
        check_token(answer.body, note, request.nonce)
        if roots:
            verify_token(answer.body, note, roots)
    except (IntegrityError, MalformedError) as error:
        raise AnchorGap(f"a bad answer: {error.message}") from None
    return answer.body
