"""The throughput protocol: many variants of one training, each in a process of its own."""
