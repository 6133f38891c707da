"""What a ledger says about a stretch of time: coverage, changes, samples, and the state at one moment."""
