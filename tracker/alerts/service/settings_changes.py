"""Hands settings that change to the parts of a process."""

from functools import partial

from tracker.alerts.service.service import AlertService
from tracker.collector.factory import check_collecting
from tracker.collector.service import CollectorService
from tracker.runtime.settings import Settings
from tracker.runtime.settings_file import SettingsFile, settings_path
from tracker.runtime.settings_watch import FollowedSettings, SettingsWatch


def follow_settings(settings: Settings, collector: CollectorService, alerts: AlertService | None) -> SettingsWatch:
    """
    Return the watch of the file of *settings*, not started yet, that hands on what changes.

    Settings that one part cannot use are handed to none. Other parts subscribe to the watch.

    Args:
        settings: those that the process started with.
        collector: is also told of problems, and notes them.
        alerts: watches the rules; None if nobody does.
    """
    watch = SettingsWatch(SettingsFile(settings_path(settings)), settings, check_settings)
    watch.subscribe(partial(_hand_on, collector, alerts))
    return watch


def check_settings(settings: Settings) -> None:
    """Raise ConfigError if a process cannot use *settings*: a rule cannot be read, or nothing can be collected."""
    check_collecting(settings)
    if settings.rules:  # without any, the language is not loaded
        from tracker.alerts.rules.rule import make_rules

        make_rules(settings)


def _hand_on(collector: CollectorService, alerts: AlertService | None, state: FollowedSettings) -> None:
    if state.problem:
        collector.refuse(state.problem)
        return
    collector.change(state.written)  # it names what changes with the next start
    if alerts is not None:
        alerts.change(state.settings)
