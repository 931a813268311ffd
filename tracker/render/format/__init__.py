"""Numbers, times, names and sentences as text, and the page's colours."""
