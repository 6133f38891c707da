"""What is derived from a bundle's records for people: one file each, in a registry that a reader can see.

A format is a pure function of the bundle's records. Adding one is one module here and one line in `FORMATS`;
verification derives it again and compares, so a format can say no more than the records do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from collector.bundle.changes import changes_table
from collector.bundle.coverage import coverage_table
from collector.bundle.deviations import deviations_table
from collector.bundle.ocsf import findings
from collector.bundle.oscal import assessment_results
from collector.bundle.page import page
from collector.bundle.page_data import changes_script, overview_script, records_script
from collector.bundle.populations import FOLDER, population_tables
from collector.bundle.reader import BundleReader
from collector.bundle.readings import readings_table
from collector.bundle.readme import readme_text
from collector.bundle.results import results_table


@dataclass(frozen=True, slots=True)
class Format:
    """A derived file: its name in the bundle, and the function that streams its bytes."""

    name: str
    derive: Callable[[BundleReader], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Family:
    """Derived files of one kind, as many as the records give: their folder, and the function that gives each."""

    folder: str
    derive: Callable[[BundleReader], Iterator[tuple[str, Iterator[bytes]]]]


FORMATS = (
    Format("README.txt", readme_text),
    Format("changes.csv", changes_table),
    Format("coverage.csv", coverage_table),
    Format("data/changes.js", changes_script),
    Format("data/overview.js", overview_script),
    Format("data/records.js", records_script),
    Format("deviations.csv", deviations_table),
    Format("index.html", page),
    Format("ocsf/findings.jsonl", findings),
    Format("oscal/assessment-results.json", assessment_results),
    Format("readings.csv", readings_table),
    Format("results.csv", results_table),
)
FAMILIES = (Family(FOLDER, population_tables),)


def derived_files(reader: BundleReader) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Give the name and the bytes of every derived file; each is to be read before the next is asked for."""
    for fmt in FORMATS:
        yield fmt.name, fmt.derive(reader)
    for family in FAMILIES:
        yield from family.derive(reader)
