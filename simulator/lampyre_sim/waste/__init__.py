"""Collection policies judged on recorded fill levels."""
