"""GDPR, Article 32: security of processing.

Source: Regulation (EU) 2016/679, Article 32, as a whole and by paragraph and point.
"""

from collections.abc import Mapping

GDPR: Mapping[str, str] = {
    "GDPR:32": "processing is secured as its risks demand",
    "GDPR:32.1.a": "personal data are pseudonymised and encrypted",
    "GDPR:32.1.b": "confidentiality, integrity, availability and resilience are lasting",
    "GDPR:32.1.c": "availability and access are restored in time after an incident",
    "GDPR:32.1.d": "the measures are tested, assessed and evaluated regularly",
    "GDPR:32.2": "the risks of destruction, loss, alteration and disclosure are taken into account",
    "GDPR:32.3": "codes of conduct or certifications may show compliance",
    "GDPR:32.4": "whoever has access to personal data processes them on instruction only",
}
