"""Folders of Parquet files that NautilusTrader's `ParquetDataCatalog` reads."""

from barrow.etl.catalog.read import is_catalog, open_catalog
from barrow.etl.catalog.write import write_catalog

__all__ = ["is_catalog", "open_catalog", "write_catalog"]
