"""The words of the product as frozen values: items, snapshots, gaps, results, records, errors."""
