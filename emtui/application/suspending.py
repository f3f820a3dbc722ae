"""Giving the terminal back and taking it again: ctrl+z, and the signals that end or continue a process."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any

from textual.app import App

SignalHandler = Callable[[int, FrameType | None], Any]
_STOPPING = 0.1  # seconds within which a signal to stop has its effect
_LEAVING = 3.0  # seconds after which a process without a terminal ends, even if it is waiting for something


class SuspendableApp(App[None]):
    """An app that is stopped, continued and ended by signals as any other command of a shell."""

    _is_away = False  # the terminal was given back for ctrl+z

    def leave_on_signals(self) -> None:
        """SIGTERM and SIGHUP end the app like `q`, so that the terminal is restored; the exit status says which.

        They go to the event loop: it may be asleep, and a handler of Python's own would not wake it.
        """
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError, RuntimeError, AttributeError):  # Windows has no such thing
            loop.add_signal_handler(signal.SIGTERM, lambda: self.exit(return_code=128 + signal.SIGTERM))
            loop.add_signal_handler(signal.SIGHUP, self._hung_up)
            resume = signal.getsignal(signal.SIGCONT)
            if callable(resume):
                signal.signal(signal.SIGCONT, partial(self._continued, resume))

    def _hung_up(self) -> None:
        """The terminal may be gone, and writing to it can block for ever, so leaving has a time limit."""
        status = 128 + signal.SIGHUP
        last = threading.Timer(_LEAVING, os._exit, (status,))
        last.daemon = True
        last.start()
        self.exit(return_code=status)

    def _continued(self, resume: SignalHandler, number: int, frame: FrameType | None) -> None:
        """Take the terminal again after ctrl+z; after SIGSTOP it was never given back, and is only drawn on anew.

        Textual takes it in either case, and then waits for ever for the thread that reads the keys of before.
        """
        if self._is_away:
            self._take_the_terminal()
        elif getattr(self._driver, "_must_signal_resume", True):
            resume(number, frame)
        else:
            self.refresh(layout=True)

    def action_suspend_process(self) -> None:
        """Stop as any command does on ctrl+z: all of the terminal's foreground, with what waits for the app in it.

        Textual stops its own process alone: a wrapper (`sh -c`, `uv run`) would wait on, and no shell come back.
        """
        driver = self._driver
        if driver is None or not driver.can_suspend or not _has_the_foreground():
            super().action_suspend_process()
            return
        self.app_suspend_signal.publish(self)
        driver.suspend_application_mode()
        self._is_away = True
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        try:
            os.killpg(os.getpgrp(), signal.SIGTSTP)
            time.sleep(_STOPPING)
        finally:
            signal.signal(signal.SIGTSTP, handler)
        self._take_the_terminal()  # where no shell is there to come back to, the system stops nobody

    def _take_the_terminal(self) -> None:
        """Once, after ctrl+z."""
        if self._is_away and self._driver is not None:
            self._is_away = False
            self._driver.resume_application_mode()
            self.call_later(self.app_resume_signal.publish, self)


def _has_the_foreground() -> bool:
    """Whether this process belongs to the commands that have the terminal, which a shell can take back."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except (OSError, AttributeError):  # it is no terminal of this session, or this is Windows
        return False
