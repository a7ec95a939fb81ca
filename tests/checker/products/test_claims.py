"""Claims on random products: good ones proved, and each hypothesis of their lemmas broken alone refused."""

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from kit.good_products import BATCH, GOOD, STATE, checked, document, good, pushed

from catalysis.certificate.products import moment_json
from catalysis.products.workshop import Workshop
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work

F = Fraction
Json = Any


def check(found: Json, budget: int | None = None) -> Verdict:
    return (
        checked(found) if budget is None else check_certificate(json.dumps(found).encode(), Work(budget))[0]
    )


@pytest.mark.parametrize("name", GOOD)
def test_good_claims_are_proved(name: str) -> None:
    verdict = check(good(name))
    assert verdict.proved, verdict.statement


def test_claims_share_their_products() -> None:
    found = good("half up")
    found["claims"] = [*found["claims"], *good("half down")["claims"], *good("exponent")["claims"]]
    assert all(verdict.proved for verdict in check_certificate(json.dumps(found).encode()))


def edited(name: str, *edits: tuple[str, Json]) -> Callable[[], Json]:
    """A good document with the values of paths replaced, or with ... removed; a function is applied to the value."""
    return lambda: _edited(good(name), edits)


def _edited(found: Json, edits: tuple[tuple[str, Json], ...]) -> Json:
    for path, value in edits:
        *way, last = [int(k) if k.isdigit() else k for k in path.split("/")]
        place = found["products"][0] if way[:1] == ["products"] or last == "products" else found["claims"][0]
        for key in way[1:] if way[:1] == ["products"] else way:
            place = place[key]
        if value is ...:
            del place[last]
        else:
            place[last] = value(place[last]) if callable(value) else value
    return found


def times(factor: str) -> Any:
    return lambda text: str(F(text) * F(factor))


def _last(**keys: str) -> Any:
    return lambda pieces: [*pieces[:-1], pieces[-1] | keys]


def taken(name: str, *path: str) -> Any:
    """The value at a path of another good claim."""

    def take(_: Json) -> Json:
        found = good(name)["claims"][0]
        for key in path:
            found = found[key]
        return found

    return take


def of_vectors() -> Json:
    return {**good("map"), "products": good("axis")["products"]}


def turned(q: Json) -> Json:
    return [[str(-int(v)) for v in row] for row in q]


def shorter(values: Json) -> Json:
    return values[:-1]


def without_two(proof: Json) -> Json:
    k = proof["nodes"].index("2")
    return {**proof, "nodes": proof["nodes"][:k] + proof["nodes"][k + 1 :], "values": proof["values"][:-1]}


def with_cell_out(proof: Json) -> Json:
    """A hundred nodes in a row left out."""
    return {**proof, **{key: proof[key][:2] + proof[key][100:] for key in ("nodes", "values")}}


def in_three_dimensions() -> Json:
    product = {"kind": "features", "name": "three", "features": UNIT, "count": [1, 1, 1]}
    head = {"product": 0, "eta": "1", "weight_decay": "0", "coordinates": {"kind": "features"}}
    return document(
        product, {"kind": "product_moment", **head, "proof": good("cells up")["claims"][0]["proof"]}
    )


def many(samples: int, batch: int | None) -> Json:
    """A moment of so many scalar samples, in batches or words of 2."""
    product = {"kind": "features", "name": "many", "features": [[str(k + 1)] for k in range(samples)]}
    product["count"] = [1] * samples
    head = {"product": 0, "eta": "0.1", "weight_decay": "0", "coordinates": {"kind": "features"}}
    proof = {"form": "volume", "s": "1", "side": "lower", "rho": "1/9", "samples": None}
    if batch is None:
        proof = {"form": "words", "s": "1", "side": "lower", "rho": "1/3", "length": 2, "proof": proof}
    else:
        head["step"] = {"kind": "minibatch", "size": batch, "replacement": True}
    return document(product, {"kind": "product_moment", **head, "proof": proof})


def by_larger_tensors(_: Json) -> Json:
    """A bound of single samples by tensors, which no convexity carries over to batches."""
    single = BATCH.with_batch(1, replacement=True)
    inner = Workshop(single).prove_power(2, F(1, 2), "upper")
    assert inner is not None
    tensor = moment_json(single, inner)
    return {
        "form": "smaller_batch",
        **{k: tensor[k] for k in ("s", "side", "rho")},
        "step": None,
        "proof": tensor,
    }


def by_the_mean(above: Json) -> Json:
    return {**MEAN_SQUARE, "form": "mean", "vector": ["3", "-1"], "rho": "1/1000"}


MEAN_SQUARE = {"s": "2", "side": "lower", "rho": "1/1000"}
QUARTERS = ["1/4", "1/4", "1/4", "1/4"]
UNIT = [["1", "0", "0"], ["0", "1", "0"], ["0", "0", "1"]]
IDLE = [["1", "0"], ["0", "1"]]
SAMPLE = {"form": "sample", "s": "2", "side": "lower", "rho": "1", "sample": 0}
EIGEN = {"form": "eigenvalues"}
NULL = [["0", "0"], ["0", "0"]]
FLAT = [["0", "0"], ["0", "1"]]
SMALL = [f"1/{q**k}" for q, k in ((3, 8370), (5, 5710), (7, 4720), (11, 3830))]
FINE = [[SMALL[0], SMALL[1], "0"], [SMALL[1], SMALL[2], "0"], ["0", "0", SMALL[3]]]
SIGNED = (
    ("products/unit", "1"),
    ("products/count", [1, 1, 1]),
    ("proof/sigma", "0.9"),
    ("proof/vector", ["1", "1", "1"]),
)
SUMS = {"form": "sums", "s": "2", "side": "upper", "rho": "9", "sigma": "9", "vector": None}
SUMS_BELOW = {"form": "sums", "s": "2", "side": "lower", "rho": "1", "sigma": None, "vector": None}
LIKE = {"form": "quadratic", "slopes": [], "offsets": [], "s": "2", "Q": IDLE}

