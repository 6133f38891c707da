"""The vendor of the model that the year's company buys: what its assessor recorded of its reports, and when.

The first report covers until 31 May 2025, so it is older than twelve months from 1 June 2026 on; a bridge letter
carries it three months further, and the next report is assessed before those are over.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from collector.ledger.entry import Entry
from collector.review.document import Document
from collector.review.vendor import Assessed, Register, vendor_entries

VENDOR = "anthropic"
MODEL = "anthropic.claude-sonnet-4-5-v1:0"
"""The model's id on Amazon Bedrock."""
_ASSESSOR = "vendor-risk-lead"
_SERVICE = "Claude API"


def assessed(year: int, bridged_until: str | None = None) -> Sequence[Entry]:
    """Give what `attest vendor` records of the report whose period ended on 31 May of a year."""
    text = f"{VENDOR}: SOC 2 Type 2 report for the period ended on 31 May {year}\n".encode()
    document = Document(Path(f"{VENDOR}-{year}.pdf"), hashlib.sha256(text).hexdigest(), len(text))
    letter = {"until": bridged_until, "reference": "letter of the vendor's management"} if bridged_until else None
    stated = _vendor(year, document.digest, letter)
    register = Register.model_validate({"assessed_by": _ASSESSOR, "vendors": {VENDOR: stated}})
    return vendor_entries(Assessed(register, b"", Path("vendors.yaml")), {VENDOR: document}, None, None)


def _vendor(year: int, digest: str, letter: dict[str, str] | None) -> dict[str, Any]:
    report = {
        "ai_controls": dict.fromkeys(("customer-data-use", "model-access", "model-change"), "CC6.1"),
        "auditor": "Example Assurance LLP",
        "bridge_letter": letter,
        "digest": digest,
        "exceptions": (),
        "opinion": "unqualified",
        "period": {"start": f"{year - 1}-06-01", "end": f"{year}-05-31"},
        "services": (_SERVICE,),
        "type": "SOC 2 Type 2",
    }
    return {
        "contract": {"annual_report": True, "clause": "section 7.2"},
        "name": VENDOR.capitalize(),
        "report": report,
        "services": (_SERVICE,),
        "subservice_organisations": ({"name": "Example Cloud", "service": "hosting", "method": "inclusive"},),
        "user_entity_controls": ({"control": "keys are rotated", "owner": "platform-team", "evidence": "ACC-3"},),
    }
