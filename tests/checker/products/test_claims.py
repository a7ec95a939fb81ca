"""Claims on random products: good ones proved, and each hypothesis of their lemmas broken alone refused."""

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from kit.good_products import GOOD, STATE, document, good, pushed

from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work

F = Fraction
Json = Any


def check(found: Json, budget: int | None = None) -> Verdict:
    return check_certificate(json.dumps(found).encode(), None if budget is None else Work(budget))[0]


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


UNIT = [["1", "0", "0"], ["0", "1", "0"], ["0", "0", "1"]]
IDLE = [["1", "0"], ["0", "1"]]
SAMPLE = {"form": "sample", "s": "2", "side": "lower", "rho": "1", "sample": 0}
EIGEN = {"form": "eigenvalues"}
NULL = [["0", "0"], ["0", "0"]]
FLAT = [["0", "0"], ["0", "1"]]
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
        "only the mean square",
    ),
    # lyapunov
    "c moved": (edited("falling", ("proof/c/0", times("0.99"))), "Q less its mean"),
    "c too large": (edited("falling", ("proof/c/0", times("1.01"))), "half the mean"),
    "c of 0": (edited("falling", ("proof/c/0", "0")), "not positive"),
    "a bound too small": (edited("falling", ("proof/bound", times("1.01"))), "half the mean"),
    "the quadratic form below": (edited("falling", ("proof/side", "lower")), "not one that is proved"),
    "a Lyapunov proof of no form": (edited("falling", ("proof/form", "linear")), "unknown form"),
    "Q of a Lyapunov proof": (edited("falling", ("proof/Q", turned)), "not proved positive definite"),
    "a Lyapunov proof of a batch": (
        edited("growing", ("step", {"kind": "minibatch", "size": 2, "replacement": True})),
        "only the mean square",
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
    "a norm that grows": (edited("stable momentum", ("proof/Q", IDLE)), "upper end of the range"),
    "a norm that is none": (edited("stable momentum", ("proof/Q", turned)), "not proved positive definite"),
    "eigenvalues of momentum": (
        edited("stable momentum", ("proof", {"form": "eigenvalues"})),
        "features or a Gram",
    ),
    "stable by nothing": (edited("stable", ("proof", None)), "unknown form"),
    "stable cells moved": (edited("stable cells", ("proof/values/40", times("2"))), "is not proved"),
    "stable cells at another strength": (edited("stable cells", ("lambda", "5")), "is not proved"),
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
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    make, reason = REFUSED[name]
    verdict = check(make())
    assert not verdict.proved
    assert reason in verdict.statement, verdict.statement


@pytest.mark.parametrize("name", ["half up", "three up", "axis", "cells up", "spike", "stable norm", "map"])
def test_the_budget_ends_every_proof(name: str) -> None:
    assert "budget" in check(good(name), 400).statement


def test_a_level_of_one_side_is_said_with_one() -> None:
    verdict = check(edited("axis", ("levels/0/above", None))())
    assert verdict.proved
    assert "theta >= 10" in verdict.statement and "theta <= 10" not in verdict.statement


def test_an_axis_of_the_stable_range_alone() -> None:
    parts = [(key, []) for key in ("levels", "pieces", "inflationary")]
    verdict = check(edited("axis", *parts, ("falling", None))())
    assert verdict.proved
    assert verdict.statement.endswith("and not beyond [V2]")
