"""Where messages are sent: mail, SMS, phone calls, chats and others, by apprise."""

from tracker.alerts.channels.channels import Channels
from tracker.alerts.channels.sending import Limits

__all__ = ["Channels", "Limits"]
