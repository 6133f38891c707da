"""What is derived from a bundle's records for people: one file each, in a registry that a reader can see.

A format is a pure function of the bundle's records. Adding one is one module here and one line in `FORMATS`;
verification derives it again and compares, so a format can say no more than the records do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from collector.bundle.ocsf import findings
from collector.bundle.oscal import assessment_results
from collector.bundle.page import page
from collector.bundle.page_data import overview_script, records_script
from collector.bundle.reader import BundleReader
from collector.bundle.readme import readme_text
from collector.bundle.results import results_table


@dataclass(frozen=True, slots=True)
class Format:
    """A derived file: its name in the bundle, and the function that streams its bytes."""

    name: str
    derive: Callable[[BundleReader], Iterator[bytes]]


FORMATS = (
    Format("README.txt", readme_text),
    Format("data/overview.js", overview_script),
    Format("data/records.js", records_script),
    Format("index.html", page),
    Format("ocsf/findings.jsonl", findings),
    Format("oscal/assessment-results.json", assessment_results),
    Format("results.csv", results_table),
)
