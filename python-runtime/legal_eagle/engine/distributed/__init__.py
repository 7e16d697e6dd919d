"""Training on several processes: who each one is, how they agree, and what happens when one is lost.

Every rank computes its share of each global batch; one sum of the gradients per optimizer step is all that
is exchanged for training. Ranks are started by the studio itself, by `torchrun`, by `accelerate launch` or by
Ray Train; all of them enter `train_job.run`.
"""
