"""
One module of pure functions per exchange, without any HTTP: how its API responds.

Each has two functions; the path comes without the exchange's name, e.g. ``/0/public/Ticker``::

    def answer(path: str, query: Mapping[str, str], source: Source, now: int) -> tuple[int, Any]
    def refusal(message: str | None) -> tuple[int, Any]

Both return a status and a body to be sent as JSON. ``answer`` responds to invalid requests as the
exchange does; ``refusal`` is the exchange's response to a client that exceeds the rate limit, or
that is refused with another *message*.
"""
