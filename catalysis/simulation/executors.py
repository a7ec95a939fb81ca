"""Lists of independent jobs, run here, in a pool of processes or on a Dask cluster: the same call for all."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

from catalysis.exact.errors import InputError
from catalysis.exact.result import Progress

Job = TypeVar("Job")
Result = TypeVar("Result")


class HereExecutor(Executor):
    """Runs each job when it is submitted, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def open_executor(workers: int | None = None, dask: str | None = None) -> Iterator[Executor]:
    """An executor for the time of a run.

    `workers` processes of this machine (None or 1: this process; 0: one for each core), or the Dask cluster
    at the address `dask`. Raises InputError for both at once, for negative workers, for a cluster that does
    not answer, and if the extra `distributed` is missing.
    """
    if dask is not None:
        if workers is not None:
            raise InputError("expected workers or a Dask address, not both")
        with _dask_executor(dask) as executor:
            yield executor
        return
    count = process_count(workers)
    if count == 1:
        yield HereExecutor()
        return
    # A fresh interpreter for each worker: forking a process with threads can deadlock.
    pool = ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("spawn"), initializer=_leave_interrupts_to_parent
    )
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def process_count(workers: int | None) -> int:
    """How many processes compute at once. Raises InputError for negative workers."""
    if workers is not None and workers < 0:
        raise InputError(f"workers: expected a number of at least 0, found {workers}")
    return (os.cpu_count() or 1) if workers == 0 else workers or 1


def _leave_interrupts_to_parent() -> None:
    """Ctrl-C reaches all processes of a terminal; the parent stops the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _dask_executor(address: str) -> Iterator[Executor]:
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise InputError("dask: the extra `distributed` is not installed") from None
    try:
        client = distributed.Client(address, set_as_default=False, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"dask: no cluster answers at {address}: {reason}") from None
    with client, client.get_executor(pure=False) as executor:
        yield executor


def completed(
    function: Callable[[Job], Result], jobs: Iterable[Job], executor: Executor, *, ahead: int | None = None
) -> Iterator[tuple[int, Result]]:
    """(index of the job, result) as they finish, in any order.

    Only `ahead` jobs (default: four for each core) are under way at once, so that a long list takes no
    memory. Leaving the loop early, or Ctrl-C, cancels what has not begun. A job's exception is raised here.
    """
    ahead = ahead or 4 * (os.cpu_count() or 1)
    if isinstance(executor, HereExecutor):
        ahead = 1
    waiting = enumerate(jobs)
    running: dict[Future[Result], int] = {}
    try:
        while True:
            for index, job in waiting:
                running[executor.submit(function, job)] = index
                if len(running) >= ahead:
                    break
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()


def run_all(
    function: Callable[[Job], Result],
    jobs: Iterable[Job],
    executor: Executor,
    *,
    progress: Progress | None = None,
) -> list[Result]:
    """All results in the order of the jobs; `progress(done, total)` is called after each."""
    jobs = list(jobs)
    results: dict[int, Result] = {}
    for index, result in completed(function, jobs, executor):
        results[index] = result
        if progress is not None:
            progress(len(results), len(jobs))
    return [results[index] for index in range(len(jobs))]
