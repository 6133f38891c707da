"""The embedded AI estate: a local AWS (moto) with what an AI company has in it, flaws included."""
