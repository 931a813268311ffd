"""Every answer tells browsers what to refuse; what the server's settings say has precedence."""

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from tracker.dashboard.server.response_headers import SecurityHeaders

HTML = "text/html; charset=UTF-8"


def sent(content_type, configured=None, **headers):
    """Return the headers of an answer; underscores in names are hyphens."""
    request = HTTPServerRequest(
        start_line=RequestStartLine("GET", "/", "HTTP/1.1"), headers=HTTPHeaders({"Host": "prices.example:8866"})
    )
    transform = SecurityHeaders({} if configured is None else {"headers": configured}, request)
    answer = HTTPHeaders({name.replace("_", "-"): value for name, value in headers.items()})
    answer["Content-Type"] = content_type
    return transform.transform_first_chunk(200, answer, b"", True)[1]


def policy(*arguments, **more):
    """Return the directives of the answer's policy: name -> values."""
    directives = sent(*arguments, **more)["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (directive.partition(" ") for directive in directives)}


def test_html_may_run_scripts_of_this_server_and_of_its_own_only():
    directives = policy(HTML, Content_Security_Policy="frame-ancestors 'self'; report-uri /api/security/csp-report")
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self' 'unsafe-inline' blob:"
    assert directives["form-action"] == directives["base-uri"] == "'self'"
    assert directives["connect-src"] == "'self' ws://prices.example:8866 wss://prices.example:8866"
    assert "report-uri" not in directives


@pytest.mark.parametrize("content_type", ["text/javascript", "image/svg+xml", "application/json", ""])
def test_anything_else_may_load_and_run_nothing(content_type):
    assert policy(content_type) == {"default-src": "'none'", "frame-ancestors": "'self'"}


def test_a_configured_header_replaces_ours_and_what_an_answer_has_is_kept():
    headers = sent("text/css", {"Referrer-Policy": "origin", "X-More": "1"}, X_Content_Type_Options="own")
    assert (headers["Referrer-Policy"], headers["X-More"], headers["X-Content-Type-Options"]) == ("origin", "1", "own")


def test_a_configured_directive_replaces_ours_of_the_same_name_only():
    configured = {
        "Content-Security-Policy": "frame-ancestors https://a.example;; Img-Src * data: ; upgrade-insecure-requests"
    }
    directives = policy(HTML, configured)
    assert directives["frame-ancestors"] == "https://a.example"
    assert directives["img-src"] == "* data:"
    assert directives["upgrade-insecure-requests"] == ""
    assert directives["script-src"] == "'self' 'unsafe-inline' blob:"


def test_a_configured_policy_holds_for_files_as_it_is():
    assert policy("text/css", {"Content-Security-Policy": "sandbox"}) == {"sandbox": ""}
