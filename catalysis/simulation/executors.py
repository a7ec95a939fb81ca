"""Lists of independent jobs, run here, in a pool of processes or on a Dask cluster: the same call for all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import contextmanager
from typing import Any, TypeVar

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, whole
from catalysis.exact.result import Progress
from catalysis.simulation.cluster import ClusterExecutor, Notice, open_cluster
from catalysis.simulation.processes import open_pool

Job = TypeVar("Job")
Result = TypeVar("Result")

_LOOK = 2.0  # seconds without a result after which a cluster is looked at
_MOST_WORKERS = 4096


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
def open_executor(
    workers: Number | None = None, dask: str | None = None, notice: Notice | None = None
) -> Iterator[Executor]:
    """An executor for the time of a run.

    `workers` processes of this machine (None or 1: this process; 0: one for each core), or the Dask cluster
    at the address `dask`; while that has no workers, `notice` is called with a line that says so (None: a warning).
    Left by an exception, Ctrl-C too, the processes end at once; they also end with this one, however it ends.
    Raises InputError for both at once, for negative workers, for a cluster that does not answer, and if the
    extra `distributed` is missing.
    """
    if dask is not None:
        if workers is not None:
            raise InputError("expected workers or a Dask address, not both")
        with open_cluster(dask, notice or _warn) as executor:
            yield executor
        return
    count = process_count(workers)
    if count == 1:
        yield HereExecutor()
        return
    with open_pool(count) as pool:
        yield pool


def _warn(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=2)


def process_count(workers: Number | None) -> int:
    """How many processes compute at once. Raises InputError for negative workers."""
    count = 1 if workers is None else whole(workers, "workers")
    if count > _MOST_WORKERS:
        raise InputError(f"workers: expected at most {_MOST_WORKERS} processes")
    return count or os.cpu_count() or 1


def completed(
    function: Callable[[Job], Result], jobs: Iterable[Job], executor: Executor, *, ahead: int | None = None
) -> Iterator[tuple[int, Result]]:
    """(index of the job, result) as they finish, in any order.

    Only `ahead` jobs (default: four for each core) are under way at once, so that a long list takes no
    memory. Leaving the loop early, or Ctrl-C, cancels what has not begun. A job's exception is raised here;
    InputError where the processes or the cluster are lost.
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
            for future in _finished(running, executor):
                yield running.pop(future), future.result()
    except BrokenExecutor:
        raise InputError(
            "workers: one of the processes ended before its work (killed, out of memory, or started by a script "
            "without `if __name__ == '__main__':`)"
        ) from None
    except CancelledError:
        if isinstance(executor, ClusterExecutor):
            raise executor.lost() from None
        raise
    finally:
        for future in running:
            future.cancel()


def _finished(running: Iterable[Future[Result]], executor: Executor) -> set[Future[Result]]:
    """Those that are done, at least one."""
    running = list(running)
    if not isinstance(executor, ClusterExecutor):
        return wait(running, return_when=FIRST_COMPLETED).done
    while not (done := wait(running, timeout=_LOOK, return_when=FIRST_COMPLETED).done):
        executor.look()
    return done


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
