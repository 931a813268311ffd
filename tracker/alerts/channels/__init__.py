"""Where messages are sent: mail, SMS, phone calls, chats and others, by apprise."""
