"""What threads let go of must not pile up in a place of each one's own."""

import subprocess
import sys

import pytest

THREADS = """
import re, sys, threading
from oculus.core.arenas import keep_few_arenas

if sys.argv[1] == "few":
    keep_few_arenas()
everybody = threading.Barrier(41)

def work():
    held = bytes(3000)
    everybody.wait(60)
    everybody.wait(60)

threads = [threading.Thread(target=work) for _ in range(40)]
for thread in threads:
    thread.start()
everybody.wait(60)
spans = re.findall(r"^(\\w+)-(\\w+) (.)", open("/proc/self/maps").read(), re.MULTILINE)
whole = [(int(begin, 16), int(end, 16)) for begin, end, _ in spans]
pairs = zip(whole, whole[1:])
print(sum(a[0] % 2**26 == 0 and a[1] == b[0] and b[1] - a[0] == 2**26 for a, b in pairs))
everybody.wait(60)
"""


def arenas(*, few):
    """How many arenas forty threads have, beside the main one."""
    command = [sys.executable, "-c", THREADS, "few" if few else "many"]
    return int(subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only the C library of Linux has arenas to choose")
def test_forty_threads_share_two_arenas():
    assert arenas(few=False) > 2, "this machine gives no thread an arena: there is nothing to see"
    assert arenas(few=True) == 1
