"""The options that commands share, as small frozen dataclasses: typer sees their fields as options of the command."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from catalysis.data.dataset import Dataset
    from catalysis.data.law import Step
    from catalysis.data.walk import LinearWalk
    from catalysis.products.kernel import VectorData

app = typer.Typer(
    name="catalysis",
    help="Certified numbers for catapults in SGD.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

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


def command(name: str) -> Callable[[_Command], _Command]:
    """Add a command to the app; of a parameter that is a dataclass of options, each field becomes an option."""

    def register(function: _Command) -> _Command:
        hints = get_type_hints(function, include_extras=True)
        groups: dict[str, Any] = {key: hint for key, hint in hints.items() if is_dataclass(hint)}

        def run(**given: Any) -> None:
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

        spread = [
            option
            for parameter in inspect.signature(function).parameters.values()
            for option in _spread(parameter, hints[parameter.name])
        ]
        run.__signature__ = inspect.Signature(spread)  # type: ignore[attr-defined]
        run.__annotations__ = {option.name: option.annotation for option in spread}
        app.command(name, help=function.__doc__)(run)
        return function

    return register


def _spread(parameter: inspect.Parameter, hint: Any) -> list[inspect.Parameter]:
    """A parameter as the options that it stands for."""
    kind = inspect.Parameter.KEYWORD_ONLY
    if not is_dataclass(hint):
        return [inspect.Parameter(parameter.name, kind, default=parameter.default, annotation=hint)]
    types = get_type_hints(hint, include_extras=True)
    return [
        inspect.Parameter(f.name, kind, default=f.default, annotation=types[f.name]) for f in fields(hint)
    ]


@dataclass(frozen=True)
class TableOptions:
    """What a table of samples that are vectors holds."""

    features: Annotated[
        bool, typer.Option("--features", help="A row is a sample, a column a feature (the default).")
    ] = False
    gram: Annotated[bool, typer.Option("--gram", help="The table is the Gram matrix of the samples.")] = False
    count_column: Annotated[
        str, typer.Option("--count-column", metavar="NAME", help="The column that counts equal samples.")
    ] = "count"

    def table(self, file: str | None) -> VectorData:
        from catalysis.products.kernel import load_vectors

        if self.features and self.gram:
            raise InputError("--features, --gram: expected at most one of them")
        if file is None:
            raise InputError("file: expected a .csv, .npy or .npz file, found nothing")
        return load_vectors(file, kind="gram" if self.gram else "features", count_column=self.count_column)

    def meant(self, file: str | None) -> bool:
        """Whether the samples are vectors: said by an option, or by the file itself."""
        if self.features or self.gram or self.count_column != "count":
            return True
        if file is None:
            return False
        from catalysis.products.kernel import is_vector_file

        return is_vector_file(file)


@dataclass(frozen=True)
class SourceOptions:
    """Which data set, at whatever learning rate it has."""

    data: Annotated[str | None, typer.Argument(metavar="[DATA]", help="A .toml, .json or .csv file.")] = None
    samples: Annotated[str | None, typer.Option("--samples", help='Instead of DATA: "1:1/2, x=2:1/2".')] = (
        None
    )

    def dataset(self) -> Dataset:
        """The data set that the options describe."""
        from catalysis.data.reading import load_dataset, parse_samples

        if (self.data is None) == (self.samples is None):
            raise InputError("data: expected one of DATA (a file) and --samples")
        return parse_samples(self.samples) if self.samples is not None else load_dataset(str(self.data))


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

    def walk(self) -> LinearWalk:
        """The walk that the options describe; its law is worked out here, so errors come early."""
        from catalysis.data.walk import LinearWalk

        dataset = self.dataset()
        walk = LinearWalk(dataset, self.step())
        _ = walk.law
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
    ends = number(low, what) if dots else None, number(high, what) if dots else None
    if ends[0] is None or ends[1] is None:
        raise InputError(f"{what}: expected a range A..B, found {text[:60]!r}")
    return ends[0], ends[1]
