"""Work in a thread leaves nothing in it: what a context variable was set to would stay as long as the thread does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context
from typing import Any


class FreshContexts(ThreadPoolExecutor):
    """Threads that do each piece of work in a context of its own."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it in one of the threads."""
        return super().submit(Context().run, fn, *args, **kwargs)


def leave_nothing() -> None:
    """Let the event loop use such threads.

    Textual tells a thread which worker it works for, and that holds its screen: each thread kept the last one.
    """
    asyncio.get_running_loop().set_default_executor(FreshContexts(thread_name_prefix="asyncio"))
