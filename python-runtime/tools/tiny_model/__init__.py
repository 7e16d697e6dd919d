"""Parts of the maker of the embedded tiny model (see ../make_tiny_model.py)."""
