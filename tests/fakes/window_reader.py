"""The real window, read: what its page says goes to standard output, one JSON line for each look.

Started instead of `oculus window`, with the same arguments, by the keeper of a test.
"""

import threading
import time
from contextlib import suppress

import webview

from oculus.desktop import window

make = webview.create_window
LOOK = "JSON.stringify({title: document.title, text: document.body?.innerText ?? ''})"


def make_and_read(*arguments, **options):
    made = make(*arguments, **options)

    def read():
        while True:
            time.sleep(0.2)
            with suppress(webview.WebViewException):  # the page is late on a busy machine
                if seen := made.run_js(LOOK):
                    print("page", seen, flush=True)

    threading.Thread(target=read, daemon=True).start()
    return made


webview.create_window = make_and_read
raise SystemExit(window.run())
