"""What one connection to the page's server may cost: sizes and times, which the configuration can change."""

from traitlets import Float, Integer, default
from traitlets.config import LoggingConfigurable

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

_MAX_CONNECTIONS = 1_000


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
        min=1,
        config=True,
        help="Connections beyond which the one that has kept the server waiting for longest is closed;"
        " 1,000, or half of the files that the process may open.",
    )

    log_rate = Float(10.0, min=0.0, config=True, help="Warnings a second in the log; clients cause most of them.")
    log_burst = Integer(500, min=1, config=True, help="Warnings at once in the log.")

    @default("max_connections")
    def _leave_files_for_kernels(self) -> int:
        soft = -1 if resource is None else resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return _MAX_CONNECTIONS if soft < 0 else min(_MAX_CONNECTIONS, soft // 2)  # below 0: there is no limit
