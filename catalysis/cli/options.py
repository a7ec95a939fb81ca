"""The options that commands share, as small frozen dataclasses: typer sees their fields as options of the command."""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_type_hints

import typer
import typer.core

from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from catalysis.data.dataset import Dataset
    from catalysis.data.law import Step
    from catalysis.data.table import TableFormat
    from catalysis.data.walk import LinearWalk
    from catalysis.products.kernel import VectorData

GROUPS: dict[str, tuple[str, ...]] = {
    "Certify": ("certify", "audit", "examples"),
    "Ask": (
        *("thresholds", "regions", "exponent", "spike", "advise", "batches", "order", "landing", "reduction"),
        *("phase", "kernel", "momentum", "law", "tail"),
    ),
    "Derive": ("derive",),
    "Simulate": ("simulate", "crosscheck", "diagnose"),
    "Draw": ("figure", "figures", "family"),
}
"""The commands as the help lists them."""

START = """Three to start from:

\b
  catalysis thresholds --samples "1:1/2, x=1.69:1/2"
  catalysis spike DATA --lambda L --factor K      how likely a spike is
  catalysis certify DATA                          all that can be certified, as a page

DATA is a .toml, .json, .csv or .tsv file, or - for stdin; `catalysis examples FOLDER` copies some to try.
`catalysis COMMAND -h` says more."""


class Grouped(typer.core.TyperGroup):
    """The commands in groups."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each group with its commands, in the order of `GROUPS`; what is in none comes last."""
        left = dict(self.commands)
        groups = {title: [n for n in names if n in left] for title, names in GROUPS.items()}
        named = {n for names in groups.values() for n in names}
        groups["More"] = [n for n in left if n not in named]
        wide = max(map(len, left))
        for title, names in groups.items():
            if names:
                with formatter.section(title):
                    formatter.write_dl([(n.ljust(wide), left[n].get_short_help_str(150)) for n in names])


