"""A year of bins in which every fault happens at known times: which the node names, and what it cries for nothing."""
