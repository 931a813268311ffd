"""
How each exchange speaks: one file per exchange, pure functions, nothing about HTTP.

Each has two functions; a path comes without the exchange's name, e.g. ``/0/public/Ticker``::

    def answer(path: str, query: Mapping[str, str], source: Source, now: int) -> tuple[int, Any]
    def refusal(words: str | None) -> tuple[int, Any]

Both give a status and a body to be written as JSON. ``answer`` says in the exchange's own words
what it does not know; ``refusal`` is how the exchange turns a client away that asks too often,
or for any other reason, *words*.
"""
