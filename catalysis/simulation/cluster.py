"""A Dask cluster as an executor: one line where none answers or it is lost, a notice while it has no workers."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import shown

Notice = Callable[[str], None]
"""What a run calls with one line of text where it has to wait."""

_PATIENCE = 10  # seconds for the scheduler's answer
_FAREWELL = 5  # seconds for its goodbye
_LOGGERS = ("distributed", "distributed.client", "tornado.application")


class ClusterExecutor(Executor):
    """Submits to a Dask client; `look` is to be called now and then while nothing finishes."""

    def __init__(self, client: Any, address: str, notice: Notice) -> None:
        self.client, self.address, self.notice = client, address, notice
        self.inner: Executor = client.get_executor(pure=False)
        self.told = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self.inner.submit(fn, *args, **kwargs)

    def look(self) -> None:
        """Raises InputError for a cluster that is lost; says once that there are no workers."""
        if self.client.status == "running" and not self.told:
            try:
                workers = self.client.nthreads()
            except (OSError, TimeoutError):
                raise self.lost() from None
            if not workers:
                self.told = True
                self.notice(f"dask: the scheduler at {self.address} has no workers: waiting for one")
        if self.client.status != "running":
            raise self.lost()

    def lost(self) -> InputError:
        return InputError(f"dask: the cluster at {self.address} was lost during the run")


@contextmanager
def open_cluster(address: str, notice: Notice) -> Iterator[ClusterExecutor]:
    """The cluster at this address. Raises InputError where none answers, or without `distributed`."""
    if not isinstance(address, str):
        raise InputError(f"dask: expected the address of a scheduler, found {shown(address)}")
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise InputError("dask: the extra `distributed` is not installed") from None
    with _quiet():
        try:
            _ask(address)
            client = distributed.Client(address, set_as_default=False, timeout=_PATIENCE)
        except (OSError, ValueError, TypeError, ImportError, RuntimeError) as error:
            reason = str(error).splitlines()[0] if str(error) else "no answer in time"
            raise InputError(f"dask: no cluster answers at {address}: {reason}") from None
        try:
            yield ClusterExecutor(client, address, notice)
        finally:
            _close(client)


def _ask(address: str) -> None:
    """Is there a scheduler? Asked before a client is made, as one that fails is not to be got rid of.

    In a thread of its own: this one may have an event loop that runs (a notebook has).
    """
    from distributed.core import connect, send_recv

    async def probe() -> None:
        comm = await connect(address, timeout=_PATIENCE)
        found = (await send_recv(comm, op="identity", close=True))["type"]
        if found != "Scheduler":
            raise ValueError(f"expected a scheduler, found a {found}")

    async def in_time() -> None:
        await asyncio.wait_for(probe(), _PATIENCE + 1)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, in_time()).result()


def _close(client: Any) -> None:
    """A client whose scheduler is gone does not close; its loop is stopped then, without a word."""
    with suppress(OSError, TimeoutError, RuntimeError, AssertionError):
        client.close(timeout=_FAREWELL)
    if client.status != "closed":
        client.status = "closed"  # or it would try again when it is collected


@contextmanager
def _quiet() -> Iterator[None]:
    """What Dask would log on stderr is said in one line by the errors here."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
