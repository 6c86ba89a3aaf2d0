"""Benchmarks: one module each; results are kept under ``results`` with hardware, versions and n."""
