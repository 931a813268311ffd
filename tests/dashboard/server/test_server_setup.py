"""The server is set up for as many viewers as the settings allow."""

from types import SimpleNamespace

import zmq

from tracker.dashboard.server.server_setup import _raise_socket_limit


def test_more_websockets_can_be_open_than_zeromq_allows_by_default():
    with zmq.Context() as context:
        before = context.max_sockets
        _raise_socket_limit(SimpleNamespace(context=context))
        context.socket(zmq.SUB).close()  # with the first one the limit is fixed
        assert context.max_sockets >= 8 * before