app = typer.Typer(
    name="catalysis",
    cls=Grouped,
    help="Certified numbers for catapults in SGD.",
    epilog=START,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        from catalysis import __version__

        typer.echo(f"catalysis {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Certified numbers for catapults in SGD."""


DEFAULT_MAX_BITS = 8192
_Command = TypeVar("_Command", bound=Callable[..., None])

Lambda = Annotated[str | None, typer.Option("--lambda", help="Curvature lambda.")]
From = Annotated[str | None, typer.Option("--from", help="Lower end of an interval of lambda.")]
To = Annotated[str | None, typer.Option("--to", help="Upper end of an interval of lambda.")]
MaxBits = Annotated[int, typer.Option("--max-bits", min=2, help="Highest working precision.")]
MaxWork = Annotated[
    int | None,
    typer.Option("--max-work", min=1, help="Gaps or cells times samples allowed (known beforehand)."),
]
Digits = Annotated[int | None, typer.Option("--digits", min=1, max=3500, help="Significant digits wanted.")]
Width = Annotated[str | None, typer.Option("--width", help="Width n of the network, at least 1.")]
Mu0 = Annotated[str | None, typer.Option("--mu0", help="mu at the start, not 0.")]


def command(name: str, *required: str) -> Callable[[_Command], _Command]:
    """Add a command to the app; of a parameter that is a dataclass of options, each field becomes an option.

    `required` options are marked in the help, and named together where they are missing. Integers are read as every
    other number: 1e3 is one.
    """

    def register(function: _Command) -> _Command:
        hints = get_type_hints(function, include_extras=True)
        groups: dict[str, Any] = {key: hint for key, hint in hints.items() if is_dataclass(hint)}
        spread = [
            option
            for parameter in inspect.signature(function).parameters.values()
            for option in _spread(parameter, hints[parameter.name])
        ]
        read = {option.name: _Whole.of(option) for option in spread}
        flags = {option.name: _flag(option) for option in spread}

        def run(**given: Any) -> None:
            missing = [f for key, f in flags.items() if f in required and given[key] is None]
            if missing:
                raise InputError(
                    f"{', '.join(missing)}: expected a number, found nothing (required; see catalysis {name} -h)"
                )
            for key, whole_ in read.items():
                given[key] = given[key] if whole_ is None else whole_.read(given[key])
            made = {
                key: group(**{f.name: given.pop(f.name) for f in fields(group)})
                for key, group in groups.items()
            }
            try:
                function(**made, **given)
            except (
                OSError
            ) as error:  # else typer would end without a word where a pipe between processes breaks
                raise InputError(f"{error.filename or 'system'}: {error.strerror or error}") from error

        shown = [_marked(option, flags[option.name] in required, read[option.name]) for option in spread]
        run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        run.__annotations__ = {option.name: option.annotation for option in shown}
        app.command(name, help=function.__doc__)(run)
        return function

    return register


@dataclass(frozen=True)
class _Whole:
    """An option that takes an integer, and its range."""

    flag: str
    least: int
    most: int | None

    @classmethod
    def of(cls, option: inspect.Parameter) -> _Whole | None:
        """That of an option whose type is int, else None."""
        kind, *rest = get_args(option.annotation)
        if kind not in (int, int | None) or not rest:
            return None
        return cls(_flag(option), rest[0].min or 0, rest[0].max)

    def read(self, text: str | int | None) -> int | None:
        from catalysis.exact.numbers import whole

        return None if text is None else whole(text, self.flag, least=self.least, most=self.most)


_METAVARS = {
    "--samples": "TEXT",
    "--output": "FOLDER",
    "--sizes": "B,B,...",
    **dict.fromkeys(("--activation", "--map", "--engine", "--device", "--batch"), "NAME"),
}
"""How the help names what an option takes; other text is a number."""


def _flag(option: inspect.Parameter) -> str:
    info = get_args(option.annotation)[1]
    declared = (
        *(getattr(info, "param_decls", None) or ()),
        info.default,
    )  # typer's Option takes a default first
    return next((flag for flag in declared if isinstance(flag, str) and flag.startswith("--")), "")


def _marked(option: inspect.Parameter, required: bool, whole_: _Whole | None) -> inspect.Parameter:
    """The option as typer is to see it: integers as text, which `_Whole` reads, and what has to be there marked."""
    kind, info = get_args(option.annotation)[:2]
    info, default = copy.copy(info), option.default
    if required:
        info.help = f"{info.help}  [required]"
    if kind in (str, str | None):
        info.metavar = info.metavar or _METAVARS.get(_flag(option), "NUMBER")
    if whole_ is not None:
        kind = str if kind is int else str | None
        info.metavar, info.min, info.max = info.metavar or "INTEGER", None, None
        default = default if default is None or default is option.empty else str(default)
    return option.replace(annotation=Annotated[kind, info], default=default)


def _spread(parameter: inspect.Parameter, hint: Any) -> list[inspect.Parameter]:
    """A parameter as the options that it stands for."""
    kind = inspect.Parameter.KEYWORD_ONLY
    if not (isinstance(hint, type) and is_dataclass(hint)):
        return [inspect.Parameter(parameter.name, kind, default=parameter.default, annotation=hint)]
    group: Any = hint
    return list(_options_of(group))


@cache
def _options_of(group: Any) -> tuple[inspect.Parameter, ...]:
    """The fields of a dataclass of options; many commands share one."""
    types, kind = get_type_hints(group, include_extras=True), inspect.Parameter.KEYWORD_ONLY
    return tuple(
        inspect.Parameter(f.name, kind, default=f.default, annotation=types[f.name]) for f in fields(group)
    )


@dataclass(frozen=True)
class VectorsOptions:
    """Whether the rows of a table are vectors."""

    features: Annotated[
        bool, typer.Option("--features", help="A row is a sample, a column a feature (the default).")
    ] = False
    gram: Annotated[bool, typer.Option("--gram", help="The table is the Gram matrix of the samples.")] = False

    def table(self, file: str | None, count_column: str | None = None) -> VectorData:
        from catalysis.products.kernel import load_vectors

        if self.features and self.gram:
            raise InputError("--features, --gram: expected at most one of them")
        if file is None:
            raise InputError("file: expected a .csv, .npy or .npz file, or - for stdin, found nothing")
        kind: Any = "gram" if self.gram else "features"
        with as_file(file) as path:
            return load_vectors(path, kind=kind, count_column=count_column or "count")

    def meant(self, source: SourceOptions) -> bool:
        """Whether the samples are vectors: said by an option, or by the file itself."""
        if self.features or self.gram:
            return True
        if source.data in (None, "-") or source.column is not None:
            return False
        from catalysis.products.kernel import is_vector_file

        return is_vector_file(str(source.data))


@dataclass(frozen=True)
class TableOptions(VectorsOptions):
    """What a table of samples that are vectors holds."""

    count_column: Annotated[
        str, typer.Option("--count-column", metavar="NAME", help="The column that counts equal samples.")
    ] = "count"


@dataclass(frozen=True)
class FormatOptions:
    """How a table is written: nothing of it is guessed in silence."""

    column: Annotated[
        str | None,
        typer.Option("--column", metavar="NAME", help="Column of the inputs s (x=NAME: of s^2)."),
    ] = None
    count_column: Annotated[
        str | None, typer.Option("--count-column", metavar="NAME", help="Column of the counts.")
    ] = None
    sep: Annotated[
        str | None, typer.Option("--sep", metavar="C", help="What separates columns: ';', tab, space ...")
    ] = None
    decimal: Annotated[
        str, typer.Option("--decimal", metavar="C", help="Decimal point or comma.", show_default=False)
    ] = "."
    drop_missing: Annotated[bool, typer.Option("--drop-missing", help="Leave out rows without a value.")] = (
        False
    )
    normalise: Annotated[
        bool, typer.Option("--normalise", help="Divide rounded weights, or percentages, by their sum.")
    ] = False

    def format(self) -> TableFormat:
        """The format that the options describe. Raises InputError."""
        from catalysis.data.table import TableFormat

        names = {"tab": "\t", "\\t": "\t", "space": " "}
        sep = None if self.sep is None else names.get(self.sep, self.sep)
        try:
            return TableFormat(
                self.column, self.count_column, sep, self.decimal, self.drop_missing, self.normalise
            )
        except InputError as error:
            raise InputError(f"--{error}") from None


@dataclass(frozen=True)
class _NamedData:
    data: Annotated[
        str | None,
        typer.Argument(metavar="[DATA]", help="A .toml, .json, .csv or .tsv file; - reads stdin."),
    ] = None
    samples: Annotated[str | None, typer.Option("--samples", help='Instead of DATA: "1:1/2, x=2:1/2".')] = (
        None
    )


@dataclass(frozen=True)
class SourceOptions(FormatOptions, _NamedData):
    """Which data set, at whatever learning rate it has."""

    def dataset(self) -> Dataset:
        """The data set that the options describe."""
        from catalysis.data.reading import MAX_TABLE_BYTES, load_dataset, parse_dataset, parse_samples

        if (self.data is None) == (self.samples is None):
            raise InputError("data: expected one of DATA (a file, or - for stdin) and --samples")
        table = self.format()
        if self.samples is not None:
            if not table.plain or table.drop_missing:
                raise InputError("--samples: expected without options for tables (--column, --sep, ...)")
            return parse_samples(self.samples, normalise=table.normalise)
        if self.data == "-":
            return parse_dataset(_stdin(MAX_TABLE_BYTES), table=table)
        return load_dataset(str(self.data), table)

    def name(self) -> str:
        """What files about the data are called after."""
        return {None: "samples", "-": "stdin"}.get(self.data) or Path(str(self.data)).stem


@contextmanager
def as_file(name: str) -> Iterator[str]:
    """A file for the readers of tables of vectors: `-` is what comes in, told apart by its first bytes."""
    if name != "-":
        yield name
        return
    from catalysis.products.numpy_file import MAX_BYTES

    content = _stdin(MAX_BYTES)
    suffix = next((s for start, s in _STARTS.items() if content.startswith(start)), ".csv")
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"stdin{suffix}"
        path.write_bytes(content)
        try:
            yield str(path)
        except InputError as error:
            raise InputError(str(error).replace(str(path), "stdin")) from None


_STARTS = {b"\x93NUMPY": ".npy", b"PK": ".npz"}


def _stdin(most: int) -> bytes:
    """What comes in, up to one byte more than is read of a file."""
    if sys.stdin.isatty():
        sys.stderr.write("catalysis: reading data from the keyboard, Ctrl-D ends it\n")
    stream = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read(most + 1).encode() if stream is None else stream.read(most + 1)


@dataclass(frozen=True)
class DataOptions(SourceOptions):
    """Which data set, and its learning rate."""

    eta: Annotated[str | None, typer.Option("--eta", help="Learning rate; overrides the file's.")] = None

    def dataset(self) -> Dataset:
        dataset, rate = super().dataset(), positive(self.eta, "--eta")
        return dataset if rate is None else dataset.with_learning_rate(rate)


@dataclass(frozen=True)
class StepOptions:
    """What one step draws."""

    batch_size: Annotated[
        int | None, typer.Option("--batch-size", help="Minibatches of this many samples.")
    ] = None
    without_replacement: Annotated[
        bool, typer.Option("--without-replacement", help="Draw a batch without repetition.")
    ] = False
    full_batch: Annotated[bool, typer.Option("--full-batch", help="All samples at every step.")] = False

    def step(self) -> Step:
        """The kind of step that the options describe."""
        from catalysis.data.law import Step

        if self.full_batch and (self.batch_size is not None or self.without_replacement):
            raise InputError("--full-batch: expected without --batch-size and --without-replacement")
        if self.without_replacement and self.batch_size is None:
            raise InputError("--without-replacement: expected together with --batch-size")
        if self.full_batch:
            return Step.full_batch()
        if self.batch_size is None:
            return Step()
        return Step.minibatch(self.batch_size, replacement=not self.without_replacement)


@dataclass(frozen=True)
class AnyRateOptions(StepOptions, SourceOptions):
    """A walk whose learning rate is what is asked for."""

    def walk(self, *, needs_law: bool = True) -> LinearWalk:
        """The walk that the options describe; its law is worked out here, so errors come early."""
        from catalysis.data.walk import LinearWalk

        walk = LinearWalk(self.dataset(), self.step())
        if needs_law and not walk.has_law:
            try:
                _ = walk.law
            except InputError as error:
                raise InputError(f"{error} (known without the law: thresholds, advise, batches)") from None
        _ = walk.largest_rate
        return walk


@dataclass(frozen=True)
class WalkOptions(AnyRateOptions, DataOptions):
    """A walk: the data set, its learning rate, and what one step draws."""


@dataclass(frozen=True)
class PowerOptions:
    """Where the work is done."""

    workers: Annotated[int | None, typer.Option("--workers", help="Processes; 0: one for each core.")] = None
    dask: Annotated[
        str | None, typer.Option("--dask", metavar="ADDRESS", help="Run on this Dask cluster.")
    ] = None


def number(text: str | None, what: str) -> Fraction | None:
    """An exact number from an option, or None."""
    if text is None:
        return None
    from catalysis.exact.numbers import parse_rational

    return parse_rational(text, what=what)


def positive(text: str | None, what: str) -> Fraction | None:
    """An exact number > 0 from an option, or None."""
    value = number(text, what)
    if value is not None and value <= 0:
        raise InputError(f"{what}: expected a number > 0, found {text}")
    return value


def required(text: str | None, what: str) -> Fraction:
    """An exact number > 0 from an option that has to be there."""
    value = positive(text, what)
    if value is None:
        raise InputError(f"{what}: expected a number > 0, found nothing")
    return value


def not_zero(text: str | None, what: str) -> Fraction:
    """An exact number other than 0 from an option that has to be there."""
    value = number(text, what)
    if not value:
        raise InputError(
            f"{what}: expected a number other than 0, found {'nothing' if text is None else text}"
        )
    return value


def span(text: str, what: str) -> tuple[Fraction, Fraction]:
    """The two ends of "A..B"."""
    low, dots, high = text.partition("..")
    if not (dots and low.strip() and high.strip()):
        raise InputError(f"{what}: expected a range A..B, found {text[:60]!r}")
    from catalysis.exact.numbers import parse_rational

    return parse_rational(low, what=what), parse_rational(high, what=what)
