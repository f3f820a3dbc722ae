"""Processes that are killed while they save a session; run by a test, as a process of its own, since it forks.

python killed_saves.py FILE COUNT        prints what was found after each kill that should not have been
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from emtui.session.saved.file_text import read_session_file
from emtui.session.saved.saving import save
from emtui.session.session import Session
from emtui.spec.choose import choose

_LITTER = 1  # files besides the session itself


def main(path: Path, count: int) -> None:
    """Kill so many processes while they save; after each the file must be whole, and one of the two."""
    rng, session = random.Random(0), Session(choose("coins"))
    session.take_iteration()
    lengths = [len(session.timeline)]
    save(session, path)
    for _ in range(6):
        session.take_iteration()
    lengths.append(len(session.timeline))
    for kill in range(count):
        child = os.fork()
        if child == 0:
            while True:
                session.timeline.go_to(rng.randrange(3))
                save(session, path, overwrite=True)
        time.sleep(rng.random() * 0.012)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = read_session_file(path)
        if found.file.n_steps not in lengths or not found.unchanged:
            print(f"kill {kill}: the file is neither the old one nor the new one")
        left = sorted(one.name for one in path.parent.iterdir() if one != path)
        if len(left) > _LITTER:
            print(f"kill {kill}: {len(left)} files lie about")
    save(session, path, overwrite=True)
    if left := [one.name for one in path.parent.iterdir() if one != path]:
        print(f"in the end {left} lie about")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
