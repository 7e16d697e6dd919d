"""Data: reading sources, checking rows, the dataset file, the token store and the pack plan."""
