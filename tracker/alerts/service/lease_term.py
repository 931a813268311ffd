"""One term of watching and sending, in the process that holds the lease; it needs the optional SQLAlchemy."""

import logging
from collections.abc import Callable

from tracker.alerts.channels.channel_contract import Channels, Compose
from tracker.alerts.database.database import open_database
from tracker.alerts.database.delivery import FIRST_WAIT
from tracker.alerts.readings.unreliable_prices import UnreliablePrices
from tracker.alerts.service.dependencies import Dependencies
from tracker.alerts.service.kept_states import KeptStates
from tracker.alerts.service.last_readings import LastReadings
from tracker.alerts.service.sending import Sender
from tracker.alerts.service.shown_states import MOST_STATES, StatesForPeople, counts_of
from tracker.alerts.service.watched import Watched
from tracker.alerts.service.watching import Watcher
from tracker.alerts.states.alert_status import AlertStatus
from tracker.alerts.states.delivery_holds import DeliveryHolds
from tracker.alerts.states.mutes import Mute, MuteRequests
from tracker.core.durations import DAY, MINUTE
from tracker.core.errors import LeaseError, StoreError
from tracker.core.market import Market

log = logging.getLogger(__name__)

PURGE_EVERY = 86_400.0  # seconds
GONE_FOR = 7 * DAY  # ms for which messages wait for a channel that is no longer in the settings
STATUS_EVERY = 1.0  # seconds for which the collector's status is relied on, and between two looks for requests
RECENT = 10 * MINUTE  # ms; a row of this age shows that the clock is right, as no row gets a time that is wrong


