"""Python's door: studies from scripts and notebooks, by the same operations as the command line. See :mod:`basin`."""
