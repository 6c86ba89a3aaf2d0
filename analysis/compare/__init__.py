"""Comparing: what was published, beside what a study measured."""
