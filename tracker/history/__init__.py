"""Uses stored prices: reads, follows, replays, exports and imports them."""
