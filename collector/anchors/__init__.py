"""Anchoring: taking checkpoints to others, so that the ledger does not rest on its own key alone."""
