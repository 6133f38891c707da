"""The criteria that controls map to, by id, each with what it asks for in a few words of our own.

Source: AICPA Trust Services Criteria (2017, revised points of focus 2022).
"""

from collections.abc import Mapping

CRITERIA: Mapping[str, str] = {
    "CC6.1": "logical access to protected information is restricted",
    "CC6.2": "access is registered and authorised before it is given, and removed when no longer due",
    "CC6.3": "access is given, changed and removed by role and least privilege",
    "C1.1": "confidential information is identified and kept",
    "C1.2": "confidential information is disposed of when due",
    "CC7.1": "new weaknesses and changes that introduce them are detected",
    "CC7.2": "systems are monitored for anomalies",
    "CC7.3": "security events are evaluated",
    "CC8.1": "changes are authorised, tested, approved and carried out",
    "PI1.1": "what processing is for, and what its data mean, is defined and told",
    "PI1.2": "inputs of processing are complete and accurate",
    "PI1.3": "processing is complete, accurate, timely and authorised",
    "PI1.4": "outputs are complete, accurate and given to whom they are meant for",
    "PI1.5": "what is stored of inputs, processing and outputs is complete and protected",
    "A1.1": "capacity is watched and kept to meet demand",
    "A1.2": "availability is protected by design, back-ups and recovery",
    "P4.2": "personal information is kept no longer than its purpose needs",
    "CC9.2": "risks of vendors and business partners are assessed and managed",
}
