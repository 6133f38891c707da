"""The ledger: append, chain, sign, verify. No cloud SDK is imported here or below."""