class LeaseTerm:
    """
    Watches *watched* and sends what follows. Blocking; for one thread.

    Args:
        watched: rules, markets and channels; see ``change``.
        dependencies: what it works with.
        token: of the term.
        wake: called in any thread when there may be something to do; returns at once.
        is_first: whether it is the first of this process, which may be able to use channels that none could before.

    Raises:
        StoreError, LeaseError: see ``open_database``.
        ConfigError: an optional library is missing.
    """

    def __init__(
        self,
        watched: Watched,
        dependencies: Dependencies,
        token: int,
        wake: Callable[[], None] = lambda: None,
        *,
        is_first: bool = False,
    ) -> None:
        self._dependencies, self._token, self._clock, self._wake = dependencies, token, dependencies.clock, wake
        self._requests = MuteRequests(dependencies.coordination)
        self._database = open_database(dependencies.folder, token)
        self._problems: dict[str, str] = {}  # by what cannot be done now
        self._mutes: tuple[Mute, ...] = ()
        self._has_mutes = False  # whether those of the database are known
        self._is_held = False  # whether the database has them, and holds back by them and by the rules as they are
        self._fulfilled: tuple[str, ...] = ()  # requests that can be removed once it does
        self._purged_at = self._looked_at = self._status_at = float("-inf")  # monotonic seconds
        self._known_unreliable = UnreliablePrices()
        self._watched = watched
        self._holds = DeliveryHolds(watched.rules)
        self._states: KeptStates | None = None
        self._watcher: Watcher | None = None
        self._read = LastReadings()
        self._is_outdated = False  # whether states and watcher are of rules or markets of before
        try:
            if is_first:
                self._database.hasten(self._clock.now() + FIRST_WAIT)
            parts = self._parts_of_sender(watched)
            self._sender = Sender(self._database, *parts, self._held_until, self._clock, self._wake)
        except BaseException:
            self._database.close()
            raise

    def change(self, watched: Watched) -> None:
        """Watch *watched* from the next step on. Raises ConfigError, and changes nothing, if channels are invalid."""
        self._sender.change(*self._parts_of_sender(watched))
        self._watched, self._is_outdated = watched, True
        self._holds, self._is_held = DeliveryHolds(watched.rules, self._mutes), False

    def step(self, may_go_on: Callable[[], bool] = lambda: True) -> None:
        """Do what there is to do now, and return. Raises LeaseError once another process watches."""
        self._attempt("open", self._reopen)
        self._attempt("mute", self._mute)
        if not self._has_mutes:  # what they hold back would be sent
            return
        self._attempt("watch", lambda: self._watch(may_go_on))
        self._attempt("hold", self._hold)
        self._attempt("send", self._sender.send_due)
        self._attempt("purge", self._purge)

    def is_finished(self) -> bool:
        """Return whether there is no rule, and nothing left to send. Raises StoreError."""
        if self._watched.rules or self._problems or self._is_outdated or self._watcher is None:
            return False
        return not self._database.waiting().keys() & self._watched.settings.channels.keys()

    def unusable(self) -> str:
        """Return why this process could not send something at all, and another one might; empty if it could."""
        return self._sender.unusable()

    def status(self, most: int = MOST_STATES) -> AlertStatus:
        """Return where everything stands, with at most *most* states; what cannot be read is left out."""
        now, watched, problem = self._clock.now(), self._watched, "; ".join(dict.fromkeys(self._problems.values()))
        try:
            channels = self._sender.states()
        except StoreError:
            channels = ()
        mutes = tuple(mute for mute in self._mutes if mute.until > now)
        if self._states is None or self._watcher is None:
            return AlertStatus(problem=problem, channels=channels, mutes=mutes)
        states = self._states.all()
        people = StatesForPeople(watched.rules, self._read, self._holds.until)
        shown = people.most_important(states, now, most)
        left_out = len(states) - len(shown)
        return AlertStatus("", problem, counts_of(watched.rules, states), shown, left_out, channels, mutes)

    def close(self, patience: float) -> None:
        """Keep how far everything is; wait at most *patience* real seconds for messages under way."""
        has_ended = self._sender.stop(patience)
        if not has_ended:
            log.warning("a message is still being sent; the next process repeats it, unless it arrives by then")
        try:
            if self._states is not None:
                self._states.save(all_of_it=True)
        except (StoreError, LeaseError) as error:
            log.debug("states not kept at the end of a term: %s", error)
        if has_ended:
            self._database.close()

    def _attempt(self, what: str, work: Callable[[], object]) -> None:
        """Do *work*; remember and log why it cannot be done now."""
        try:
            work()
        except StoreError as error:
            if self._problems.get(what) != str(error):
                log.error("alerts: %s", error)
            self._problems[what] = str(error)
        else:
            self._problems.pop(what, None)

    def _reopen(self) -> None:
        """Make the database anew if its file was removed: states go on from memory, what was not sent is lost."""
        if not self._database.is_gone():
            return
        self._database.close()
        self._database = open_database(self._dependencies.folder, self._token)
        log.error("alerts: the database was removed; what was not sent yet is lost")
        self._sender.move_to(self._database)
        self._is_held = False
        if self._states is not None:
            self._states.move_to(self._database)

    def _watch(self, may_go_on: Callable[[], bool]) -> None:
        if self._is_outdated and self._states is not None:
            self._states.save(all_of_it=True)  # before they are loaded again
            self._states = self._watcher = None
        self._is_outdated = False
        if self._states is None:
            self._states = KeptStates(self._watched.rules, self._database, self._clock, self._held_until)
        if self._watcher is None:
            self._states.save()
            watched, store = self._watched, self._dependencies.store
            self._watcher = Watcher(watched, store, self._states, self._clock, self._unreliable, self._read)
        self._watcher.advance(may_go_on)

    def _mute(self) -> None:
        """Let the requests of other processes count; see _hold."""
        if not self._has_mutes:
            self._mutes, self._has_mutes = self._database.mutes(), True
            self._holds = DeliveryHolds(self._watched.rules, self._mutes)
        if self._clock.monotonic() - self._looked_at < STATUS_EVERY:
            return
        self._looked_at = self._clock.monotonic()
        try:
            names = self._requests.pending()
            wanted = self._requests.changed(self._mutes, names) if names else ()
        except LeaseError:
            return  # they cannot be read now
        if not names:
            return
        now = self._clock.now()
        self._mutes = tuple(mute for mute in wanted if mute.until > now)
        self._holds, self._is_held = DeliveryHolds(self._watched.rules, self._mutes), False
        self._fulfilled = names

    def _hold(self) -> None:
        """Keep mutes and hold back by them, after firings of rules that are gone have ended: these are not released."""
        if self._is_held or self._watcher is None:
            return
        self._database.replace_mutes(self._mutes, self._holds.until, self._clock.now())
        self._is_held = True
        self._requests.remove(self._fulfilled)
        self._fulfilled = ()

    def _purge(self) -> None:
        """Remove what is older than it is kept for, once a day, if rows show that the clock is right."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        row_at = None if self._watcher is None else self._watcher.row_at
        if monotonic - self._purged_at < PURGE_EVERY or row_at is None or abs(now - row_at) > RECENT:
            return
        self._database.purge(now - self._watched.settings.firings_kept)
        count = self._database.give_up(tuple(self._watched.settings.channels), now - GONE_FOR)
        if count:
            words = "1 message" if count == 1 else f"{count} messages"
            log.warning("alerts: %s to channels that are gone %s given up", words, "was" if count == 1 else "were")
        self._purged_at = monotonic

    def _held_until(self, rule: str, market: Market, at: int) -> int | None:
        return self._holds.until(rule, market, at)

    def _unreliable(self) -> UnreliablePrices:
        if self._clock.monotonic() - self._status_at >= STATUS_EVERY:
            self._status_at = self._clock.monotonic()
            self._known_unreliable = UnreliablePrices.of(self._dependencies.status())
        return self._known_unreliable

    def _parts_of_sender(self, watched: Watched) -> tuple[Watched, Channels, Compose]:
        """Return what the sender takes of *watched*. Raises ConfigError if channels are invalid."""
        return watched, self._dependencies.open_channels(watched), self._dependencies.compose(watched)
