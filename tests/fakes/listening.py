"""A server of one line: whoever connects is handed to a function."""

import contextlib
import socket
import threading


@contextlib.contextmanager
def listening(handle):
    """Hands each connection to `handle`, one after another, and closes it; yields the port.

    Its thread ends with it: one that outlives its test takes a connection while the next one patches sockets.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    taken = [listener]

    def serve():
        with contextlib.suppress(OSError):  # shut at the end
            while True:
                connection, _ = listener.accept()
                taken.append(connection)
                with connection, contextlib.suppress(OSError):  # whoever connected may have heard enough
                    handle(connection)

    thread = threading.Thread(target=serve, name="listening", daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        for each in reversed(taken):
            with contextlib.suppress(OSError):  # it has ended by itself
                each.shutdown(socket.SHUT_RDWR)
        thread.join(60)
        listener.close()
