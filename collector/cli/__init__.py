"""The command line: one file per command. Answers go to stdout, progress and errors to stderr."""
