"""What the rivals that are NautilusTrader share."""

from __future__ import annotations

from nautilus_trader.core import nautilus_pyo3

# Wheels are built for one width of values.
SCALE = 16 if nautilus_pyo3.PRECISION_BYTES == 16 else 9
ENCODING = "fixed16" if SCALE == 16 else "fixed8"
