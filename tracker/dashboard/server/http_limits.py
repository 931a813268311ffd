"""What one connection to the page's server may cost: sizes and times, which the configuration can change."""

from traitlets import Float, Integer
from traitlets.config import LoggingConfigurable


class HttpLimits(LoggingConfigurable):
    """Bounds for each HTTP connection, before the login is looked at; websockets have bounds of their own."""

    max_header_size = Integer(32_768, min=1_024, config=True, help="Maximum size of a request's headers, in bytes.")
    max_body_size = Integer(65_536, min=0, config=True, help="Maximum size of a request's body, in bytes.")
    header_timeout = Float(10.0, min=0.1, config=True, help="Seconds from a request's first byte to its last header.")
    body_timeout = Float(10.0, min=0.1, config=True, help="Seconds from a request's last header to its whole body.")
    idle_timeout = Float(30.0, min=0.1, config=True, help="Seconds that a connection may wait for its next request.")
    write_timeout = Float(
        30.0, min=0.1, config=True, help="Seconds after which a client that reads nothing of its answer is cut off."
    )
    max_connections = Integer(
        1_000,
        min=1,
        config=True,
        help="Connections beyond which the one that has kept the server waiting for longest is closed.",
    )
