"""Correctness on the device at hand: the same computation by two ways, and how far they may lie apart."""
