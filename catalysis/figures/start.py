"""matplotlib as it comes, whatever the user's `matplotlibrc` and MPLBACKEND say."""

from __future__ import annotations

import os
import sys
from contextlib import chdir
from importlib.util import find_spec
from pathlib import Path


def start() -> None:
    """Import matplotlib, unless it is there, without the configuration and the backend of the user.

    For programs: in a notebook matplotlib stays as the user has set it up. How a figure looks never depends on that
    (`style.styled`), but a file that cannot be read or a backend that is not installed would end the import.
    """
    if "matplotlib" in sys.modules:
        return
    found = find_spec("matplotlib")
    assert found is not None and found.origin is not None
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        # matplotlib reads the file `matplotlibrc` of the working directory first: here its own
        with chdir(Path(found.origin).parent / "mpl-data"):
            import matplotlib  # noqa: F401
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
