"""Controlproof: provable SOC 2 Type 2 evidence about AI systems."""

__version__ = "0.1.0"
