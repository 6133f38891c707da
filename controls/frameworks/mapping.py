"""What each control maps to beside SOC 2, whose criteria stand at the control itself.

One table and not a line in each control's file, so that an auditor can read a whole framework's mapping in one place.
"""

from collections.abc import Mapping


def _ids(iso: str, act: str, gdpr: str, nist: str) -> tuple[str, ...]:
    """Spell the ids out."""
    return (
        *(f"ISO42001:{number}" for number in iso.split()),
        *(f"EUAIA:{article}" for article in act.split()),
        "GDPR:32",
        *(f"GDPR:{part}" for part in gdpr.split()),
        *(f"NISTAIRMF:{subcategory}" for subcategory in nist.split()),
    )


MAPPING: Mapping[str, tuple[str, ...]] = {
    "ACC-1": _ids("A.4.2", "15", "32.1.b", "GOVERN-1.6 MEASURE-2.7"),
    "ACC-2": _ids("A.4.5 A.6.2.6", "15", "32.1.b 32.4", "MEASURE-2.7"),
    "ACC-3": _ids("A.3.2", "15 17", "32.1.d 32.4", "GOVERN-2.1 MEASURE-2.7"),
    "ACC-4": _ids("A.3.2", "15 17", "32.4", "GOVERN-2.1 MEASURE-2.7"),
    "ACC-5": _ids("A.4.5", "15", "32.1.a 32.1.b", "MEASURE-2.7"),
    "ACC-6": _ids("A.6.2.8", "12 15", "32.1.b", "MEASURE-2.7 MEASURE-2.8"),
    "SEG-1": _ids("A.7.2", "10 15", "32.1.b 32.4", "MEASURE-2.7 MEASURE-2.10"),
    "SEG-2": _ids("A.7.2 A.7.3 A.7.5", "10", "32.1.b 32.4", "MEASURE-2.10"),
    "SEG-3": _ids("A.7.2", "10 15", "32.1.a 32.1.b", "MEASURE-2.7 MEASURE-2.10"),
    "SEG-4": _ids("A.4.5 A.7.2", "10 15", "32.1.b", "MEASURE-2.7 MEASURE-2.10"),
    "CHG-1": _ids("A.6.2.5", "17", "32.1.b", "GOVERN-2.1 MANAGE-1.1 MANAGE-4.1"),
    "CHG-2": _ids("A.6.2.4 A.6.2.5", "15 17", "32.1.b", "MANAGE-1.1"),
    "CHG-3": _ids("A.6.2.5", "15 17", "32.1.b", "MEASURE-2.7"),
    "CHG-4": _ids("A.3.2 A.6.2.5", "15 17", "32.1.b 32.4", "GOVERN-2.1"),
    "CHG-5": _ids("A.6.2.8", "12 17", "32.1.d", "MEASURE-2.8 MANAGE-4.1"),
    "LOG-1": _ids("A.6.2.8", "12 26", "32.1.b", "MEASURE-2.4 MEASURE-2.8"),
    "LOG-2": _ids("A.6.2.8", "12 19 26", "32.1.a 32.1.b", "MEASURE-2.8 MEASURE-2.10"),
    "LOG-3": _ids("A.6.2.6 A.6.2.8", "12 72", "32.1.d", "MEASURE-2.4 MEASURE-2.8"),
    "LOG-4": _ids("A.6.2.8", "12 19 26", "32.1.b", "MEASURE-2.8"),
    "LOG-5": _ids("A.3.2 A.6.2.8", "12 15", "32.1.a 32.1.d 32.4", "MEASURE-2.8 MEASURE-2.10"),
    "OPS-1": _ids("A.4.5 A.6.2.6", "15", "32.1.b 32.1.c", "MEASURE-2.7"),
    "OPS-2": _ids("A.6.2.6", "15 26 72", "32.1.b", "MEASURE-2.4 MANAGE-4.1"),
    "OPS-3": _ids("A.6.2.6 A.7.4", "15 72", "32.1.d", "MEASURE-2.4 MEASURE-2.5 MANAGE-4.1"),
    "OPS-4": _ids("A.6.2.6", "15", "32.1.b", "MEASURE-2.4 MEASURE-2.6"),
    "VEN-1": _ids("A.4.4 A.10.3", "25", "32.2", "GOVERN-1.6 GOVERN-6.1 MANAGE-3.1 MANAGE-3.2"),
    "VEN-2": _ids("A.10.3", "25", "32.1.d", "GOVERN-6.1 MANAGE-3.1"),
    "VEN-3": _ids("A.10.3", "25", "32.1.d", "GOVERN-6.1 MAP-4.2 MANAGE-3.1"),
    "VEN-4": _ids("A.10.2 A.10.3", "25", "32.1.d 32.2", "GOVERN-6.1 MAP-4.2 MANAGE-3.1"),
    "VEN-5": _ids("A.10.2 A.10.3", "25", "32.1.d", "GOVERN-6.1 MAP-4.2"),
    "VEN-6": _ids("A.10.2 A.10.3", "25", "32.1.d", "GOVERN-6.1 GOVERN-6.2"),
}
"""By control id."""
