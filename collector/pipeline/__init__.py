"""One run: collect, append, test, append."""
