"""Dialects: what other systems understand, made from what leaves the node anyway, and from nothing else."""
