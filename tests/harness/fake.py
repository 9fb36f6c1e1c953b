"""fakeredis's TCP server, without the faults that redis-py's clients meet."""

import threading

import redis
from fakeredis import TcpFakeServer
from fakeredis._clients import _tcp_server


class Handler(_tcp_server.TCPFakeRequestHandler):
    """Serves one connection."""

    # Otherwise a reply in several parts waits 40 ms for the client's delayed ACK.
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        # Its CLIENT INFO shows addresses as tuples, with a space that no client can parse.
        info = self.current_client.get_socket()._client_info
        for name in "addr", "laddr":
            info[name] = ":".join(map(str, info[name]))
        # It closes the connection after an error reply. (RQ sends INFO, which it does not know.)
        read_response = self.current_client.read_response

        def read_response_or_error():
            try:
                return read_response()
            except redis.ResponseError as error:
                return error

        self.current_client.read_response = read_response_or_error


def listen(port):
    """Start a server in a thread; return it."""
    _tcp_server._POLL_INTERVAL = 0.002  # a message may wait for its client for so many seconds
    server = TcpFakeServer(("127.0.0.1", port))
    server.daemon_threads = True
    server.RequestHandlerClass = Handler
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
