"""Codes of `Stop` in mojo_src/barrow/csv/rows.mojo."""

INPUT, FULL, REJECTS, WIDER, NO_ROOM = range(5)
