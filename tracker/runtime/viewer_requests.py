"""Whether the viewers of a page may request what costs an exchange requests, or changes what is stored."""

import os

from tracker.runtime.settings import Settings

OWN_PAGE = "TRACKER_OWN_PAGE"  # set by the page's server for its kernels: "yes" if only this machine can open the page


def viewers_may_request(settings: Settings) -> bool:
    """Return what the settings say; if they leave it open, whether the page is its viewer's own."""
    if settings.viewer_requests is not None:
        return settings.viewer_requests
    # Outside of Voila, as in JupyterLab, the kernel is its user's own.
    return "VOILA_PREHEAT" not in os.environ or os.environ.get(OWN_PAGE) == "yes"
