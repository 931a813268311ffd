"""Store of plain CSV files, one for each market and hour or minute; its URL is ``csv:FOLDER``."""

from tracker.stores.csv.store import CsvStore, local_folder, open_store

__all__ = ["CsvStore", "local_folder", "open_store"]
