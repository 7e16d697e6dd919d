"""Turning a finished run into model files: merge and its parity check."""
