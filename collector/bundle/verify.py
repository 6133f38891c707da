"""Verification of a bundle: the steps of `collector.ledger.verify`, between three that only a zip needs.

First, every file is compared with the manifest's digest of it. After the ledger's steps, the records from
before the period that came along are checked by their inclusion proofs, and the page and tables, which no
signature covers, are derived again from the verified records and compared byte for byte.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from collector.bundle import manifest as layout
from collector.bundle.formats import FAMILIES, Write, derive
from collector.bundle.objects import Naming
from collector.bundle.product import product
from collector.bundle.reader import BundleReader
from collector.ledger.merkle import ProofError, leaf_hash, verify_inclusion
from collector.ledger.verification import INTACT, Problem, Statement, Step, Verdict, Verification
from collector.ledger.verify import Trust, verify
from collector.model.errors import IntegrityError, MalformedError
from collector.model.record import Header


@dataclass(frozen=True, slots=True)
class Records:
    """What was found of a bundle's records: what is said of a ledger, its objects, and the earlier records."""

    ledger: Verification
    objects: Problem | None
    earlier: Step

    @property
    def faultless(self) -> bool:
        """Tell that there is nothing to say against them."""
        return not self.ledger.exit and self.objects is None and self.earlier.problem is None

    @property
    def sound(self) -> bool:
        """Tell that headers and what they name are what was recorded, so that something can be derived from them."""
        headers, bodies, *_ = self.ledger.steps
        return headers.problem is None and bodies.problem is None


def verify_bundle(
    reader: BundleReader,
    trust: Trust,
    progress: Callable[[int], None] = lambda _: None,
    derived: Callable[[], Mapping[str, str]] = dict,
    records: Records | None = None,
) -> Verification:
    """Verify a bundle under the auditor's pins (see the module and `collector.ledger.verify`).

    Args:
        reader: the bundle.
        trust: the pins.
        progress: told how many records were verified since the last call.
        derived: gives the digests of page and tables by name, where somebody derived them from these very records. They
            count only if they are those of the bundle; otherwise page and tables are derived here.
        records: what was found of these very records, where somebody verified them under these pins.

    Raises:
        ConfigurationError: a pin or the earlier checkpoint is malformed.

    """
    files = _check_files(reader)
    found = records or verify_records(reader, trust, progress)
    if not files.problem:
        files = replace(files, problem=found.objects)
    page = _check_derived(reader, derived, sound=found.sound)
    steps = (files, *found.ledger.steps, found.earlier, page)
    statements = _restate(reader, found.ledger, (files, found.earlier, page))
    return replace(found.ledger, steps=steps, statements=statements)


def verify_records(reader: BundleReader, trust: Trust, progress: Callable[[int], None] = lambda _: None) -> Records:
    """Verify a bundle's records and what they name.

    Raises:
        ConfigurationError: as `verify_bundle`.

    """
    found = Records(verify(reader, trust, progress), None, _check_earlier(reader))
    return replace(found, objects=_check_objects(reader)) if found.sound else found


def _check_files(reader: BundleReader) -> Step:
    title = "Files of the bundle"
    stated = reader.manifest.files
    names = reader.archive.names - {layout.NAME}
    problem = None
    if odd := sorted(names ^ stated.keys()):
        problem = Problem(f"{odd[0]} is {'not listed in' if odd[0] in names else 'missing from'} the bundle")
    for name in sorted(names & stated.keys()):
        if problem is None and reader.archive.digest(name) != (stated[name].size, stated[name].digest):
            problem = Problem(f"{name} is not the file that {layout.NAME} names: it was altered")
    return Step(title, f"{len(names)} files compared with {layout.NAME}", problem)


