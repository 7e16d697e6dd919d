"""The training engine: decoder, LoRA, packing, loop."""

import os

# oneDNN and its PyTorch wrapper each keep up to 1,024 compiled products, by shape. Packs differ in length
# from step to step, so hardly one is used twice, and the caches grow by several megabytes a step (measured:
# 1.1 GB after 100 steps of a 6-million-parameter model, 0.35 GB with these limits, at the same speed). Both
# are read when the libraries load, hence before the first import of torch.
os.environ.setdefault("LRU_CACHE_CAPACITY", "16")
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")

# OpenMP threads that wait by spinning starve each other as soon as another program wants a core: on two busy
# cores a run with two threads fell from 3,500 tokens/s to 200 (libgomp; measured against this setting).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
