"""What one delivered line costs in chatd, beside real peers; `python -m bench` measures it (docs/benchmarks.md)."""