def _check_objects(reader: BundleReader) -> Problem | None:
    """Find the first line of `objects.jsonl` that the records do not name there."""
    naming = Naming(reader.first, reader.earlier)
    for seq, data in reader.headers():
        header = Header.decode(data, f"the header of record {seq}")
        if not reader.withheld(header):
            naming.add(header)
    count = 0
    try:
        for named in naming.objects(reader):
            found = reader.line_of(named.address)
            if found is None and named.item and reader.withholds_items:
                continue
            if found is None:
                return Problem(f"the object {named.address}, which the records name, {reader.absence}")
            count += 1
            if found != count - 1:
                return Problem(f"line {count} of {layout.OBJECTS} is not the object that the records name next")
    except (IntegrityError, MalformedError) as error:
        return Problem(error.message)
    if count == reader.objects:
        return None
    return Problem(f"line {count + 1} of {layout.OBJECTS} is an object that no record names")


def _check_earlier(reader: BundleReader) -> Step:
    title = "Earlier records that the period rests on"
    problem = None
    try:
        checkpoint = reader.last_checkpoint().checkpoint
        for seq, record in sorted(reader.earlier.items()):
            verify_inclusion(leaf_hash(record.data), seq, checkpoint.size, record.proof, checkpoint.root)
    except ProofError as error:
        problem = Problem(f"record {seq}, from before the period, is not in the ledger: {error.message}", seq)
    except (MalformedError, ValueError) as error:
        problem = Problem(f"no checkpoint to prove them against: {error}")
    return Step(title, f"{len(reader.earlier)} proven by inclusion in the last checkpoint", problem)


def _check_derived(reader: BundleReader, derived: Callable[[], Mapping[str, str]], *, sound: bool) -> Step:
    title = "Page and tables"
    if not is_comparable(reader):
        detail = (
            f"not compared: they were written by {reader.manifest.product}, this is {product()}; nothing vouches for "
            "them here, so rely on what is printed from the records"
        )
        return Step(title, detail, done=False)
    if not sound:
        return Step(title, "not compared: the records they are derived from are refuted", done=False)
    found = derived()
    if not found or _difference(reader, found):
        try:
            found = derived_digests(reader)
        except (IntegrityError, MalformedError) as error:
            return Step(title, "refused", Problem(f"they cannot be derived again: {error.message}"))
    if problem := _difference(reader, found):
        return Step(title, "refused", problem)
    return Step(title, f"{len(found)} files derived again from the records, byte for byte")


def is_comparable(reader: BundleReader) -> bool:
    """Tell whether page and tables were written by this build of the product, which alone can derive them again."""
    return reader.manifest.product == product()


def _difference(reader: BundleReader, derived: Mapping[str, str]) -> Problem | None:
    """Find the first file that is not as it was derived, or that was not derived."""
    for name, found in derived.items():
        stated = reader.manifest.files.get(name)
        if stated is None or stated.digest != found:
            return Problem(f"{name} does not follow from the records: it was altered")
    for name in sorted(reader.manifest.files.keys() - derived.keys()):
        if name.startswith(tuple(family.folder for family in FAMILIES)):
            return Problem(f"{name} does not follow from the records: it was added")
    return None


def derived_digests(reader: BundleReader) -> Mapping[str, str]:
    """Derive page and tables, and give the digest of each by name.

    Raises:
        IntegrityError, MalformedError: they cannot be derived.

    """
    derived: dict[str, str] = {}

    @contextmanager
    def digested(name: str) -> Iterator[Write]:
        state = hashlib.sha256()
        yield state.update
        derived[name] = state.hexdigest()

    derive(reader, digested)
    return derived


def _restate(reader: BundleReader, ledger: Verification, steps: tuple[Step, ...]) -> tuple[Statement, ...]:
    """Let the bundle's own steps count towards *Intact*, and say what a narrowed export withholds."""
    intact, *rest = ledger.statements
    problem = next((step.problem for step in steps if step.problem), None)
    if intact.verdict is Verdict.PROVEN and problem:
        intact = Statement(INTACT, Verdict.REFUTED, problem.message)
    elif intact.verdict is Verdict.PROVEN and reader.manifest.controls is not None:
        names = ", ".join(reader.manifest.controls)
        sentence = (
            f"{intact.sentence} The export is narrowed to {names}: all {reader.size - reader.first} headers of the "
            "period are here and prove that none was left out; the bodies of other controls are withheld."
        )
        intact = Statement(INTACT, Verdict.PROVEN, sentence)
    return (intact, *rest)
