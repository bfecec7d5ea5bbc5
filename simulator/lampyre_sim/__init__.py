"""The simulator: a street, its weather, its people and its boards, for agents that do not know."""
