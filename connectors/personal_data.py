"""Which kinds of personal or secret data a text looks to hold: kinds and counts leave here, never any of the text.

Source: ISO 13616-1 (IBAN and its check digits); ISO/IEC 7812-1, annex B (card numbers and the Luhn formula); ITU-T
E.164 (telephone numbers); US Social Security Administration, "Randomization" (numbers that are never given); AWS IAM
User Guide, "IAM identifiers" (the beginnings of access keys).
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Mapping

MAX_TEXT = 65_536
"""Characters of one text that are looked at."""

_ADDRESS = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])", re.ASCII
)
_PHONE = re.compile(r"(?<![\w+.-])\+[1-9](?:[ ()./-]{0,2}\d){7,14}(?![\w-])", re.ASCII)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])", re.ASCII)
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])(?!\.\d)", re.ASCII)
_SOCIAL_SECURITY = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])", re.ASCII)
_INTERNET = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:])(?!\.\d)", re.ASCII
)
_ACCESS_KEY = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])", re.ASCII)

_SHORTEST_IBAN, _LONGEST_IBAN = 15, 34
_IBAN_LENGTHS = {
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "NL"), 18),
    **dict.fromkeys(("AT", "EE", "LT", "LU"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "DE", "GB", "IE"), 22),
    **dict.fromkeys(("CZ", "ES", "RO", "SE", "SK"), 24),
    **dict.fromkeys(("PT",), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("FR", "GR", "IT"), 27),
    **dict.fromkeys(("CY", "HU", "PL"), 28),
    "MT": 31,
    "NO": 15,
    "SI": 19,
}
"""How long a country's numbers are; of others, what looks like one is taken as it stands."""


def kinds(text: str) -> Mapping[str, int]:
    """Count what a text looks to hold, by kind; a kind that it does not hold is absent."""
    seen = text[:MAX_TEXT]
    counted = Counter({kind: sum(map(check, pattern.findall(seen))) for kind, (pattern, check) in _KINDS.items()})
    return {kind: count for kind, count in sorted(counted.items()) if count}


def _always(_: str) -> bool:
    return True


def _is_iban(found: str) -> bool:
    """Tell whether the check digits are right (ISO 13616-1: the rest modulo 97 is 1).

    What follows a number in a text may look as if it were part of it: it is as long as its country's are.
    """
    plain = found.replace(" ", "")
    plain = plain[: _IBAN_LENGTHS.get(plain[:2], len(plain))]
    if not _SHORTEST_IBAN <= len(plain) <= _LONGEST_IBAN:
        return False
    digits = "".join(str(int(each, 36)) for each in plain[4:] + plain[:4])
    return int(digits) % 97 == 1


def _is_card(found: str) -> bool:
    """Tell whether the last digit is right by the Luhn formula; equal digits alone are no number of a card."""
    digits = [int(each) for each in found if each.isdigit()]
    doubled = [sum(divmod(2 * each, 10)) for each in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_address(found: str) -> bool:
    """Tell whether it is an address of a host in the internet: loopback and private ones name nobody."""
    try:
        return ipaddress.ip_address(found).is_global
    except ValueError:
        return False


_KINDS: Mapping[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "access_key": (_ACCESS_KEY, _always),
    "card_number": (_CARD, _is_card),
    "email": (_ADDRESS, _always),
    "iban": (_IBAN, _is_iban),
    "ip_address": (_INTERNET, _is_address),
    "national_id": (_SOCIAL_SECURITY, _always),
    "phone": (_PHONE, _always),
}
