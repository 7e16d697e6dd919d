"""Checks that this Python environment can do the studio's work."""
