"""Benchmarks: each budget's workload, with its peer or physical limit in the same run. See docs/benchmarks.md."""