REFUSED: dict[str, tuple[Callable[[], Json], str]] = {
    # products
    "no products": (lambda: {k: v for k, v in good("half up").items() if k != "products"}, "has no products"),
    "another index": (edited("half up", ("product", 1)), "not the index"),
    "another kind of product": (edited("half up", ("products/kind", "vectors")), "unknown kind"),
    "no name": (edited("half up", ("products/name", "")), "1 to 200 characters"),
    "nothing but zeros": (edited("half up", ("products/features", [["0", "0"]] * 3)), "nothing but zeros"),
    "rows of two lengths": (edited("half up", ("products/features/0", ["1"])), "different lengths"),
    "no rows": (edited("half up", ("products/features", [])), "1 to"),
    "a weight left out": (edited("half up", ("products/count", shorter)), "a weight for each"),
    "a count of 0": (edited("half up", ("products/count", [0, 2, 1])), "not positive"),
    "weights that do not sum to 1": (edited("falling", ("products/p", ["1/3", "1/3"])), "sum is not 1"),
    "matrices of two sizes": (
        edited("falling", ("products/matrices/0", [["1"]])),
        "square matrices of one size",
    ),
    "curvatures below 0": (edited("square", ("products/curvatures", ["1", "-1"])), "negative curvature"),
    "a Gram matrix not symmetric": (edited("radius", ("products/gram/0/1", "2")), "not a symmetric matrix"),
    "a Gram matrix too wide": (edited("radius", ("products/gram", [["1"] * 4] * 3)), "too many columns"),
    "a Gram matrix not semidefinite": (edited("radius", ("products/gram/2/2", "5")), "do not determine"),
    "K_JJ not definite": (edited("radius", ("products/gram/0/0", "0")), "K_JJ is not proved"),
    # what a claim begins with
    "eta of matrices": (edited("falling", ("eta", "1")), "unknown key"),
    "no eta": (edited("half up", ("eta", ...)), "lacks"),
    "decay below 0": (edited("half up", ("weight_decay", "-1")), "weight_decay is negative"),
    "beta of 1": (edited("square", ("beta", "1")), "beta is not in"),
    "a single step": (edited("radius of a batch", ("step", {"kind": "single"})), "not a minibatch"),
    "a batch of 1": (edited("radius of a batch", ("step/size", 1)), "not a minibatch"),
    "a batch too large": (edited("radius of a batch", ("step/size", 5)), "a size up to their sum"),
    "a batch without counts": (edited("radius of a drawn batch", ("step/replacement", False)), "need counts"),
    "another step": (edited("radius of a batch", ("step/replacement", True)), "not proved"),
    "other coordinates": (edited("half up", ("coordinates", STATE)), "not one of this product"),
    "no coordinates": (edited("half up", ("coordinates", None)), "not one of this product"),
    "features that span less": (
        edited("half up", ("products/features", [["1", "1"], ["2", "2"], ["3", "3"]])),
        "not proved to span",
    ),
    "pivots out of order": (edited("radius", ("coordinates/pivots", [1, 0])), "increasing"),
    "no pivots": (edited("radius", ("coordinates/pivots", [])), "increasing"),
    "too few pivots": (edited("radius", ("coordinates/pivots", [0])), "do not determine"),
    "too many pivots": (edited("radius", ("coordinates/pivots", [0, 1, 2])), "K_JJ is not proved"),
    # quadratic
    "an unknown form": (edited("half up", ("proof/form", "cubic")), "unknown form"),
    "no proof": (edited("half up", ("proof", None)), "unknown form"),
    "another side": (edited("half up", ("proof/side", "both")), "neither upper nor lower"),
    "the upper side as the lower": (edited("half up", ("proof/side", "lower")), "proves no lower bound"),
    "s beyond 2": (edited("half up", ("proof/s", "3")), "proves no upper bound"),
    "rho too small": (edited("half up", ("proof/rho", times("0.99"))), "difference of both sides"),
    "rho too large": (edited("three down", ("proof/rho", times("1.01"))), "difference of both sides"),
    "Q not definite": (edited("half up", ("proof/Q", turned)), "not proved positive definite"),
    "Q of 0": (edited("three down", ("proof/Q", NULL)), "Q is 0"),
    "Q below 0": (edited("three down", ("proof/Q", turned)), "not proved positive semidefinite"),
    "Q not symmetric": (edited("half up", ("proof/Q/0/1", times("1.5"))), "not symmetric"),
    "Q of another size": (edited("half up", ("proof/Q", [["1"]])), "not a table of 2 by 2"),
    "one entry of Q moved": (edited("square", ("proof/Q/0/0", times("1.01"))), "difference of both sides"),
    "a slope too small": (edited("half up", ("proof/slopes/0", times("0.99"))), "offset is too small"),
    "a slope of 0": (edited("half up", ("proof/slopes/0", "0")), "offset is too small"),
    "an offset too small": (edited("half up", ("proof/offsets/1", times("0.99"))), "offset is too small"),
    "an offset too large": (edited("half up", ("proof/offsets/1", times("1.1"))), "difference of both sides"),
    "a slope too large": (edited("three down", ("proof/slopes/0", times("1.01"))), "offset is too small"),
    "a slope below 0": (edited("three down", ("proof/slopes/0", "-1")), "offset is too small"),
    "an offset left out": (edited("half up", ("proof/offsets", shorter)), "does not have 3 entries"),
    "slopes at s = 2": (edited("square", ("proof/slopes", ["1", "1"])), "slopes or offsets"),
    "another learning rate": (edited("half up", ("eta", "1.3")), "difference of both sides"),
    "another decay": (edited("half down of a decay", ("weight_decay", "0.2")), "not proved"),
    "another feature": (edited("half up", ("products/features/0/0", "2")), "difference of both sides"),
    "weights exchanged": (edited("half up", ("products/count", [2, 1, 1])), "difference of both sides"),
    # chords
    "chords above their power": (edited("half down", ("proof/chords/0/0", times("1.5"))), "wrong side"),
    "chords at s beyond 2": (edited("half down", ("proof/s", "3")), "proves no lower bound"),
    "chords at s below 2": (edited("three up", ("proof/s", "1")), "proves no upper bound"),
    "a range too short": (edited("three up", ("proof/ranges/0/1", times("0.9"))), "upper end of the range"),
    "a range that begins too late": (
        edited("half down", ("proof/ranges/0/0", times("1.2"))),
        "lower end of the range",
    ),
    "a range the wrong way": (edited("half down", ("proof/ranges/0", ["2", "1"])), "not 0 <= l <= u"),
    "a range below 0": (edited("half down", ("proof/ranges/0/0", "-1")), "not 0 <= l <= u"),
    "a range too short, directly": (
        edited("ball up", ("proof/ranges/0/1", times("0.9"))),
        "upper end of the range",
    ),
    "a range that begins too late, directly": (
        edited("ball down", ("proof/ranges/0/0", "1")),
        "lower end of the range",
    ),
    "a range left out": (edited("half down", ("proof/ranges", shorter)), "does not have 3 pairs"),
    "chords with rho too large": (
        edited("half down", ("proof/rho", times("1.1"))),
        "difference of both sides",
    ),
    "chords of Q below 0": (edited("half down", ("proof/Q", turned)), "not proved positive definite"),
    "an inverse too small": (edited("three up", ("proof/inverse/0/0", times("0.9"))), "Q P Q - Q"),
    "an inverse below 0": (edited("three up", ("proof/inverse", NULL)), "not proved positive definite"),
    "an inverse of momentum": (edited("ball up", ("proof/inverse", IDLE)), "features or a Gram matrix"),
    # volume and sample
    "volume above": (edited("volume", ("proof/side", "upper")), "lower bounds alone"),
    "volume too large": (edited("volume", ("proof/rho", "3")), "not proved to be at least rho"),
    "a block too large": (edited("volume of a block", ("proof/rho", "1.3")), "not proved to be at least rho"),
    "half a block": (edited("volume of a block", ("proof/samples", [0])), "not a component"),
    "an idle block": (edited("volume of a block", ("proof/samples", [3])), "not a component"),
    "no block": (edited("volume of a block", ("proof/samples", [])), "not a component"),
    "a block of momentum": (edited("volume of pushes", ("proof/samples", [0])), "features or a Gram matrix"),
    "a sample above": (edited("sample", ("proof/side", "upper")), "lower bounds alone"),
    "a sample that is slower": (edited("sample", ("proof/sample", 0)), "the sample alone"),
    "a sample beyond": (edited("sample", ("proof/sample", 3)), "not the index"),
    "a sample of pushes": (edited("cells up", ("proof", SAMPLE)), "features or a Gram matrix"),
    # cells
    "a cell left out": (edited("cells up", ("proof", with_cell_out)), "is not proved"),
    "2 left out": (edited("cells up", ("proof", without_two)), "2 is not among"),
    "one value": (edited("cells up", ("proof/nodes", ["0"]), ("proof/values", ["1"])), "2 to 40000 entries"),
    "a value moved": (edited("cells up", ("proof/values/40", times("2"))), "is not proved"),
    "a value below 0": (edited("cells up", ("proof/values/40", times("-1"))), "not positive"),
    "cells with rho too small": (edited("cells up", ("proof/rho", "1.208")), "is not proved"),
    "cells with rho too large": (edited("cells down", ("proof/rho", "0.881")), "is not proved"),
    "cells of another exponent": (edited("cells up", ("proof/s", "4")), "is not proved"),
    "cells in three dimensions": (lambda: in_three_dimensions(), "single steps of dimension 2"),
    "cells of another matrix": (edited("cells up", ("products/matrices/0/0/1", "1.2")), "is not proved"),
    "a bound by cells too small": (edited("cells falling", ("proof/bound", "-0.33")), "is not proved"),
    "a bound by cells too large": (edited("cells rising", ("proof/bound", "-0.32")), "is not proved"),
    # radius
    "a lower radius too large": (edited("radius", ("lower", times("1.01"))), "not the lower bound"),
    "an upper radius too small": (edited("radius", ("upper", times("0.99"))), "not the upper bound"),
    "the sides of the radius exchanged": (
        edited("radius", ("below", taken("radius", "above"))),
        "not the lower bound",
    ),
    "a moment of a batch": (
        edited("radius of a batch", ("below", taken("half down", "proof"))),
        "does not have 4 pairs",
    ),
    "a radius by the mean that is larger": (
        edited("radius by the mean", ("lower", times("1.01"))),
        "not the lower bound",
    ),
    "a radius by a sample": (
        edited("radius by the mean", ("below", {"form": "sample", "sample": 2, **MEAN_SQUARE})),
        "not the lower bound",
    ),
    "a threshold by the mean": (
        edited("mean square of a batch", ("above", by_the_mean)),
        "not the lower bound",
    ),
    # lyapunov
    "c moved": (edited("falling", ("proof/c/0", times("0.99"))), "Q less its mean"),
    "c too large": (edited("falling", ("proof/c/0", times("1.01"))), "half the mean"),
    "c of 0": (edited("falling", ("proof/c/0", "0")), "not positive"),
    "a bound too small": (edited("falling", ("proof/bound", times("1.01"))), "half the mean"),
    "the quadratic form below": (edited("falling", ("proof/side", "lower")), "not one that is proved"),
    "a Lyapunov proof of no form": (edited("falling", ("proof/form", "linear")), "unknown form"),
    "Q of a Lyapunov proof": (edited("falling", ("proof/Q", turned)), "not proved positive definite"),
    "a Lyapunov proof of single samples for batches": (
        edited("falling of a batch", ("proof/c", shorter)),
        "does not have 10 entries",
    ),
    "a volume of other batches": (
        edited("growing of a batch", ("step/size", 2)),
        "mean logarithm of the volume",
    ),
    "a volume bound too large": (
        edited("growing", ("proof/bound", times("1.01"))),
        "mean logarithm of the volume",
    ),
    "the volume of a step that kills": (edited("growing", ("eta", "1")), "mean logarithm of the volume"),
    # stable
    "stable beyond the threshold": (edited("stable", ("eta", "0.9")), "may increase"),
    "stable with a negative factor": (edited("stable", ("weight_decay", "3")), "may increase"),
    "eigenvalues of batches beyond the threshold": (
        edited("stable norm", ("proof", {"form": "eigenvalues"})),
        "may increase",
    ),
    "a batch that grows": (edited("stable norm", ("eta", "2")), "a batch: Q less its image"),
    "items that leave no room": (edited("stable items", ("eta", "2")), "the room that all items leave"),
    "items of single samples": (edited("stable", ("proof", {"form": "items"})), "without replacement alone"),
    "items with replacement": (
        edited("stable items", ("step/replacement", True)),
        "without replacement alone",
    ),
    "items that are turned": (edited("stable items", ("weight_decay", "3")), "without replacement alone"),
    "a norm that grows": (edited("stable momentum", ("proof/Q", IDLE)), "upper end of the range"),
    "a norm that is none": (edited("stable momentum", ("proof/Q", turned)), "not proved positive definite"),
    "eigenvalues of momentum": (
        edited("stable momentum", ("proof", {"form": "eigenvalues"})),
        "features or a Gram",
    ),
    "stable by nothing": (edited("stable", ("proof", None)), "unknown form"),
    "stable cells moved": (edited("stable cells", ("proof/values/40", times("2"))), "is not proved"),
    "stable cells at another strength": (edited("stable cells", ("lambda", "5")), "is not proved"),
    # batches and words
    "too many samples to list": (lambda: many(401, 2), "more than 400 different batches"),
    "too many batches": (lambda: many(28, 2), "more than 400 different batches"),
    "too many words": (lambda: many(401, None), "more than 400 different samples"),
    "a batch with another rho": (
        edited("half up of a batch", ("proof/rho", times("0.99"))),
        "difference of both sides",
    ),
    "batches drawn otherwise": (
        edited("half up of a batch", ("step/replacement", True)),
        "does not have 6 entries",
    ),
    "batches of other weights": (edited("three up of a batch", ("products/p", QUARTERS)), "both sides"),
    "an inverse of batches": (edited("three up of a batch", ("proof/inverse", IDLE)), "single samples"),
    "a block of batches": (edited("volume of a batch", ("proof/samples", [0])), "single samples"),
    "a volume of batches too large": (edited("volume of a batch", ("proof/rho", "2")), "at least rho"),
    "copies that cannot be": (edited("sample of a batch without", ("proof/sample", 2)), "the sample alone"),
    "copies that are too rare": (edited("sample of a batch", ("proof/rho", "20000")), "the sample alone"),
    "copies in words": (
        edited("words down", ("proof/proof", SAMPLE | {"s": "3", "rho": "1/1000"})),
        "single samples",
    ),
    "a power mean of the other side": (
        edited("power mean up", ("proof/side", "lower")),
        "one of the other side",
    ),
    "a power mean beyond": (edited("power mean up", ("proof/s", "3")), "s on the wrong side"),
    "a power mean before": (edited("power mean down", ("proof/s", "1")), "s on the wrong side"),
    "a power mean too small": (edited("power mean up", ("proof/rho", "0.7")), "does not prove this bound"),
    "a power mean too large": (edited("power mean down", ("proof/rho", "1.3")), "does not prove this bound"),
    "smaller batches below": (edited("smaller batch", ("proof/side", "lower")), "upper bounds for s >= 1"),
    "smaller batches before 1": (edited("smaller batch", ("proof/s", "1/2")), "upper bounds for s >= 1"),
    "larger batches": (edited("smaller batch alike", ("proof/step/size", 3)), "not one of smaller batches"),
    "batches drawn better": (
        edited("smaller batch alike", ("step/replacement", True), ("step/size", 3)),
        "not one of smaller batches",
    ),
    "smaller batches at another s": (
        edited("smaller batch", ("proof/s", "1.4")),
        "does not prove this bound",
    ),
    "smaller batches with another rho": (
        edited("smaller batch", ("proof/rho", times("0.99"))),
        "does not prove this bound",
    ),
    "smaller batches of matrices": (
        lambda: pushed("product_moment", proof=good("smaller batch")["claims"][0]["proof"]),
        "single samples",
    ),
    "a mean above": (edited("mean", ("proof/side", "upper")), "lower bounds alone"),
    "a mean before 1": (edited("mean", ("proof/s", "1/2")), "lower bounds for s >= 1"),
    "a mean that is smaller": (edited("mean", ("proof/rho", times("1.01"))), "the mean step does not grow"),
    "a mean along another vector": (
        edited("mean", ("proof/vector", ["1", "-1"])),
        "the mean step does not grow",
    ),
    "a mean along no vector": (edited("mean", ("proof/vector", ["0", "0"])), "the mean step does not grow"),
    "a mean in words": (
        edited("words down", ("proof/proof", taken("mean", "proof"))),
        "single samples",
    ),
    "words of one step": (edited("words up", ("proof/length", 1)), "not longer than 1"),
    "words too long": (edited("words up", ("proof/length", 6)), "more than 400"),
    "longer words": (edited("words up", ("proof/length", 3)), "does not have 27 entries"),
    "words with rho too small": (
        edited("words up", ("proof/rho", times("0.99"))),
        "does not prove this bound",
    ),
    "words with rho too large": (
        edited("words down", ("proof/rho", times("1.01"))),
        "does not prove this bound",
    ),
    "words at another s": (edited("words up", ("proof/s", "1/3")), "does not prove this bound"),
    "words of the other side": (edited("words up", ("proof/side", "lower")), "one of the other side"),
    "words that fall too fast": (edited("words drift", ("proof/bound", times("1.01"))), "does not prove"),
    "words that rise too fast": (edited("words rising", ("proof/bound", "-0.9")), "does not prove"),
    "words that rise, from above": (
        edited("words rising", ("proof/side", "upper")),
        "not one that is proved",
    ),
    "a drift by a lower moment": (
        edited("moment drift", ("proof/proof", taken("power mean down", "proof", "proof"))),
        "one of the other side",
    ),
    "a drift below that of the moment": (edited("moment drift", ("proof/bound", "-2")), "s times the bound"),
    # exponent
    "a regime": (edited("exponent", ("regime", "stable")), "neither deflationary nor null"),
    "lower above upper": (edited("exponent", ("lower", "5")), "above upper"),
    "another lower end": (edited("exponent", ("lower", times("1.01"))), "not the proof of its bound"),
    "another upper end": (edited("exponent", ("upper", times("0.99"))), "not the proof of its bound"),
    "a bound without proof": (edited("exponent", ("below", None)), "no proof"),
    "a proof without bound": (edited("exponent", ("upper", "inf")), "a proof no bound"),
    "nothing said": (
        edited(
            "exponent", ("lower", "0"), ("upper", "inf"), ("below", None), ("above", None), ("lyapunov", None)
        ),
        "says nothing",
    ),
    "below above 1": (edited("exponent", ("below/rho", "1.001")), "rho is above 1"),
    "above below 1": (edited("exponent", ("above/rho", "0.999")), "rho is below 1"),
    "deflationary without proof": (
        edited("exponent of a ball", ("regime", "deflationary")),
        "lambda_1 < 0 is not proved",
    ),
    "a drift of 0": (edited("exponent", ("lyapunov/bound", "0")), "not negative"),
    # spikes
    "a factor of 1": (edited("spike", ("factor", "1")), "not above 1"),
    "no norm": (edited("spike", ("probability", {})), "empty"),
    "an unknown norm": (
        edited("spike", ("probability", {"sum": {"lower": "0", "upper": "1"}})),
        "unknown key",
    ),
    "bounds the wrong way": (edited("spike", ("probability/parameters/lower", "0.9")), "0 <= lower"),
    "an upper bound too small": (
        edited("spike", ("probability/parameters/upper", times("0.99"))),
        "upper is not proved",
    ),
    "a lower bound too large": (
        edited("spike", ("probability/residuals/lower", times("1.01"))),
        "lower is not proved",
    ),
    "a smaller factor": (edited("spike", ("factor", "2.9")), "upper is not proved"),
    "no falling": (edited("spike", ("lyapunov", None)), "lambda_1 < 0 is not proved"),
    "no range": (edited("spike", ("above/ranges", [])), "upper is not proved"),
    "no range below": (edited("spike", ("below/ranges", [])), "lower is not proved"),
    "alpha too large": (edited("spike", ("above/ranges/0/alpha", times("1.1"))), "alpha of"),
    "beta too small": (edited("spike", ("above/ranges/0/beta", times("0.9"))), "beta of"),
    "alpha too large in a kernel": (
        edited("spike of a kernel", ("above/ranges/0/alpha", times("1.1"))),
        "alpha of",
    ),
    "a range twice": (edited("spike", ("above/ranges", lambda r: [*r, r[0]])), "twice"),
    "a range of another norm": (edited("spike", ("above/ranges/0/norm", "state")), "unknown here"),
    "a step that is too small": (
        edited("spike of pushes", ("below/largest_step", "1.1")),
        "upper end of the range",
    ),
    "a step below 1": (edited("spike of pushes", ("below/largest_step", "0.9")), "is below 1"),
    "a submartingale as a supermartingale": (
        edited("spike", ("above/moment", taken("spike", "below", "moment"))),
        "above.moment is not",
    ),
    "a supermartingale as a submartingale": (
        edited("spike", ("below/moment", taken("spike", "above", "moment"))),
        "below.moment is not",
    ),
    "Q of a spike that is only semidefinite": (
        edited(
            "spike of pushes",
            ("below/moment", LIKE | {"Q": FLAT, "side": "lower", "rho": "1"}),
        ),
        "difference of both sides",
    ),
    "cells with an upper bound too small": (
        edited("spike by cells", ("probability/maximum/upper", "0.05")),
        "upper is not proved",
    ),
    "cells with a lower bound too large": (
        edited("spike by cells", ("probability/maximum/lower", "0.05")),
        "lower is not proved",
    ),
    "cells with a step too small": (edited("spike by cells", ("below/largest_step", "1")), "is not proved"),
    "cells with an inverse": (edited("spike by cells", ("below/inverse", IDLE)), "does not belong"),
    "cells with a range": (
        edited("spike by cells", ("above/ranges", [{"norm": "state", "alpha": "1", "beta": "1"}])),
        "unknown here",
    ),
    "tensors with alpha too large": (
        edited("spike by tensors", ("above/ranges/0/alpha", times("1.1"))),
        "alpha of parameters",
    ),
    "tensors of a kernel with beta too small": (
        edited("spike by tensors of a kernel", ("above/ranges/0/beta", times("0.9"))),
        "beta of parameters",
    ),
    "tensors with a step too small": (
        edited("spike by tensors", ("below/largest_step", "1")),
        "upper end of the range",
    ),
    "tensors with an upper bound too small": (
        edited("spike by tensors", ("probability/parameters/upper", times("0.99"))),
        "upper is not proved",
    ),
    "tensors with a lower bound too large": (
        edited("spike by tensors", ("probability/residuals/lower", times("1.01"))),
        "lower is not proved",
    ),
    "a batch with a step too small": (
        edited("spike of a batch without", ("below/largest_step", times("0.99"))),
        "upper end of the range",
    ),
    "copies with a step too small": (
        edited("spike of a batch", ("below/largest_step", times("0.99"))),
        "upper end of the range",
    ),
    "power means in a spike": (
        edited("spike by smaller batches", ("above/moment", taken("power mean up", "proof"))),
        "above.",
    ),
    "smaller batches by tensors in a spike": (
        edited(
            "spike by smaller batches",
            ("above/moment", by_larger_tensors),
            ("above/ranges", []),
            ("steps", 3),
        ),
        "no matrix Q > 0",
    ),
    "in no time": (edited("spike in time", ("steps", 0)), "steps is 0"),
    "in time from below": (edited("spike", ("steps", 5)), "beside a bound from below"),
    "in more time": (edited("spike in time", ("steps", 8)), "upper is not proved"),
    "in far more time": (edited("spike in time", ("steps", 10**12)), "too large"),
    "in any time": (edited("spike in time", ("steps", ...)), "rho at most 1"),
    "cells in more time": (edited("spike of cells in time", ("steps", 50)), "upper is not proved"),
    "no spike at a smaller factor": (edited("no spike", ("factor", "1.5")), "upper is not proved"),
    "no spike of parameters that grow": (edited("no spike", ("eta", "1.2")), "may increase"),
    "no spike, alpha of parameters": (edited("no spike", ("above/ranges/0/alpha", "1.1")), "parameters"),
    "no spike, beta of parameters": (edited("no spike", ("above/ranges/0/beta", "0.9")), "parameters"),
    "no spike, alpha of residuals": (
        edited("no spike", ("above/ranges/1/alpha", times("1.1"))),
        "alpha of residuals",
    ),
    "no spike, beta of residuals": (
        edited("no spike of a kernel", ("above/ranges/1/beta", times("0.9"))),
        "beta of residuals",
    ),
    "no spike of a norm, beta": (
        edited("no spike of momentum", ("above/ranges/0/beta", times("0.9"))),
        "beta of state",
    ),
    "no spike of cells at a smaller factor": (
        edited("no spike by cells", ("factor", "1.5")),
        "upper is not proved",
    ),
    "no spike of cells in a norm": (
        edited("no spike by cells", ("above/ranges", [{"norm": "state", "alpha": "1", "beta": "1"}])),
        "unknown here",
    ),
    "no spike by nothing": (edited("no spike", ("above/stable", None)), "unknown form"),
    # mean square
    "the threshold moved up": (
        edited("mean square", ("lower", "1.05"), ("upper", "1.06")),
        "difference of both sides",
    ),
    "the threshold moved down": (
        edited("mean square", ("lower", "0.9"), ("upper", "1")),
        "difference of both sides",
    ),
    "the threshold the wrong way": (edited("mean square", ("upper", "1")), "lower is above upper"),
    "a batch of everything": (edited("mean square of a batch", ("step/size", 4)), "a batch of all samples"),
    "a threshold of momentum": (
        lambda: pushed("mean_square", lower="1", upper="2", below=None, above=None),
        "features or a Gram matrix",
    ),
    # axis
    "an axis of batches": (
        edited("axis", ("step", {"kind": "minibatch", "size": 2, "replacement": True})),
        "has no place here",
    ),
    "stable up to more": (edited("axis", ("stable_up_to", "2")), "not 2/max K_ii"),
    "a level below 1": (edited("axis", ("levels/0/exponent", "1/2")), "exponent is below 1"),
    "a level of another exponent": (edited("axis", ("levels/0/exponent", "9")), "not the proof of its bound"),
    "a level at a larger rate": (edited("axis", ("levels/1/below/eta", times("1.1"))), "not proved"),
    "a level at a smaller rate": (edited("axis", ("levels/3/above/eta", times("0.9"))), "not proved"),
    "a level with rho above 1": (
        edited("axis", ("levels/1/below/proof/rho", "1.001"), ("levels/1/below/proof/proof/rho", "1.001")),
        "rho is above 1",
    ),
    "a level that does not grow": (edited("axis", ("levels/3/above/proof/rho", "1")), "rho is not above 1"),
    "a level of 4 that does not grow": (
        edited("axis", ("levels/1/above/proof/rho", "1"), ("levels/1/above/proof/proof/rho", "1")),
        "rho is not above 1",
    ),
    "falling with rho 1": (edited("axis", ("falling/proof/rho", "1")), "falling needs"),
    "a piece apart": (edited("axis", ("pieces/0/from", "1.778")), "not continue"),
    "a piece twice": (edited("axis", ("pieces", lambda p: p * 2)), "not continue"),
    "a piece too long": (edited("axis", ("pieces/0/to", "2")), "not proved"),
    "a piece that ends before": (edited("axis", ("pieces/0/to", "0.1")), "ends before"),
    "a piece that rises": (edited("axis", ("pieces/0/bound", "0.5")), "not negative"),
    "a piece of another form": (edited("axis by cells", ("pieces/0/form", "volume")), "neither the form"),
    "a piece that is no table": (edited("axis by cells", ("pieces/1", "x")), "neither the form"),
    "cells to below": (edited("axis by cells", ("pieces/0/to", "1.7")), "ends before"),
    "cells to further": (edited("axis by cells", ("pieces/1/to", "1.88")), "not proved"),
    "cells from before": (edited("axis by cells", ("pieces/2/from", "1.86")), "not proved"),
    "cells that overlap": (edited("axis by cells", ("pieces/1/from", "1.785")), "begins before the end"),
    "cells of no side": (edited("axis by cells", ("pieces/0/side", "both")), "neither upper nor lower"),
    "cells of the other side": (
        edited("axis by cells", ("pieces/0/side", "lower"), ("pieces/0/bound", "0.0001")),
        "not proved",
    ),
    "rising cells of the other side": (
        edited("axis by cells", ("pieces/3/side", "upper"), ("pieces/3/bound", "-0.0001")),
        "not proved",
    ),
    "cells with the bound 0": (edited("axis by cells", ("pieces/0/bound", "0")), "the sign of its side"),
    "rising cells with the bound 0": (
        edited("axis by cells", ("pieces/3/bound", "0")),
        "the sign of its side",
    ),
    "the first cell of an interval left out": (
        edited("axis by cells", ("pieces/0/nodes/0", ...), ("pieces/0/values/0", ...)),
        "increase from 0",
    ),
    "a node left out": (edited("axis by cells", ("pieces/0/nodes/5", ...)), "does not have"),
    "a shifted table": (edited("axis by cells", ("pieces/0/values", lambda v: v[1:] + v[:1])), "not proved"),
    "a table of another interval": (
        edited("axis by cells", ("pieces/0/values", lambda v: v[::-1])),
        "not proved",
    ),
    "cells of another dimension": (
        edited(
            "axis of a line", ("pieces", lambda p: [*p[:-1], good("axis by cells")["claims"][0]["pieces"][0]])
        ),
        "dimension 2",
    ),
    "a formless piece after one with a form": (
        edited("axis of a line", ("pieces", lambda p: [p[-1], *p[:-1]])),
        "neither the form",
    ),
    "a quadratic piece too long": (edited("axis of a line", ("pieces", _last(to="1.002"))), "not proved"),
    "a quadratic piece backwards": (edited("axis of a line", ("pieces", _last(to="0.9"))), "ends before"),
    "a quadratic piece that rises": (edited("axis of a line", ("pieces", _last(bound="1"))), "not negative"),
    "inflationary too early": (edited("axis", ("inflationary/0/from", times("0.9"))), "not proved positive"),
    "inflationary over a pole": (edited("axis", ("inflationary/0/from", "0.5")), "a pole"),
    "inflationary backwards": (edited("axis", ("inflationary/0/to", "1.5")), "ends before"),
    "a map of vectors": (of_vectors, "needs a product of"),
    "a map with much decay": (edited("map", ("weight_decay", "1")), "not below 1"),
    "a map with negative decay": (edited("map", ("weight_decay", "-1")), "weight_decay is negative"),
    "a map beyond beta 1": (edited("map", ("betas/1", "1")), "not in [0, 1)"),
    "a map below beta 0": (edited("map", ("betas/0", "-1/10")), "not in [0, 1)"),
    "a map from 0": (edited("map", ("fractions/0", "0")), "not positive"),
    "a map turned around": (edited("map", ("fractions/0", "0.9")), "a pair of numbers in order"),
    "a map with three ends": (edited("map", ("fractions", ["1", "1", "1"])), "a pair of numbers in order"),
    "a map on no grid": (edited("map", ("grid", [1])), "grid is not"),
    "a map on an empty grid": (edited("map", ("grid", [1, 0])), "grid is not"),
    "a map without boxes": (edited("map", ("boxes", [])), "boxes"),
    "a map box of three ends": (edited("map", ("boxes/0", [0, 1, 0, 0])), "four ends and a witness"),
    "a map table of three ends": (edited("map", ("tables/0/box", [0, 1, 0])), "four ends"),
    "a map with a box outside": (edited("map", ("boxes/0/1", 2)), "no box of the grid"),
    "a map with a box above": (edited("map", ("boxes/0/3", 2)), "no box of the grid"),
    "a map with a box turned around": (edited("map", ("boxes/0/0", 1)), "no box of the grid"),
    "a map with a box beyond its table": (
        edited("map of two", ("tables/0/box", [0, 1, 0, 1])),
        "does not lie in the box",
    ),
    "a map with a box of no table": (edited("map", ("boxes/0/4", 1)), "names no table"),
    "a map with a box twice": (edited("map", ("boxes", lambda b: b * 2)), "overlaps another"),
    "a map with a Q of two entries": (edited("map of two", ("boxes/0/4", ["1", "0"])), "three entries"),
    "a map with a Q that is not definite": (
        edited("map of two", ("boxes/0/4", ["1", "2", "1"])),
        "not positive definite",
    ),
    "a map with a Q of nothing": (
        edited("map of two", ("boxes/0/4", ["-1", "0", "-1"])),
        "not positive definite",
    ),
    "a map with another Q": (
        edited("map of two", ("boxes/0/4", ["1", "0", "1"])),
        "E A^T Q A < Q is not proved",
    ),
    "a map with a box of another verdict": (
        edited("map", ("tables/0/side", "upper")),
        "does not give the sign",
    ),
    "a deflationary map": (
        edited("map", ("tables/0/side", "upper"), ("tables/0/bound", "-1/100")),
        "is not proved",
    ),
    "a map by no side": (edited("map", ("tables/0/side", "both")), "neither upper nor lower"),
    "a map with the bound 0": (edited("map", ("tables/0/bound", "0")), "does not give the sign"),
    "a map that rises too much": (edited("map", ("tables/0/bound", "0.2")), "is not proved"),
    "a map with a table of one node": (edited("map", ("tables/0/nodes", ["0"])), "nodes and three lists"),
    "a map with a table of two lists": (edited("map", ("tables/0/values", shorter)), "nodes and three lists"),
    "a map with a moving table without 2": (
        edited("map", ("tables/0/nodes", lambda n: [v if v != "2" else "2049/1024" for v in n])),
        "2 is not",
    ),
    "a map with a node that is not dyadic": (edited("map", ("tables/0/nodes/1", "1/9")), "no integer over"),
    "a map with a table that is shifted": (
        edited("map", ("tables/0/values/0", lambda v: v[5:] + v[:5])),
        "is not proved",
    ),
    "a map with a table that moves another way": (
        edited("map", ("tables/0/values/1", lambda v: [str(-20 * F(x)) for x in v])),
        "is not proved",
    ),
    "a map of a wider rectangle": (edited("map", ("fractions/0", "0.2")), "is not proved"),
    "inflationary on half a block": (edited("axis", ("inflationary/0/samples", [0])), "not a component"),
    # closed forms
    "a unit of 0": (edited("sums up", ("products/unit", "0")), "unit is not positive"),
    "units and denominators": (
        edited("sums up", ("products/unit", f"1/{2**13000}"), ("products/gram", FINE)),
        "a unit is too small",
    ),
    "momentum of a moment without closed forms": (
        edited("half up", ("momentum", "1/2")),
        "only closed forms prove anything",
    ),
    "momentum of an exponent": (edited("exponent", ("momentum", "1/2")), "unknown key"),
    "momentum of 1": (edited("sums without", ("momentum", "1")), "momentum is not below 1"),
    "momentum of 0": (edited("sums without", ("momentum", "0")), "momentum is not positive"),
    "more momentum": (edited("sums without", ("momentum", "0.91")), "does not prove this rho"),
    "a batch too small for its sums": (edited("sums", ("step/size", 2)), "does not prove this rho"),
    "no matrices in the coordinates kernel": (
        edited("half up", ("coordinates", {"kind": "kernel"})),
        "only closed forms prove anything",
    ),
    "no drift in the coordinates kernel": (
        edited("growing", ("coordinates", {"kind": "kernel"})),
        "only closed forms prove anything",
    ),
    "no norm in the coordinates kernel": (
        edited("stable norm", ("coordinates", {"kind": "kernel"})),
        "only closed forms prove anything",
    ),
    "no cells in the coordinates kernel": (
        edited("axis by cells", ("coordinates", {"kind": "kernel"})),
        "only closed forms prove anything",
    ),
    "no residuals in the coordinates kernel": (
        edited("no spike", ("coordinates", {"kind": "kernel"})),
        "unknown key",
    ),
    "the coordinates kernel of matrices": (
        edited("falling", ("coordinates", {"kind": "kernel"})),
        "not one of this product",
    ),
    "stable with momentum": (
        edited(
            "sums spike of momentum",
            ("eta", "1/3"),
            ("above", {"stable": EIGEN, "ranges": [{"norm": "parameters", "alpha": "1", "beta": "1"}]}),
        ),
        "only closed forms prove anything",
    ),
    "sums of pushes": (
        edited("falling", ("kind", "product_moment"), ("proof", SUMS)),
        "need features or a Gram matrix",
    ),
    "sums with decay": (edited("sums up", ("weight_decay", "1/10")), "no weight decay"),
    "sums of words": (
        edited("words up", ("proof/s", "2"), ("proof/rho", "9"), ("proof/proof", SUMS)),
        "need features or a Gram matrix",
    ),
    "sums of all samples": (
        edited("sums without", ("step/size", 4)),
        "a batch of all samples",
    ),
    "sums of the whole data set": (
        edited("sums up", ("step", {"kind": "minibatch", "size": 4, "replacement": False})),
        "a batch of all samples has no closed form",
    ),
    "sums at s = 3": (edited("sums up", ("proof/s", "3")), "of the mean square alone"),
    "sums with a smaller rho": (edited("sums up", ("proof/rho", "1")), "does not prove this rho"),
    "sums beyond the range": (edited("sums up", ("eta", "0.6")), "not below 2 (1 + beta)"),
    "sums with a sigma too small": (edited("sums up", ("proof/sigma", "3.7")), "not proved by the vector"),
    "sums of entries below 0": (
        edited("sums up", ("products/gram", [["2", "-1", "0"], ["-1", "2", "0"], ["0", "0", "2"]]), *SIGNED),
        "not proved by the vector",
    ),
    "sums by the trace": (
        edited("sums up", ("proof/vector", None), ("proof/sigma", "3.7")),
        "below the mean of the K_ii",
    ),
    "sums with a vector of another length": (edited("sums up", ("proof/vector", shorter)), "3 entries"),
    "sums with a vector that is not positive": (
        edited("sums up", ("proof/vector/0", "0")),
        "not positive",
    ),
    "sums with a lower rho above 1": (edited("sums down", ("proof/rho", "1.001")), "rho is above 1"),
    "sums with a lower sigma": (edited("sums down", ("proof/sigma", "1")), "sigma stands in a lower bound"),
    "sums at a smaller rate": (edited("sums down", ("eta", "0.4")), "mean step is not proved"),
    "sums of a smaller sample": (
        edited("sums down", ("eta", "0.4"), ("proof/vector", None)),
        "a sample is too small",
    ),
    "the mean of 0": (edited("sums and the mean", ("above/vector", ["0", "0", "0"])), "not one of the span"),
    "sums below at a larger rate": (edited("sums", ("lower", "0.5")), "does not prove this rho"),
    "sums above at a smaller rate": (edited("sums", ("upper", "0.45")), "is not proved to grow"),
    "a smaller probability by sums": (
        edited("sums spike", ("probability/parameters/upper", "0.140624")),
        "upper is not proved",
    ),
    "a smaller probability by sums in time": (
        edited("sums spike in time", ("probability/parameters/upper", "0.03719")),
        "upper is not proved",
    ),
    "a smaller probability of the loss": (
        edited("sums spike of momentum", ("probability/mean_loss/upper", "0.1451")),
        "upper is not proved",
    ),
    "ranges of sums": (
        edited("sums spike", ("above/ranges", [{"norm": "parameters", "alpha": "1", "beta": "1"}])),
        "the closed form has its own",
    ),
    "a spike of momentum without a proof": (
        edited("sums spike of momentum", ("above", None), ("probability/mean_loss/upper", "1")),
        "by a closed form alone",
    ),
    "a spike of momentum in another norm": (
        edited("sums spike of momentum", ("probability", {"parameters": {"lower": "0", "upper": "1"}})),
        "unknown key",
    ),
    "a spike of momentum from below": (
        edited(
            "sums spike of momentum",
            ("above", None),
            ("eta", "2"),
            ("below", {"moment": SUMS_BELOW, "largest_step": "9", "ranges": []}),
        ),
        "the moment has no matrix Q > 0",
    ),
    "residuals by sums": (
        edited("sums spike", ("probability", {"residuals": {"lower": "0", "upper": "1"}})),
        "unknown key",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    make, reason = REFUSED[name]
    verdict = check(make())
    assert not verdict.proved
    assert reason in verdict.statement, verdict.statement


@pytest.mark.parametrize(
    "name",
    ["half up", "three up", "axis", "axis by cells", "cells up", "spike", "stable norm", "map", "sums"],
)
def test_the_budget_ends_every_proof(name: str) -> None:
    assert "budget" in check(good(name), 400).statement


def test_a_level_of_one_side_is_said_with_one() -> None:
    verdict = check(edited("axis", ("levels/0/above", None))())
    assert verdict.proved
    assert "theta >= 10" in verdict.statement and "theta <= 10" not in verdict.statement
    verdict = check(edited("axis", ("levels/0/below", None))())
    assert verdict.proved
    assert "theta <= 10" in verdict.statement and "theta >= 10" not in verdict.statement


def test_an_axis_of_the_stable_range_alone() -> None:
    parts = [(key, []) for key in ("levels", "pieces", "inflationary")]
    verdict = check(edited("axis", *parts, ("falling", None))())
    assert verdict.proved
    assert verdict.statement.endswith("and not beyond [V2]")


def test_pieces_that_meet_are_said_as_one() -> None:
    """A gap between pieces is said as such, and so is an interval that begins in the stable range."""
    verdict = check(good("axis by cells"))
    assert "deflationary for 1.78 <= eta <= 1.8; inflationary for 1.9 <= eta <= 1.91, " in verdict.statement
    assert "inflationary for 1.92 <= eta <= 2, for every start" in verdict.statement
    shorter = check(edited("axis by cells", ("pieces/0/to", "1.789"))())
    assert "deflationary for 1.78 <= eta <= 1.789; deflationary for 1.79 <= eta <= 1.8" in shorter.statement
    lone = check(edited("axis by cells", ("pieces", lambda pieces: pieces[3:]))())
    assert lone.proved and "deflationary" not in lone.statement


def test_further_pieces_join_those_that_continue_each_other() -> None:
    pieces = good("axis of a line")["claims"][0]["pieces"]
    with_forms = [*pieces[:2], *({"form": "quadratic"} | piece for piece in pieces[2:-1])]
    verdict = check(edited("axis of a line", ("pieces", with_forms))())
    assert verdict.proved and f"deflationary for 0.5 < eta <= {pieces[-2]['to']};" in verdict.statement


def test_of_a_piece_that_begins_in_the_stable_range_the_rest_is_said() -> None:
    piece = {"form": "quadratic", "from": "0.45", "to": "0.51", "bound": "-0.02", "Q": [["1"]]}
    piece |= {"c": ["0.3025", "1.0816"]}
    parts = ("falling", None), ("inflationary", [])
    verdict = check(edited("axis of a line", *parts, ("pieces", [piece]))())
    assert "not beyond; deflationary for 0.5 < eta <= 0.51 [" in verdict.statement
    verdict = check(
        edited("axis of a line", *parts, ("pieces", [piece | {"to": "0.5", "c": ["0.3025", "1"]}]))()
    )
    assert verdict.proved and "deflationary" not in verdict.statement
    apart = piece | {"from": "0.501"}
    verdict = check(edited("axis of a line", *parts, ("pieces", [apart]))())
    assert "not beyond; deflationary for 0.501 <= eta <= 0.51 [" in verdict.statement
