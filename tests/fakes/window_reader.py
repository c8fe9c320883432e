"""The real window, read: what its page says goes to standard output, one JSON line for each look.

Started instead of `oculus window`, with the same arguments, by the keeper of a test.
"""

import json
import threading
import time

import webview

from oculus.desktop import window

make = webview.create_window
LOOK = "JSON.stringify({title: document.title, text: document.body.innerText})"


def make_and_read(*arguments, **options):
    made = make(*arguments, **options)

    def read():
        made.events.loaded.wait(10)
        while True:
            time.sleep(0.2)
            seen = made.run_js(LOOK)
            print("page", json.dumps(seen), flush=True)

    threading.Thread(target=read, daemon=True).start()
    return made


webview.create_window = make_and_read
raise SystemExit(window.run())
