"""
Notices that a file has changed, whoever changed it and however.

Folders on a network report no events of other machines, and a system may have none left. So the file is also looked
at, which costs microseconds; events only make it faster.
"""

import atexit
import logging
import os
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from pathlib import Path

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds
_STEP = 100  # ms between two questions whether there are events, or the watch has ended
_GROUP = 400  # ms for which events are gathered
_MOST_LINKS = 40  # as Linux follows


def watch_file(path: Path, callback: Callable[[], None], look_every: float = LOOK_EVERY) -> Callable[[], None]:
    """
    Call *callback* in a thread of its own after changes of *path*: at least once after each, and perhaps without one.

    Writing, replacing, removing and creating it count, and the same of each link that leads to it, as with the
    folders of a Kubernetes ConfigMap. Entries beside it do not count.

    Args:
        path: absolute; neither it nor its folder needs to exist.
        callback: must return soon; its exceptions are logged.
        look_every: seconds between two looks at the file.

    Returns:
        A function that ends the watch.
    """
    stop = threading.Event()
    arguments = (path, callback, stop, look_every, _seen(path))
    thread = threading.Thread(target=_watch, args=arguments, name="tracker-file-watch", daemon=True)

    def end() -> None:
        atexit.unregister(end)
        stop.set()
        if thread is not threading.current_thread():
            thread.join(2.0)

    thread.start()
    # The thread must not be in the library, which is no Python, when the interpreter ends.
    atexit.register(end)
    return end


def _watch(path: Path, callback: Callable[[], None], stop: threading.Event, look_every: float, before: object) -> None:
    while not stop.is_set():
        entries = _entries(path)
        names, folders = {entry.name for entry in entries}, _folders(entries)
        with closing(_changed_names(folders, stop, look_every)) as changes:
            for changed in changes:
                now = _seen(path)
                if now != before or names & changed:
                    before = now
                    _call(callback)
                if _folders(_entries(path)) != folders:
                    break


def _call(callback: Callable[[], None]) -> None:
    try:
        callback()
    except Exception:  # the watch goes on
        log.exception("a callback for a file failed")


def _changed_names(
    folders: Iterable[Path], stop: threading.Event, look_every: float
) -> Generator[set[str], None, None]:
    """Yield the names of entries of *folders* that changed, at least every *look_every* seconds, until *stop*."""
    import watchfiles  # here, as it loads an event loop that a command which only reads settings has no use for

    # It logs each event at INFO; a log that is kept in one of the folders would be an event itself, without end.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    present = [folder for folder in folders if folder.is_dir()]
    try:
        for events in watchfiles.watch(
            *present,
            watch_filter=None,
            debounce=_GROUP,
            step=_STEP,
            stop_event=stop,
            rust_timeout=max(1, round(look_every * 1000)),
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=False,
            recursive=False,
        ):
            yield {Path(place).name for _, place in events}
    except (OSError, RuntimeError) as error:
        log.debug("no events of %s: %s", ", ".join(map(str, present)), error)
    while not stop.wait(look_every):
        yield set()


def _entries(path: Path) -> list[Path]:
    """Return every link on the way along *path*, and what the last one leads to."""
    entries: list[Path] = []
    here, rest = Path(path.anchor), [*path.parts[1:]]
    while rest:
        name = rest.pop(0)
        here = here.parent if name == ".." else here / name
        if name != ".." and len(entries) < _MOST_LINKS and (target := _target(here)) is not None:
            entries.append(here)
            rest = [*target.parts[bool(target.anchor) :], *rest]
            here = Path(target.anchor) if target.anchor else here.parent
    return [*entries, here]


def _target(entry: Path) -> Path | None:
    try:
        return entry.readlink()
    except OSError:  # it is no link, or not there
        return None


def _folders(entries: Iterable[Path]) -> dict[Path, object]:
    """Return the folders of *entries*, each with which folder it is: a new one of the same name reports no events."""
    return {entry.parent: _facts(entry.parent)[:2] for entry in entries}


def _seen(path: Path) -> object:
    """Return what differs after changes of *path*."""
    return [(entry, _facts(entry)) for entry in _entries(path)]


def _facts(entry: Path) -> tuple[int, ...]:
    try:
        stat = os.lstat(entry)
    except OSError:
        return ()
    return stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size
