"""The panel of alerts: what it shows, and what viewers who may edit can change."""
