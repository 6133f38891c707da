"""The frameworks that controls map to: every criterion of each, tested or not, in a few words of our own."""
