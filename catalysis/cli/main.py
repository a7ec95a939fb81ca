"""The entry point: runs the app and turns what it raises into an exit status."""

from __future__ import annotations

import gc
import re
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from catalysis.cli.options import app
from catalysis.cli.output import complain, forget
from catalysis.exact.errors import InputError

MODULES: dict[str, tuple[str, ...]] = {
    "advice": ("advise", "batches", "order"),
    "audit": ("audit",),
    "certified": ("thresholds", "regions", "exponent", "certify"),
    "derivation": ("derive",),
    "diagnosis": ("diagnose",),
    "examples": ("examples",),
    "figures": ("figure", "figures", "family"),
    "nonlinear": ("phase", "landing"),
    "populations": ("law", "tail"),
    "products": ("kernel", "momentum"),
    "simulated": ("simulate", "crosscheck"),
    "spike": ("spike",),
    "width": ("reduction",),
}
"""Which commands each module of this room adds to the app."""


def load(asked: str = "") -> None:
    """Add the command that is asked for to the app, or all where it is none of them (the help, a slip)."""
    holding = [module for module, names in MODULES.items() if asked in names]
    for module in holding or MODULES:
        import_module(f"catalysis.cli.{module}")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    if arguments is None:
        gc.set_threshold(
            200_000, 100, 1000
        )  # a process of its own: large data need not be looked through again
    arguments = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    load(arguments[0])
    try:
        status = app(arguments, standalone_mode=False)
    except InputError as error:
        complain(f"{error}{_among_the_examples(str(error))}")
        return 2
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except OSError as error:  # typer's help on a disk that is full
        forget(sys.stdout)
        complain(f"output: expected one that can be written ({error.strerror})")
        return 2
    except SystemExit:  # typer's way of ending where nobody reads its help
        return 0
    except Exception as error:
        # typer's own complaints about options; its click may be bundled, so they are known by their shape
        if hasattr(error, "format_message"):
            complain(_did_you_mean(error.format_message()))
            return 2
        if type(error).__name__ in ("Abort", "Exit"):
            status = int(getattr(error, "exit_code", 130))
        else:
            raise
    if status == 130:  # what typer makes of Ctrl-C
        complain("interrupted")
    return status if isinstance(status, int) else 0


def _among_the_examples(message: str) -> str:
    """A file that is not here, and is one of those that come with the package."""
    name, _, said = message.partition(": ")
    if "of this name" in said:
        from catalysis.data.examples import examples

        with suppress(InputError):  # an installation without examples
            if Path(name).name in {one.file for one in examples()}:
                return "; it comes with the package: catalysis examples FOLDER"
    return ""


def _did_you_mean(message: str) -> str:
    """An option that is close is asked about as a command is."""
    return re.sub(r" \(Possible options: (.*)\)$", r" Did you mean \1?", " ".join(message.split()))
