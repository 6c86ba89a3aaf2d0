"""What it means: pure functions from tables of trials to typed results, then figures, then reports."""
