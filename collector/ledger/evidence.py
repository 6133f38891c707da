"""Evidence from recorded inputs: the one way in which a test gets it, in a live run and in a replay."""

from collections.abc import Iterable

from collector.ledger.bodies import Input, read_attestation, read_gap, read_snapshot
from collector.ledger.reader import Reader, fetch
from collector.model.attestation import Attestation
from collector.model.canonical import decode_object
from collector.model.errors import IntegrityError
from collector.model.evidence import Evidence
from collector.model.record import Kind
from collector.model.snapshot import Gap, Snapshot


def load_evidence(reader: Reader, inputs: Iterable[Input]) -> Evidence:
    """Read the snapshots, gaps and attestations behind a result's inputs, with every digest checked.

    Raises:
        IntegrityError: an input is not the record that it says it is.

    """
    loaded = [_load(reader, reading) for reading in inputs]
    return Evidence(
        tuple(each for each in loaded if not isinstance(each, Attestation)),
        tuple(each for each in loaded if isinstance(each, Attestation)),
    )


def _load(reader: Reader, reading: Input) -> Snapshot | Gap | Attestation:
    what = f"record {reading.seq} ({reading.subject})"
    header = reader.header(reading.seq)
    if header is None:
        raise IntegrityError(f"{what} is missing")
    if header.body != reading.body or header.subject != reading.subject:
        raise IntegrityError(f"{what} is not the record that the result was computed from")
    body = decode_object(fetch(reader, header.body), f"the body of {what}")
    if header.kind is Kind.SNAPSHOT:
        return read_snapshot(reader, body, what)
    if header.kind is Kind.GAP:
        return read_gap(reader, body, what)
    if header.kind is Kind.ATTESTATION:
        return read_attestation(header, body)
    raise IntegrityError(f"{what} is a {header.kind}, which is not evidence")
