"""Acme AI's vendor register, with reports that were made up for the demo; the flaws are Acme AI's own, planted here.

The vendors' names are real, since the controls know them by their hosts. Nothing here is a statement about them: no
report that is named exists, and whom they rely on is made up too. What is found is what Acme AI left undone.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

_HEADER = """\
# Made up for the demo: no report that is named here exists, and nothing here says anything about the vendors named.
# Recorded as by: controlproof attest vendor vendors.yaml --document VENDOR=FILE …
"""
_REPORT = """\
Made up for the demo.
This file stands for the SOC 2 report of {name}, of which it holds nothing and says nothing.
"""
_ASSESSOR = "vendor-risk-lead"
_YEAR = timedelta(days=365)
_TOPICS = ("customer-data-use", "model-access", "model-change")
_VENDORS: Mapping[str, tuple[str, str]] = {
    # Id: name, and the service that is used.
    "anthropic": ("Anthropic", "Models on Amazon Bedrock"),
    "cohere": ("Cohere", "Embeddings"),
    "mistral": ("Mistral AI", "Chat"),
    "openai": ("OpenAI", "API"),
}


def write_register(folder: Path, today: date, *, flaws: bool) -> tuple[Path, Mapping[str, Path]]:
    """Write the register and the files that stand for the reports; give where they are, the latter by vendor.

    Args:
        folder: where to, which is there.
        today: no report ends later.
        flaws: whether to plant the flaws.

    """
    reports: dict[str, Path] = {}
    vendors: dict[str, Any] = {}
    for vendor, (name, service) in _VENDORS.items():
        # VEN-1: with flaws, one is in use that nobody registered.
        if flaws and vendor == "cohere":
            continue
        reports[vendor] = folder / f"report-{vendor}.txt"
        reports[vendor].write_text(_REPORT.format(name=name), encoding="utf-8")
        digest = hashlib.sha256(reports[vendor].read_bytes()).hexdigest()
        vendors[vendor] = _vendor(name, service, digest, today)
    if flaws:
        _leave_undone(vendors, today)
    register = folder / "vendors.yaml"
    stated = yaml.safe_dump({"assessed_by": _ASSESSOR, "vendors": vendors}, sort_keys=False)
    register.write_text(_HEADER + stated, encoding="utf-8")
    return register, reports


def _vendor(name: str, service: str, digest: str, today: date) -> dict[str, Any]:
    """Give a vendor of whom nothing is left undone."""
    end = today - timedelta(days=60)
    reviewed = {"report": "SOC 2 Type 2", "period_end": str(end), "reviewed": str(today), "reviewed_by": _ASSESSOR}
    hosting = {"name": "Example Cloud", "service": "hosting", "method": "carve-out", "review": reviewed}
    ours = {"control": "API keys are kept secret and rotated", "owner": "platform-team", "evidence": "secret store"}
    return {
        "name": name,
        "services": [service],
        "report": {
            "type": "SOC 2 Type 2",
            "auditor": "Example Assurance LLP",
            "period": {"start": str(end - _YEAR), "end": str(end)},
            "opinion": "unqualified",
            "services": [service],
            "ai_controls": dict.fromkeys(_TOPICS, "made up for the demo"),
            "exceptions": [],
            "digest": digest,
        },
        "subservice_organisations": [hosting],
        "user_entity_controls": [ours],
        "contract": {"annual_report": True, "clause": "made up for the demo, section 7.2"},
    }


def _leave_undone(vendors: Mapping[str, dict[str, Any]], today: date) -> None:
    """Plant the flaws: each is something that Acme AI did not do."""
    # VEN-2, VEN-6: the next report was never asked for, and no clause of the contract owes it.
    end = today - timedelta(days=420)
    vendors["mistral"]["report"]["period"] = {"start": str(end - _YEAR), "end": str(end)}
    vendors["mistral"]["contract"] = {"annual_report": False}
    # VEN-3: a service came into use after the report was assessed for another.
    vendors["openai"]["services"].append("a service on trial")
    # VEN-4: what the report leaves to its users has no owner.
    vendors["anthropic"]["user_entity_controls"].append({"control": "users of the service are reviewed each quarter"})
    # VEN-5: whom the vendor relies on was not looked at.
    del vendors["openai"]["subservice_organisations"][0]["review"]
