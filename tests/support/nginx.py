"""
A real nginx on loopback with the example of the documentation. Run as a program, as ``make test`` does, it installs
nginx as root on Debian or Ubuntu in CI; elsewhere it prints what to type.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.support.markdown import fenced, section
from tests.support.page_server import free_port, wait_for

# Whatever is not about this site; all files in the test's own folder, and no daemon.
_AROUND = """
daemon off;
{user}
pid {folder}/pid;
error_log {folder}/error.log notice;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


def find() -> str | None:
    """Return the path of nginx, which is not on the path of everybody; None if there is none."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def documented_site(page_port: int, port: int) -> str:
    """
    Return the documentation's example for a page under /prices/, without TLS and its redirection, on loopback.

    Args:
        page_port: of the page.
        port: of nginx.
    """
    [whole] = fenced(section("docs/deploying.md", "## nginx"), "nginx")
    [location] = fenced(section("docs/deploying.md", "## Under a path"), "nginx")
    before, _, rest = whole.partition("server {")
    with_tls = rest[rest.index("server {") :]
    site = before + re.sub(r"    location / \{.*?\n    \}\n", lambda _: location, with_tls, flags=re.DOTALL)
    site = re.sub(r" *(ssl_certificate|ssl_certificate_key|access_log|error_log) .*\n", "", site)
    site = site.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    return site.replace("127.0.0.1:8866", f"127.0.0.1:{page_port}")


@contextmanager
def nginx(folder: Path, page_port: int, *left_out: str) -> Iterator[str]:
    """
    Serve the page on *page_port* as the documentation says; yield its address behind nginx.

    Args:
        folder: of nginx's files; must exist.
        page_port: of the page.
        left_out: beginnings of lines of the example that are left out.
    """
    program, port = find(), free_port()
    assert program, how_to_install()
    site = documented_site(page_port, port)
    lines = [line for line in site.splitlines() if not line.strip().startswith(left_out or "\0")]
    # The test's folder is open to its own user only.
    user = "user root;" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder, user=user, site="\n".join(lines)))
    server = subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        wait_for(lambda: _answers(port), f"nginx starts, see {folder}")
        yield f"http://127.0.0.1:{port}/prices/"
    finally:
        server.terminate()
        server.wait(30)


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code > 0
    except requests.RequestException:
        return False


def how_to_install() -> str:
    """Return what to type to get nginx."""
    return "apt-get install nginx (Debian, as root)"


def main() -> None:
    """Install nginx as root on Debian or Ubuntu in CI; elsewhere print what to type."""
    if find():
        return
    # On a machine that runs services, the package starts a web server on port 80, which nobody has asked for.
    if not (
        os.environ.get("CI") == "true" and shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0
    ):
        print(f"No nginx: the tests behind it will be skipped. Type: {how_to_install()}", file=sys.stderr)
        return
    print("No nginx: installing it with apt-get", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "nginx"]):
        subprocess.run(["apt-get", *command], check=False, env=environment)


if __name__ == "__main__":
    main()
