"""SQLAlchemy, which is optional: imported here alone, so that who lacks it reads what to type."""

from tracker.core.errors import ConfigError

try:
    import sqlalchemy
except ModuleNotFoundError:
    raise ConfigError(
        "alerts need SQLAlchemy, which is not installed; type: pip install 'btc-price-tracker[alerts]'"
    ) from None

__all__ = ["sqlalchemy"]
