"""The program's door: `oculus` and `python -m oculus`."""

from __future__ import annotations

import sys

from oculus.cli import main

if __name__ == "__main__":
    sys.exit(main())
