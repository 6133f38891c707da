"""EU AI Act: the articles that put duties on providers and deployers of AI systems and of general-purpose models.

Source: Regulation (EU) 2024/1689. Which of them apply to whom depends on the system's risk class and one's role.
"""

from collections.abc import Mapping

EU_AI_ACT: Mapping[str, str] = {
    f"EUAIA:{article}": words
    for article, words in {
        "4": "people who operate AI systems are literate in AI",
        "5": "prohibited practices are not carried out",
        "9": "risks of high-risk systems are managed over their life",
        "10": "data for training, validation and testing are governed and fit",
        "11": "technical documentation is drawn up and kept up to date",
        "12": "events are recorded automatically over the system's life",
        "13": "deployers can understand the system and use it rightly",
        "14": "people can oversee the system effectively",
        "15": "the system is accurate, robust and secure",
        "16": "providers of high-risk systems meet their obligations",
        "17": "a quality management system is in place, change management in it",
        "18": "documentation is kept for ten years",
        "19": "automatically generated logs are kept",
        "20": "systems that do not conform are corrected, withdrawn or recalled",
        "21": "authorities get information and logs on request",
        "25": "responsibilities along the value chain, suppliers' among them, are agreed in writing",
        "26": "deployers use systems as instructed, monitor them and keep their logs",
        "27": "impacts on fundamental rights are assessed before use",
        "43": "conformity is assessed before the system is placed on the market",
        "49": "providers and systems are registered in the EU's database",
        "50": "people know that they meet an AI system or its outputs",
        "53": "providers of general-purpose models document them, for those who build on them too",
        "55": "general-purpose models with systemic risk are evaluated and secured",
        "72": "the system is monitored after it was placed on the market",
        "73": "serious incidents are reported",
    }.items()
}
