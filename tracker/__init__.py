"""BTC price tracker: polls exchanges, keeps every price in plain CSV files, shows them live."""
