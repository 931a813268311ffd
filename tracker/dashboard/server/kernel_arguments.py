"""How a kernel is started: its environment and its options."""

import os
from collections.abc import Iterable
from typing import Any

from voila.utils import ENV_VARIABLE

from tracker.runtime.log_filter import LOG_FORMAT
from tracker.runtime.memory import ONE_HEAP
from tracker.runtime.viewer_edits import EDIT
from tracker.runtime.viewer_requests import OWN_PAGE

_REQUEST_VARIABLES = (ENV_VARIABLE.VOILA_REQUEST_URL, ENV_VARIABLE.QUERY_STRING)
# By default ipykernel warns at each start that its messages are not encrypted. They stay on this machine, are signed,
# and only root could read them on their way.
_OPTIONS = ("--IPKernelApp.log_level=ERROR", f"--IPKernelApp.log_format={LOG_FORMAT}")


def is_preheated(arguments: dict[str, Any]) -> bool:
    """Return whether the kernel is started for no viewer yet; *arguments* are those of ``start_kernel``."""
    return (arguments.get("env") or {}).get(ENV_VARIABLE.VOILA_PREHEAT) == "True"


def kernel_arguments(arguments: dict[str, Any], kernel: str, foreign_variables: Iterable[str]) -> dict[str, Any]:
    """
    Return the arguments with which *kernel* is started.

    Args:
        arguments: those of ``start_kernel``.
        kernel: the kernel's id.
        foreign_variables: environment variables that the kernel does not get.
    """
    # A viewer's address may contain a token; a preheated kernel would have the one of the previous viewer.
    dropped = {*_REQUEST_VARIABLES, *foreign_variables}
    kept = {name: value for name, value in (arguments.get("env") or {}).items() if name not in dropped}
    # ipykernel starts threads of its own, whose heaps all later threads would use in turn and fill with holes.
    kept = {**ONE_HEAP, **kept}
    for name in (OWN_PAGE, EDIT):
        if name in os.environ:  # Voila copies the environment for the first kernel before the server sets these
            kept[name] = os.environ[name]
    options = [*arguments.get("extra_arguments", ()), *_OPTIONS]
    return {**arguments, "env": kept, "kernel_id": kernel, "extra_arguments": options}
