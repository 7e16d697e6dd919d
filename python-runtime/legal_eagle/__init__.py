"""The engine of Legal Eagle Studio: data in, LoRA training, merge, chat."""

__version__ = "0.1.0"
