"""Exact market data on Arrow columns."""
