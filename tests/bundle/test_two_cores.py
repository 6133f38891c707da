import shutil

import pytest
from support.estate import year
from support.ledgers import signer
from support.tampering import DERIVED, TAMPERED, read, write

from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.bundle.two_cores import verify_on_two_cores
from collector.bundle.verify import derived_digests, verify_bundle
from collector.ledger.verify import Trust
from collector.model.errors import Exit
from collector.model.period import Period


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a good bundle, and the trust that it verifies under."""
    folder = tmp_path_factory.mktemp("made")
    with year(folder, days=3).read() as reader:
        export_bundle(reader, Period.parse("2026-01-02..2026-02-01"), None, folder / "bundle.zip")
    return folder, Trust((signer(folder).key.fingerprint,))


@pytest.fixture
def bundle(made, tmp_path):
    return shutil.copy(made[0] / "bundle.zip", tmp_path / "bundle.zip")


PAGE, NARROWED = DERIVED["change the page"], DERIVED["hide bodies by claiming a narrowing"]
OBJECTS = TAMPERED["swap two objects"]


def altered(made, path, case=PAGE):
    """The good bundle, tampered with, and a manifest to match."""
    tamper, *_ = case
    return write(path, tamper(read(made[0] / "bundle.zip"), made[0]))


def both(path, trust, instead=None):
    """What one process says, and what two say, of which the other finds another file in the place of the first."""
    told = []
    with open_bundle(path) as reader:
        one = verify_bundle(reader, trust)
        if instead:
            instead.replace(path)
        two = verify_on_two_cores(reader, trust, told.append, worth_it=1)
        assert sum(told) == reader.size - reader.first
    return one, two


@pytest.mark.parametrize("case", [None, PAGE, OBJECTS], ids=["good", "page", "objects"])
def test_two_processes_say_what_one_does(made, bundle, case):
    if case:
        altered(made, bundle, case)
    one, two = both(bundle, made[1])
    assert one == two
    assert (two.exit is Exit.PASS) == (case is None)


@pytest.mark.parametrize("case", [PAGE, NARROWED], ids=["page", "narrowed"])
def test_a_good_file_that_takes_the_place_of_a_bad_one_meanwhile_hides_nothing(made, bundle, tmp_path, case):
    good = shutil.copy(bundle, tmp_path / "good.zip")
    altered(made, bundle, case)
    one, two = both(bundle, made[1], instead=good)
    assert one == two
    assert two.exit is Exit.INTEGRITY


def test_a_bad_file_that_takes_the_place_of_a_good_one_meanwhile_refutes_nothing(made, bundle, tmp_path):
    bad = altered(made, tmp_path / "bad.zip")
    one, two = both(bundle, made[1], instead=bad)
    assert one == two
    assert two.exit is Exit.PASS


def test_a_file_that_is_gone_meanwhile_is_verified_by_one_process(made, bundle):
    with open_bundle(bundle) as reader:
        bundle.unlink()
        assert verify_on_two_cores(reader, made[1], worth_it=1).exit is Exit.PASS


def test_what_is_said_to_be_derived_counts_only_where_it_confirms_the_bundle(made, bundle):
    with open_bundle(bundle) as reader:
        true = derived_digests(reader)
        for said in (dict.fromkeys(true, "0" * 64), {}):
            assert verify_bundle(reader, made[1], derived=lambda said=said: said).exit is Exit.PASS
    altered(made, bundle)
    with open_bundle(bundle) as reader:
        assert verify_bundle(reader, made[1], derived=lambda: true).exit is Exit.INTEGRITY
