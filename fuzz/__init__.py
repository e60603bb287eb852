"""Hostile connections beside honest ones, on a real daemon: `python -m fuzz` (docs/security.md)."""
