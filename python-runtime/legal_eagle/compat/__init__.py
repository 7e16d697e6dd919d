"""The compat engine: transformers' own model classes and PEFT's layers behind the seam of `engine.trainable`.

The only package beside `bench` that imports transformers or peft; `engine.engine_choice` is its one door.
"""
