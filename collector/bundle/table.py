"""Tables as CSV (RFC 4180), safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable


def line(values: Iterable[object]) -> bytes:
    """Write one line."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([_harmless(value) for value in values])
    return text.getvalue().encode("utf-8")


def _harmless(value: object) -> object:
    """Keep a spreadsheet from taking text for a formula (OWASP, CSV Injection)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
