"""ISO/IEC 42001: the 38 controls of its normative Annex A.

Source: ISO/IEC 42001:2023, Annex A (reference control objectives and controls).
"""

from collections.abc import Mapping

ISO_42001: Mapping[str, str] = {
    f"ISO42001:{number}": words
    for number, words in {
        "A.2.2": "a policy for developing and using AI systems is documented",
        "A.2.3": "other policies that AI affects, or that affect it, are aligned with it",
        "A.2.4": "the AI policy is reviewed as planned",
        "A.3.2": "roles and responsibilities for AI are defined and given",
        "A.3.3": "concerns about AI systems can be reported",
        "A.4.2": "the resources of each stage of an AI system are documented",
        "A.4.3": "the data that an AI system uses are documented as resources",
        "A.4.4": "the tools that an AI system uses are documented as resources",
        "A.4.5": "the systems and computing resources of an AI system are documented",
        "A.4.6": "the people and competences that an AI system needs are documented",
        "A.5.2": "a process assesses what an AI system may do to people and societies",
        "A.5.3": "impact assessments are documented and kept",
        "A.5.4": "impacts on individuals and groups are assessed",
        "A.5.5": "impacts on societies are assessed",
        "A.6.1.2": "objectives for responsible development are set",
        "A.6.1.3": "processes for responsible design and development are defined",
        "A.6.2.2": "requirements of AI systems are specified",
        "A.6.2.3": "design and development of AI systems are documented",
        "A.6.2.4": "AI systems are verified and validated against criteria",
        "A.6.2.5": "deployment is planned, and its requirements are met before it",
        "A.6.2.6": "AI systems in operation are monitored, repaired, updated and supported",
        "A.6.2.7": "technical documentation is provided to those who need it",
        "A.6.2.8": "event logs of AI systems are recorded, at least while they are in use",
        "A.7.2": "data for developing and enhancing AI systems are managed",
        "A.7.3": "how data are acquired and selected is determined and documented",
        "A.7.4": "requirements of data quality are defined, and data meet them",
        "A.7.5": "the provenance of data is recorded over their life",
        "A.7.6": "how data are prepared is determined and documented",
        "A.8.2": "users get the information on an AI system that they need",
        "A.8.3": "interested parties can report adverse impacts",
        "A.8.4": "incidents are communicated to users as planned",
        "A.8.5": "obligations to report to interested parties are known and met",
        "A.9.2": "processes for responsible use are defined",
        "A.9.3": "objectives for responsible use are set",
        "A.9.4": "AI systems are used as intended and documented",
        "A.10.2": "responsibilities are allocated among partners, suppliers, customers and others",
        "A.10.3": "what suppliers give accords with the responsible approach to AI",
        "A.10.4": "the responsible approach to AI considers customers' expectations and needs",
    }.items()
}
