"""What a page that is left sends to end its kernel, on a page without a server."""

import json

from tests.support.browser import tab
from tracker.dashboard.browser import bundle

SERVER = "http://127.0.0.1:9"  # nothing listens there
CONFIG = json.dumps({"baseUrl": "/prices/", "kernelId": "1234"})
PAGE = f"""<head><script data-base-url="/prices/">{{}}</script></head>
<body><script id="jupyter-config-data" type="application/json">{CONFIG}</script></body>"""
FAKES = """
window.fetch = async () => new Response(null, { status: 204 });
navigator.sendBeacon = (url, form) => { window.sent = [url, form.get("_xsrf")] };"""


def test_the_request_has_the_cookie_that_the_server_reads_where_another_server_of_this_host_has_set_one(browser):
    with tab(browser, "about:blank") as seen:
        page = seen.page
        cookie = {"name": "_xsrf", "domain": "127.0.0.1"}
        page.context.add_cookies([{**cookie, "path": path, "value": f"of{path}"} for path in ("/prices/", "/")])
        page.add_init_script(FAKES)
        html = PAGE.replace("{}", bundle("opening_page"))
        page.route(f"{SERVER}/prices/", lambda route: route.fulfill(content_type="text/html", body=html))
        page.goto(f"{SERVER}/prices/")
        assert page.evaluate("document.cookie") == "_xsrf=of/prices/; _xsrf=of/"
        page.evaluate("() => { dispatchEvent(new Event('pagehide')) }")
        assert page.evaluate("window.sent") == ["/prices/voila/api/shutdown/1234", "of/"]
        assert seen.errors == []
