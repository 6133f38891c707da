"""The bundle: the export for a period that verifies and replays offline."""
