"""Connectors read sources. Each population is one function; the base drains it and never lets it lie."""
