"""Models and adapters written for other programs. The only part that may import gguf."""
