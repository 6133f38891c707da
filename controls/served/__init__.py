"""What is served, which registry version it is, who changed it and who approved that: shared by CHG, OPS and ACC."""
