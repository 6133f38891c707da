"""Asking a witness for its cosignature (c2sp.org/tlog-witness)."""

from collector.anchors.http import Answer, post
from collector.anchors.outcome import AnchorGap, AnchorRefused, RolledBack
from collector.config.anchors import Anchors, Witness
from collector.ledger.anchors import AnchorKind
from collector.ledger.checkpoint import SignedCheckpoint, parse_size
from collector.ledger.cosignature import verify_cosignature
from collector.ledger.note import Signature
from collector.ledger.store import Ledger, LedgerReader
from collector.ledger.witness import witness_request
from collector.model.errors import IntegrityError, MalformedError

_TRIES = 3
_SIZE = "text/x.tlog.size"
_MEANINGS = {
    403: "the witness does not know the ledger's key: give it the verifier key of controlproof key show",
    404: "the witness does not know this ledger: give it the ledger's name and verifier key",
}


def cosignature(settings: Anchors, witness: Witness, ledger: Ledger, size: int, note: bytes) -> bytes:
    """Get the witness's cosignature line on the checkpoint over `size` records, verified.

    Raises:
        AnchorGap: there is none this time.
        AnchorRefused: the witness knows another history of the ledger, or has seen more of it than is left.

    """
    url = f"{str(witness.url).rstrip('/')}/add-checkpoint"
    name = witness.verifier.name
    with ledger.read() as reader:
        old = last_cosigned(reader, name, size)
    for _ in range(_TRIES):
        with ledger.read() as reader:
            request = witness_request(reader, size, old, note)
        answer = post(settings, url, "text/plain; charset=utf-8", request.encode())
        if answer.status == 200:
            return _own_line(witness, note, answer.body)
        if answer.status == 409 and answer.form.split(";")[0].strip() == _SIZE:
            seen = _seen(answer)
            _check_seen(name, ledger, seen, size, old)
            old = seen
            continue
        if answer.status == 422 or (answer.status == 409 and old == size):
            raise AnchorRefused(_another_history(name, old))
        raise AnchorGap(_MEANINGS.get(answer.status, f"the witness answered with HTTP status {answer.status}"))
    raise AnchorGap("the witness names another size each time")


def last_cosigned(reader: LedgerReader, name: str, size: int) -> int:
    """Give the size of the largest checkpoint, at most `size`, that a witness is known to have cosigned; 0 for none."""
    kept = (a.size for a in reader.anchors() if a.kind is AnchorKind.COSIGNATURE and a.name == name)
    return max((each for each in kept if each <= size), default=0)


def _seen(answer: Answer) -> int:
    try:
        return parse_size(answer.body.decode("ascii", "replace").removesuffix("\n"), "the witness's size")
    except MalformedError as error:
        raise AnchorGap(f"a bad answer: {error.message}") from None


def _check_seen(name: str, ledger: Ledger, seen: int, size: int, old: int) -> None:
    """Tell what it means that a witness's last checkpoint is not the one that was taken for its last."""
    if seen > size:
        with ledger.read() as reader:
            newest = reader.size
        if newest >= seen:
            raise AnchorGap(f"the witness cosigned a newer checkpoint meanwhile, over {seen} records")
        raise RolledBack(name, seen, newest)
    if seen == old:
        # The size was right, so it is the tree that differs.
        raise AnchorRefused(_another_history(name, old))


def _another_history(name: str, old: int) -> str:
    return f"another history: {name} cosigned {old} records of this ledger which are not the first {old} of these"


def _own_line(witness: Witness, note: bytes, body: bytes) -> bytes:
    key = witness.verifier
    signed = SignedCheckpoint.decode(note, "the checkpoint")
    try:
        lines = [Signature.decode(line, "the witness's answer") for line in body.decode("utf-8").splitlines()]
        for line in lines:
            if (line.name, line.key_id) == (key.name, key.id):
                verify_cosignature(key, signed, line)
                return line.encode().removesuffix("\n").encode("utf-8")
    except (IntegrityError, MalformedError) as error:
        raise AnchorGap(f"a bad answer: {error.message}") from None
    except UnicodeDecodeError:
        raise AnchorGap("a bad answer: it is not UTF-8") from None
    raise AnchorGap("a bad answer: it holds no cosignature by the configured key")
