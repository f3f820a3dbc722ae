"""What the tests share: their options, and what hypothesis may do.

--keys N           random keys and resizes that are pressed in the app
--walk N           random keys after which memory is compared
--mutations N      small files that are damaged and opened
--examples N       so many times the usual number of examples for each property
--fits N           random fits, options mixed, whose objective must not fall
--damaged N        session files that are damaged and opened
--kills N          processes that are killed while they save
--update-pictures  take the pictures in tests/app/pictures anew
"""

import gc
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy comes: threads of several workers wait for each other

import counts
from hypothesis import settings

_STATE = tempfile.TemporaryDirectory(prefix="emtui-state-")  # for what apps keep by themselves
os.environ["XDG_STATE_HOME"] = _STATE.name
(Path(_STATE.name) / "emtui").mkdir()
(Path(_STATE.name) / "emtui" / "welcomed").touch()  # apps that tests start as a person does show no card
os.environ["SSH_TTY"] = "tests"  # no tool of this machine is to put what tests copy into its clipboard
os.environ.pop("TMUX", None)

OURS = "|".join(sorted(path.stem for path in Path(__file__).parent.rglob("*.py")))


def pytest_addoption(parser):
    parser.addoption("--keys", type=int, default=400, help="random keys and resizes pressed in the app")
    parser.addoption("--walk", type=int, default=60, help="random keys after which memory is compared")
    parser.addoption("--mutations", type=int, default=100, help="small files that are damaged and opened")
    parser.addoption("--examples", type=float, default=1.0, help="times the usual number of examples of each property")
    parser.addoption("--fits", type=int, default=40, help="random fits whose objective must not fall")
    parser.addoption("--damaged", type=int, default=40, help="session files that are damaged and opened")
    parser.addoption("--kills", type=int, default=20, help="processes that are killed while they save")
    parser.addoption("--update-pictures", action="store_true", help="take the pictures in tests/app/pictures anew")


def pytest_configure(config):
    # a warning is an error where one of our modules is to blame for it; what a peer does is its own
    config.addinivalue_line("filterwarnings", rf"error:::(engine|emtui|{OURS})\b")
    counts.share = config.getoption("--examples")
    # no test is a stopwatch: an example that imports a library for the first time takes as long as that takes
    settings.register_profile("emtui", deadline=None, max_examples=counts.examples(100))
    settings.load_profile("emtui")


def pytest_collection_finish():
    gc.collect()
    gc.freeze()  # what was imported stays: it need not be looked through again and again
    gc.set_threshold(20_000, 10, 5)  # an app makes many objects: looking through each 700 takes a tenth of the time
    if "textual.pilot" in sys.modules:
        import resting  # noqa: F401  pilots wait by what an app has to do
