"""catalysis: certified numbers for catapults in SGD.

The public names, listed once by the module that holds them. Each is loaded when it is first used, so that importing the
package (and `catalysis --help`) costs nothing; type checkers read the same list in the block below, and a test holds
the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_ROOMS: dict[str, tuple[str, ...]] = {
    "exact.errors": ("InputError",),
    "exact.numbers": ("DataError",),
    "exact.result": ("Enclosure", "Result", "Verdict"),
    "data.dataset": ("Dataset", "Sample"),
    "data.reading": ("as_dataset", "load_dataset", "parse_samples"),
    "data.examples": ("example",),
    "data.law": ("CurvatureLaw", "curvature_law"),
    "data.step": ("Step",),
    "data.walk": ("LinearWalk", "as_walk"),
    "derivation.network": ("ShallowNetwork",),
    "derivation.reduced": ("ReducedMap", "derive"),
    "drift.thresholds": ("Thresholds", "WindowShare", "catapult_window", "inflationary_share"),
    "drift.value": ("DriftValue", "drift_sign", "log_drift"),
    "drift.regions": ("SignRegions", "sign_regions"),
    "drift.interval": ("SignOnInterval", "sign_on_interval"),
    "drift.many": ("DriftSigns", "drift_signs"),
    "drift.family": ("FamilyMap", "TwoSampleFamily", "family_map"),
    "exponent.exponent": ("CramerExponent", "ExponentRate", "Regime", "cramer_exponent", "exponent_rate"),
    "exponent.curve": ("ExponentCurve", "ExponentCurves", "exponent_curve"),
    "exponent.band": ("ExponentBand", "exponent_band"),
    "products.kernel": ("VectorData", "as_vectors", "load_vectors"),
    "products.blocks": ("BlockKernel", "block_kernel"),
    "products.kernel_exact": ("load_kernel",),
    "products.kernel_file": ("EmpiricalKernel", "read_kernel"),
    "products.kernel_origin": ("KernelMeta", "KernelOrigin"),
    "products.large_kernel": ("LargeKernel",),
    "products.walk": ("MatrixWalk",),
    "products.axis": (
        "LearningRateAxis",
        "MeanSquareThreshold",
        "learning_rate_axis",
        "mean_square_threshold",
    ),
    "products.answer": ("ProductAnswer", "product_answer"),
    "products.bounds": (
        "LyapunovExponentBound",
        "MeanSquare",
        "MomentBound",
        "lyapunov_lower",
        "lyapunov_upper",
        "mean_square",
        "moment_lower",
        "moment_upper",
    ),
    "products.exponent": ("ProductExponent", "product_exponent"),
    "products.kernel_axis": ("KernelAdvice", "advise_kernel"),
    "products.momentum": ("largest_fraction", "own_threshold"),
    "products.momentum_map": ("MomentumMap", "momentum_map"),
    "products.spikes": ("SpikeBounds", "spike_bounds"),
    "data.population": ("PopulationLaw", "parse_law"),
    "populations.answer": ("LawAnswer", "law_answer"),
    "populations.threshold": ("LawThresholds", "law_thresholds"),
    "populations.tails": ("TailAnswer", "tail_answer"),
    "spikes.probability": ("HittingProbability", "hitting_probability"),
    "spikes.interval": ("SpikeOverInterval", "spike_over"),
    "spikes.lundberg": ("LundbergBounds", "lundberg_bounds"),
    "spikes.horizon": ("SpikeWithin", "spike_length", "spike_within"),
    "spikes.passage": ("FirstPassage", "first_passage"),
    "spikes.limits": ("SpikeConstant", "WidthLaw", "spike_constant", "width_law"),
    "choices.learning_rates": ("Advice", "advise"),
    "choices.question": ("Question",),
    "choices.rates_over": ("AdviceOverInterval", "advise_over"),
    "choices.rates_within": ("AdviceWithin", "advise_within"),
    "choices.batch_sizes": ("BatchComparison", "compare_batches"),
    "choices.orders": ("EasyPhase", "EpochOrders", "easy_phase", "epoch_orders"),
    "choices.finite_width": ("FiniteWidthOrders", "finite_width_orders"),
    "nonlinear.phase": ("Phase", "phase"),
    "nonlinear.phase_map": ("PhaseMap", "phase_map"),
    "nonlinear.landing": ("Landing", "landing"),
    "nonlinear.spike": ("WidthSpike", "width_spike"),
    "nonlinear.loss": ("CurvatureReduction", "curvature_reduction"),
    "simulation.products": ("Measured",),
    "simulation.product_runs": (
        "NetworkSimulation",
        "ProductSimulation",
        "simulate_network",
        "simulate_product",
    ),
    "simulation.runs": ("SimulationResult", "simulate"),
    "diagnosis.diagnosis": ("Diagnosis", "diagnose"),
    "diagnosis.log": ("LossLog",),
    "certificate.certify": ("Certified", "certify"),
    "certificate.document": ("certificate_of", "claim", "write_certificate"),
    "report.derivation": ("derivation_steps",),
    "report.propositions": ("proposition",),
}

_FOR_RESULTS = {
    "plot": "figures.pictures",
    "proposition": "report.propositions",
    "to_frame": "report.data_frames",
}
"""What later rooms do with a result: `result.plot()` is `plot(result)` of that module."""


def for_results(name: str) -> Callable[..., Any]:
    """The function behind the method of this name that every result has; loaded when it is first used."""
    found: Callable[..., Any] = getattr(import_module(f"catalysis.{_FOR_RESULTS[name]}"), name)
    return found


_PUBLIC = {name: module for module, names in _ROOMS.items() for name in names}

__all__ = ["__version__", *_PUBLIC]  # noqa: PLE0604

if TYPE_CHECKING:
    from catalysis.certificate.certify import Certified as Certified
    from catalysis.certificate.certify import certify as certify
    from catalysis.certificate.document import certificate_of as certificate_of
    from catalysis.certificate.document import claim as claim
    from catalysis.certificate.document import write_certificate as write_certificate
    from catalysis.choices.batch_sizes import BatchComparison as BatchComparison
    from catalysis.choices.batch_sizes import compare_batches as compare_batches
    from catalysis.choices.finite_width import FiniteWidthOrders as FiniteWidthOrders
    from catalysis.choices.finite_width import finite_width_orders as finite_width_orders
    from catalysis.choices.learning_rates import Advice as Advice
    from catalysis.choices.learning_rates import advise as advise
    from catalysis.choices.orders import EasyPhase as EasyPhase
    from catalysis.choices.orders import EpochOrders as EpochOrders
    from catalysis.choices.orders import easy_phase as easy_phase
    from catalysis.choices.orders import epoch_orders as epoch_orders
    from catalysis.choices.question import Question as Question
    from catalysis.choices.rates_over import AdviceOverInterval as AdviceOverInterval
    from catalysis.choices.rates_over import advise_over as advise_over
    from catalysis.choices.rates_within import AdviceWithin as AdviceWithin
    from catalysis.choices.rates_within import advise_within as advise_within
    from catalysis.data.dataset import Dataset as Dataset
    from catalysis.data.dataset import Sample as Sample
    from catalysis.data.examples import example as example
    from catalysis.data.law import CurvatureLaw as CurvatureLaw
    from catalysis.data.law import curvature_law as curvature_law
    from catalysis.data.population import PopulationLaw as PopulationLaw
    from catalysis.data.population import parse_law as parse_law
    from catalysis.data.reading import as_dataset as as_dataset
    from catalysis.data.reading import load_dataset as load_dataset
    from catalysis.data.reading import parse_samples as parse_samples
    from catalysis.data.step import Step as Step
    from catalysis.data.walk import LinearWalk as LinearWalk
    from catalysis.data.walk import as_walk as as_walk
    from catalysis.derivation.network import ShallowNetwork as ShallowNetwork
    from catalysis.derivation.reduced import ReducedMap as ReducedMap
    from catalysis.derivation.reduced import derive as derive
    from catalysis.diagnosis.diagnosis import Diagnosis as Diagnosis
    from catalysis.diagnosis.diagnosis import diagnose as diagnose
    from catalysis.diagnosis.log import LossLog as LossLog
    from catalysis.drift.family import FamilyMap as FamilyMap
    from catalysis.drift.family import TwoSampleFamily as TwoSampleFamily
    from catalysis.drift.family import family_map as family_map
    from catalysis.drift.interval import SignOnInterval as SignOnInterval
    from catalysis.drift.interval import sign_on_interval as sign_on_interval
    from catalysis.drift.many import DriftSigns as DriftSigns
    from catalysis.drift.many import drift_signs as drift_signs
    from catalysis.drift.regions import SignRegions as SignRegions
    from catalysis.drift.regions import sign_regions as sign_regions
    from catalysis.drift.thresholds import Thresholds as Thresholds
    from catalysis.drift.thresholds import WindowShare as WindowShare
    from catalysis.drift.thresholds import catapult_window as catapult_window
    from catalysis.drift.thresholds import inflationary_share as inflationary_share
    from catalysis.drift.value import DriftValue as DriftValue
    from catalysis.drift.value import drift_sign as drift_sign
    from catalysis.drift.value import log_drift as log_drift
    from catalysis.exact.errors import InputError as InputError
    from catalysis.exact.numbers import DataError as DataError
    from catalysis.exact.result import Enclosure as Enclosure
    from catalysis.exact.result import Result as Result
    from catalysis.exact.result import Verdict as Verdict
    from catalysis.exponent.band import ExponentBand as ExponentBand
    from catalysis.exponent.band import exponent_band as exponent_band
    from catalysis.exponent.curve import ExponentCurve as ExponentCurve
    from catalysis.exponent.curve import ExponentCurves as ExponentCurves
    from catalysis.exponent.curve import exponent_curve as exponent_curve
    from catalysis.exponent.exponent import CramerExponent as CramerExponent
    from catalysis.exponent.exponent import ExponentRate as ExponentRate
    from catalysis.exponent.exponent import Regime as Regime
    from catalysis.exponent.exponent import cramer_exponent as cramer_exponent
    from catalysis.exponent.exponent import exponent_rate as exponent_rate
    from catalysis.nonlinear.landing import Landing as Landing
    from catalysis.nonlinear.landing import landing as landing
    from catalysis.nonlinear.loss import CurvatureReduction as CurvatureReduction
    from catalysis.nonlinear.loss import curvature_reduction as curvature_reduction
    from catalysis.nonlinear.phase import Phase as Phase
    from catalysis.nonlinear.phase import phase as phase
    from catalysis.nonlinear.phase_map import PhaseMap as PhaseMap
    from catalysis.nonlinear.phase_map import phase_map as phase_map
    from catalysis.nonlinear.spike import WidthSpike as WidthSpike
    from catalysis.nonlinear.spike import width_spike as width_spike
    from catalysis.populations.answer import LawAnswer as LawAnswer
    from catalysis.populations.answer import law_answer as law_answer
    from catalysis.populations.tails import TailAnswer as TailAnswer
    from catalysis.populations.tails import tail_answer as tail_answer
    from catalysis.populations.threshold import LawThresholds as LawThresholds
    from catalysis.populations.threshold import law_thresholds as law_thresholds
    from catalysis.products.answer import ProductAnswer as ProductAnswer
    from catalysis.products.answer import product_answer as product_answer
    from catalysis.products.axis import LearningRateAxis as LearningRateAxis
    from catalysis.products.axis import MeanSquareThreshold as MeanSquareThreshold
    from catalysis.products.axis import learning_rate_axis as learning_rate_axis
    from catalysis.products.axis import mean_square_threshold as mean_square_threshold
    from catalysis.products.blocks import BlockKernel as BlockKernel
    from catalysis.products.blocks import block_kernel as block_kernel
    from catalysis.products.bounds import LyapunovExponentBound as LyapunovExponentBound
    from catalysis.products.bounds import MeanSquare as MeanSquare
    from catalysis.products.bounds import MomentBound as MomentBound
    from catalysis.products.bounds import lyapunov_lower as lyapunov_lower
    from catalysis.products.bounds import lyapunov_upper as lyapunov_upper
    from catalysis.products.bounds import mean_square as mean_square
    from catalysis.products.bounds import moment_lower as moment_lower
    from catalysis.products.bounds import moment_upper as moment_upper
    from catalysis.products.exponent import ProductExponent as ProductExponent
    from catalysis.products.exponent import product_exponent as product_exponent
    from catalysis.products.kernel import VectorData as VectorData
    from catalysis.products.kernel import as_vectors as as_vectors
    from catalysis.products.kernel import load_vectors as load_vectors
    from catalysis.products.kernel_axis import KernelAdvice as KernelAdvice
    from catalysis.products.kernel_axis import advise_kernel as advise_kernel
    from catalysis.products.kernel_exact import load_kernel as load_kernel
    from catalysis.products.kernel_file import EmpiricalKernel as EmpiricalKernel
    from catalysis.products.kernel_file import read_kernel as read_kernel
    from catalysis.products.kernel_origin import KernelMeta as KernelMeta
    from catalysis.products.kernel_origin import KernelOrigin as KernelOrigin
    from catalysis.products.large_kernel import LargeKernel as LargeKernel
    from catalysis.products.momentum import largest_fraction as largest_fraction
    from catalysis.products.momentum import own_threshold as own_threshold
    from catalysis.products.momentum_map import MomentumMap as MomentumMap
    from catalysis.products.momentum_map import momentum_map as momentum_map
    from catalysis.products.spikes import SpikeBounds as SpikeBounds
    from catalysis.products.spikes import spike_bounds as spike_bounds
    from catalysis.products.walk import MatrixWalk as MatrixWalk
    from catalysis.report.derivation import derivation_steps as derivation_steps
    from catalysis.report.propositions import proposition as proposition
    from catalysis.simulation.product_runs import NetworkSimulation as NetworkSimulation
    from catalysis.simulation.product_runs import ProductSimulation as ProductSimulation
    from catalysis.simulation.product_runs import simulate_network as simulate_network
    from catalysis.simulation.product_runs import simulate_product as simulate_product
    from catalysis.simulation.products import Measured as Measured
    from catalysis.simulation.runs import SimulationResult as SimulationResult
    from catalysis.simulation.runs import simulate as simulate
    from catalysis.spikes.horizon import SpikeWithin as SpikeWithin
    from catalysis.spikes.horizon import spike_length as spike_length
    from catalysis.spikes.horizon import spike_within as spike_within
    from catalysis.spikes.interval import SpikeOverInterval as SpikeOverInterval
    from catalysis.spikes.interval import spike_over as spike_over
    from catalysis.spikes.limits import SpikeConstant as SpikeConstant
    from catalysis.spikes.limits import WidthLaw as WidthLaw
    from catalysis.spikes.limits import spike_constant as spike_constant
    from catalysis.spikes.limits import width_law as width_law
    from catalysis.spikes.lundberg import LundbergBounds as LundbergBounds
    from catalysis.spikes.lundberg import lundberg_bounds as lundberg_bounds
    from catalysis.spikes.passage import FirstPassage as FirstPassage
    from catalysis.spikes.passage import first_passage as first_passage
    from catalysis.spikes.probability import HittingProbability as HittingProbability
    from catalysis.spikes.probability import hitting_probability as hitting_probability
else:

    def __getattr__(name: str) -> Any:
        if name in _PUBLIC:
            return getattr(import_module(f"catalysis.{_PUBLIC[name]}"), name)
        raise AttributeError(f"module 'catalysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
