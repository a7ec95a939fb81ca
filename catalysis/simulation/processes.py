"""A pool of processes of this machine that end with the run, whatever ends it.

Each worker holds one end of a pipe of which the parent holds the other: the leash. When the parent lets go, or the
system closes the pipe because the parent is gone (killed, too), the worker ends in the midst of its job.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection


@contextmanager
def open_pool(count: int) -> Iterator[Executor]:
    """So many processes. Leaving by an exception, Ctrl-C too, ends them at once; else when their jobs are done."""
    # A fresh interpreter for each worker: forking a process with threads can deadlock.
    context = multiprocessing.get_context("spawn")
    held, leash = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_obey, initargs=(held,))
    try:
        with _interrupts_later():
            pool.submit(os.getpid)  # starts all workers
        yield pool
    except BaseException:
        leash.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        leash.close()
        held.close()


def _obey(held: Connection) -> None:
    """In a worker: Ctrl-C is the parent's affair, and nothing is left to do without the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(held,), daemon=True).start()


def _end_with(held: Connection) -> None:
    with suppress(EOFError, OSError):
        held.recv()
    os._exit(1)


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Ctrl-C waits until the block is left; processes started inside never see one while they load."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it would let interrupts through when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
