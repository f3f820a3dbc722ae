"""`python -m emtui`."""

from __future__ import annotations

import sys

from emtui.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
