"""The parts of the rules of random products: definite matrices, powers, ranks, and the edges of the kinds."""

import itertools
import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.good_products import PUSH, cells, document, good, made

from catalysis.products.bounds import moment_lower
from catalysis.products.cells import prove
from catalysis.products.walk import MatrixWalk
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.core.rule import Setting
from proofs_check.products import definite
from proofs_check.products.cells import Inequality
from proofs_check.products.cells import Table as Cells
from proofs_check.products.definite import by_discs, by_elimination, require_definite, require_semidefinite
from proofs_check.products.frame import rank_at_least
from proofs_check.products.listing import single_steps, word_walk
from proofs_check.products.powers import at_least, at_most, mean_at_least, mean_log_above
from proofs_check.products.tables import Numbers, Table, combination
from proofs_check.products.volume import determinant
from proofs_check.products.walk import choices, read_walk

F = Fraction
Json = Any
PLENTY = 10**9


def check(found: Json) -> Verdict:
    return check_certificate(json.dumps(found).encode())[0]


# --- definite matrices (V12) ------------------------------------------------------------------------------------


def gram(rows: list[list[int]]) -> list[list[int]]:
    return [[sum(x * y for x, y in zip(a, b, strict=True)) for b in rows] for a in rows]


def is_definite(m: list[list[int]]) -> bool:
    try:
        require_definite(Table(m), Work(PLENTY), "M")
    except Refused:
        return False
    return True


def is_semidefinite(m: list[list[int]]) -> bool:
    try:
        require_semidefinite(Table(m), Work(PLENTY), "M")
    except Refused:
        return False
    return True


def shifted(m: list[list[int]], by: int) -> list[list[int]]:
    return [[v + by * (i == j) for j, v in enumerate(row)] for i, row in enumerate(m)]


square = st.integers(1, 9).flatmap(
    lambda n: st.lists(st.lists(st.integers(-9, 9), min_size=n, max_size=n), min_size=n, max_size=n)
)


@settings(max_examples=60, deadline=None)
@given(square, st.integers(-40, 40))
def test_what_is_proved_definite_has_positive_eigenvalues(rows: list[list[int]], by: int) -> None:
    m = shifted(gram(rows), by)
    least = float(np.linalg.eigvalsh(np.array(m, dtype=float)).min())
    if abs(least) > 1e-6:
        assert is_definite(m) == is_semidefinite(m) == (least > 0)
    assert is_semidefinite(gram(rows))


@pytest.mark.parametrize("size", [7, 30])
@pytest.mark.parametrize("spread", [1, 10**6])
def test_large_matrices_by_discs(size: int, spread: int) -> None:
    """Entries of very different sizes; the least eigenvalue moved through 0."""
    random = np.random.default_rng(2)
    scales = [1 + int(spread ** (k / size)) for k in range(size)]
    rows = [[int(v) * s for v in random.integers(-9, 10, size)] for s in scales]
    m = gram(rows)
    bits = Table(m).bits
    assert by_discs(m, bits, 160, Work(PLENTY)) and is_definite(m)
    assert by_elimination(m, bits, Work(PLENTY), strict=True)
    worse = [list(row) for row in m]
    worse[0][0] -= 1 + int(1 / np.linalg.inv(np.array(m, dtype=float))[0][0])
    assert not is_definite(worse) and not is_semidefinite(worse)


def test_semidefinite_with_a_kernel() -> None:
    rows = [[1, 2, 0], [0, 1, 1], [1, 3, 1], [2, 4, 0], [0, 0, 0], [1, 0, 0], [0, 2, 2], [1, 1, 1]]
    m = gram(rows)
    assert is_semidefinite(m) and not is_definite(m)
    m[4][0] = m[0][4] = 1
    assert not is_semidefinite(m)
    kept = gram([rows[k] for k in (0, 1, 2, 3, 5, 6, 7)])  # no zero on the diagonal, still singular
    assert is_semidefinite(kept) and not is_definite(kept)


def test_a_residual_that_is_too_large_proves_nothing() -> None:
    """Few places: the factor is too coarse for a matrix that is nearly singular."""
    m = shifted([[10**12] * 8 for _ in range(8)], 1)
    assert not by_discs(m, 41, 16, Work(PLENTY))
    assert is_definite(m)


def test_a_wrong_factor_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the factor is: the residual decides."""
    m = shifted([[0] * 8 for _ in range(8)], 5)
    assert by_discs(m, 3, 64, Work(PLENTY))
    right = definite._root
    for change in (-1 << 40, 1 << 40):
        monkeypatch.setattr(
            definite, "_root", lambda *a, d=change: [[v + d for v in r] for r in right(*a) or []]
        )
        assert not by_discs(m, 3, 64, Work(PLENTY))


# --- powers -----------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    st.fractions(min_value=0, max_value=9, max_denominator=30),
    st.fractions(min_value=F(1, 9), max_value=7, max_denominator=9),
    st.fractions(min_value=-1, max_value=50, max_denominator=30),
)
def test_powers_are_compared(base: Fraction, exponent: Fraction, value: Fraction) -> None:
    truth = float(base) ** float(exponent) - float(value)
    if abs(truth) > 1e-9:
        assert at_most(base, exponent, value, Work(PLENTY)) == (truth < 0)
        assert at_least(base, exponent, value, Work(PLENTY)) == (truth > 0)


def test_equal_powers_are_seen_exactly() -> None:
    nine, root = F(9, 4), F(3, 2)
    for holds in (at_most, at_least):
        assert holds(nine, F(1, 2), root, Work(PLENTY))
        assert holds(F(0), F(1, 2), F(0), Work(PLENTY))
    tiny = F(1, 10**40)
    assert not at_most(nine, F(1, 2), root - tiny, Work(PLENTY))
    assert at_most(nine + tiny, F(1, 2), root + tiny, Work(PLENTY))


def test_powers_too_long_and_too_close_are_not_decided() -> None:
    root = 1 + F(1, 2**6000)
    assert not at_most(root**2 + F(1, 2**4000), F(1, 2), root, Work(PLENTY))
    with pytest.raises(Refused, match="not compared"):
        at_most(root**2 + F(1, 2**12000), F(1, 2), root, Work(PLENTY))


def test_means_that_are_not_decided_are_not_proved() -> None:
    weights = Numbers((1, 1), 2)
    assert mean_at_least([F(4), F(0)], weights, F(1, 2), F(99, 100), Work(PLENTY))
    assert not mean_at_least([F(4), F(0)], weights, F(1, 2), F(101, 100), Work(PLENTY))
    assert not mean_at_least([F(10) ** 30000, F(1)], weights, F(3), F(10) ** 99999, Work(10**12))
    close = F(12, 10) ** 2  # the mean of its root and of 1 is 1.1, which intervals do not reach
    assert not mean_at_least([close, F(1)], weights, F(1, 2), F(11, 10), Work(PLENTY))
    assert mean_log_above([F(2), F(1, 2)], weights, F(-1, 100), Work(PLENTY), strict=False)
    assert not mean_log_above([F(2), F(1, 2)], weights, F(0), Work(PLENTY), strict=True)
    assert mean_log_above([F(1)], Numbers((1,), 1), F(0), Work(PLENTY), strict=False)
    assert not mean_log_above([F(1)], Numbers((1,), 1), F(0), Work(PLENTY), strict=True)
    assert not mean_log_above([F(1)], Numbers((1,), 1), F(1), Work(PLENTY), strict=True)


# --- tables, ranks, determinants --------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(square)
def test_ranks_and_determinants(rows: list[list[int]]) -> None:
    size = len(rows)
    exact = np.linalg.matrix_rank(np.array(rows, dtype=float))
    assert rank_at_least(rows, size, Work(PLENTY)) == exact
    truth = np.linalg.det(np.array(rows, dtype=float))
    found = determinant(Table(rows, 2), Work(PLENTY))
    assert float(found) * 2**size == pytest.approx(truth, abs=1e-3 + 1e-9 * abs(truth))


def test_denominators_are_bounded() -> None:
    long = Table([[1]], 3**30000)
    with pytest.raises(Refused, match="too large"):
        combination([(F(1), long), (F(1, 2**30000), long)], Work(PLENTY))


# --- edges of the kinds -----------------------------------------------------------------------------------------

APART = [["1", "0", "0"], ["1", "1", "0"], ["0", "0", "2"], ["0", "0", "0"]]
THREE = {"kind": "features", "name": "apart", "features": APART, "count": [1, 1, 1, 1]}
HEAD = {"product": 0, "eta": "3", "weight_decay": "0", "coordinates": {"kind": "features"}}


def test_the_rank_of_a_component_of_features() -> None:
    """Samples 0 and 1 span a plane: factors 2, 5, 1, 1 with the root of 10/... over dimension 2."""
    volume = {"form": "volume", "side": "lower", "bound": "0.28", "samples": [0, 1]}
    verdict = check(document(THREE, {"kind": "product_lyapunov", **HEAD, "proof": volume}))
    assert (
        verdict.proved and "span of the samples 0, 1, orthogonal" in verdict.statement
    )  # log 10 / 8 = 0.2878
    for change in ({"bound": "0.29"}, {"samples": [0]}, {"samples": [0, 1, 2]}, {"samples": [3]}):
        assert not check(
            document(THREE, {"kind": "product_lyapunov", **HEAD, "proof": volume | change})
        ).proved


def test_many_samples_are_named_in_short() -> None:
    rows = [["1", "0"]] * 12 + [["0", "1"]]
    product = {"kind": "features", "name": "many", "features": rows, "count": [1] * 13}
    proof = {"form": "volume", "side": "lower", "bound": "0.5", "samples": list(range(12))}
    verdict = check(document(product, {"kind": "product_lyapunov", **HEAD, "proof": proof}))
    assert verdict.proved and "0, 1, 2, 3, 4, 5, 6, 7, ... (12 of them)" in verdict.statement


def test_a_rank_that_a_prime_divides_is_not_proved() -> None:
    """The rank of a part is proved modulo a prime; here it divides an entry of the other part."""
    prime = str((1 << 61) - 1)
    product = {**THREE, "features": [["1", "0", "0"], ["1", "1", "0"], ["0", "0", prime], ["0", "0", "0"]]}
    verdict = check(document(product, {"kind": "product_stable", **HEAD, "proof": {"form": "eigenvalues"}}))
    assert "not proved to span" in verdict.statement


def test_cells_of_features_and_of_a_kernel() -> None:
    rows = ((F(1), F(0)), (F(1, 2), F(1)))
    matrices = tuple(
        ((1 - F(3, 2) * a * a, -F(3, 2) * a * b), (-F(3, 2) * a * b, 1 - F(3, 2) * b * b)) for a, b in rows
    )
    found = prove(matrices, (F(1, 2), F(1, 2)), F(1), F(1), 1)
    assert found is not None
    proof = cells(found.table, s="1", side="upper", rho="1")
    product = {"kind": "features", "name": "two", "features": [["1", "0"], ["1/2", "1"]], "p": ["1/2", "1/2"]}
    claim = {"kind": "product_moment", **HEAD, "eta": "1.5", "proof": proof}
    assert check(document(product, claim)).proved
    assert not check(document(product, claim | {"eta": "3"})).proved
    batch = {"step": {"kind": "minibatch", "size": 2, "replacement": True}}
    assert check(document(product, claim | batch)).proved  # means of single steps, for which it is proved
    assert not check(document(product, claim | batch | {"eta": "4"})).proved
    stable = (
        claim
        | batch
        | {"kind": "product_stable", "proof": {k: proof[k] for k in ("form", "nodes", "values")}}
    )
    assert "is not proved" in check(document(product, stable)).statement


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4), st.integers(1, 6))
def test_choices_are_all_and_in_order(most: list[int], total: int) -> None:
    every = itertools.product(*(range(n + 1) for n in most))
    wanted = sorted((times for times in every if sum(times) == total), reverse=True)
    assert list(choices(tuple(most), total)) == wanted


@pytest.mark.parametrize("replacement", [True, False])
def test_batches_are_listed_with_their_probabilities(replacement: bool) -> None:
    """Against all ordered draws, equal samples as one."""
    rows = [["1", "0"], ["1/2", "1"], ["-1", "0"], ["1", "1/3"]]
    counts = [1, 2, 2, 1]
    product = {"kind": "features", "name": "four", "features": rows, "count": counts}
    step = {"kind": "minibatch", "size": 3, "replacement": replacement}
    work = Work(PLENTY)
    setting = Setting(None, work, [product])
    claim = {"kind": "product_moment", "proof": None, **HEAD, "eta": "1", "step": step}
    found = single_steps(read_walk(claim, setting, ("proof",)))
    deck = [i for i, n in enumerate(counts) for _ in range(n)]
    draws = itertools.product(deck, repeat=3) if replacement else itertools.permutations(deck, 3)
    seen: dict[Any, F] = {}
    total = 0
    for drawn in draws:
        g = [[F(v) for v in rows[i]] for i in drawn]
        key = tuple((i == j) - sum(v[i] * v[j] for v in g) / 3 for i in range(2) for j in range(2))
        seen[key] = seen.get(key, F(0)) + 1
        total += 1
    listed = {
        tuple(F(v, m.den) for row in m.rows for v in row): found.p[k] for k, m in enumerate(found.matrices)
    }
    assert listed == {key: n / total for key, n in seen.items()} and len(listed) == found.count


def test_words_are_products_with_the_first_step_at_the_right() -> None:
    work = Work(PLENTY)
    claim = {"kind": "product_moment", "product": 0, "coordinates": {"kind": "state"}, "proof": None}
    walk = read_walk(claim, Setting(None, work, [PUSH]), ("proof",))
    found = word_walk(walk, 2)
    (first, second), p = PUSH["matrices"], [F(v) for v in PUSH["p"]]
    there = [[sum(F(second[i][k]) * F(first[k][j]) for k in range(2)) for j in range(2)] for i in range(2)]
    m = found.matrices[1]
    assert [[F(v, m.den) for v in row] for row in m.rows] == there
    assert found.p[1] == p[0] * p[1] and found.p.total == 1 and found.count == 4


def test_an_exponent_from_one_proof_alone() -> None:
    full = good("exponent")["claims"][0]
    nothing = {"lower": "0", "upper": "inf", "below": None, "above": None}
    for change, words in (
        (nothing, "deflationary or stable"),
        (nothing | {"regime": None}, ": lambda_1 < 0"),
        ({"lyapunov": None, "regime": None, "lower": "0", "below": None}, ": theta <= "),
        ({"lyapunov": None, "regime": None, "upper": "inf", "above": None}, ": theta >= "),
    ):
        found = good("exponent")
        found["claims"] = [full | change]
        verdict = check(found)
        if "theta <= " in words:
            assert verdict.proved == (F(full["above"]["rho"]) > 1)
        else:
            assert verdict.proved and words in verdict.statement, verdict.statement


def test_rho_of_1_needs_a_falling_exponent() -> None:
    """K = diag(2, 2), eta = 1 has T(I) = I and theta = inf: k(2) >= 0 alone proves nothing."""
    product = {"kind": "gram", "name": "two", "gram": [["2", "0"], ["0", "2"]], "count": [1, 1]}
    quadratic = {"form": "quadratic", "s": "2", "side": "lower", "rho": "1", "slopes": [], "offsets": []}
    above = quadratic | {"Q": [["1", "0"], ["0", "1"]]}
    head = HEAD | {"eta": "1", "coordinates": {"kind": "residuals", "pivots": [0, 1]}}
    claim = {"kind": "product_exponent", **head, "regime": None, "lower": "0", "upper": "2", "lyapunov": None}
    claim |= {"below": None, "above": above}
    assert "lambda_1 < 0 is not proved" in check(document(product, claim)).statement
    assert check(document(product, {"kind": "product_moment", **head, "proof": above})).proved


def test_k_of_2_falls_by_rho_below_1() -> None:
    """lambda_1 < 0 from `below` with rho < 1."""
    found = good("exponent")
    entry = found["claims"][0]
    below = good("half up")["claims"][0]["proof"]
    assert below["side"] == "upper" and F(below["rho"]) < 1
    entry |= {"lower": below["s"], "below": below, "lyapunov": None}
    assert check(found).proved


def test_an_axis_of_parts() -> None:
    found = good("axis")
    entry = found["claims"][0]
    for change in (
        {"levels": [], "falling": None, "pieces": [], "inflationary": []},
        {"levels": [], "falling": None, "pieces": []},
        {"pieces": [], "inflationary": []},
        {"levels": [], "pieces": []},
        {"levels": entry["levels"][1:2], "falling": None, "pieces": []},
        {"levels": [entry["levels"][1] | {"above": None}], "falling": None, "pieces": []},
    ):
        verdict = check({**found, "claims": [entry | change]})
        assert verdict.proved, verdict.statement
        assert ("deflationary" in verdict.statement) == (change.get("falling", entry["falling"]) is not None)
        assert ("inflationary" in verdict.statement) == bool(
            change.get("inflationary", entry["inflationary"])
        )
    alone = entry["pieces"][0] | {"from": entry["stable_up_to"]}
    for start in (entry["stable_up_to"], "1.5"):
        piece = alone | {"from": start, "to": "1.65", "bound": "-0.001"}
        verdict = check({**found, "claims": [entry | {"falling": None, "pieces": [piece]}]})
        assert not verdict.proved or "deflationary for 1.6 < eta <= 1.65" in verdict.statement


def test_inflationary_between_two_poles() -> None:
    rows = [["1", "0"]] * 2 + [["1/10", "0"]]
    product = {
        "kind": "features",
        "name": "line",
        "features": [[r[0]] for r in rows],
        "p": ["2/5", "2/5", "1/5"],
    }
    piece = {"from": "3", "to": "60", "samples": None}
    claim = {"kind": "product_axis", "product": 0, "coordinates": {"kind": "features"}, "stable_up_to": "2"}
    claim |= {"levels": [], "falling": None, "pieces": [], "inflationary": [piece]}
    verdict = check(document(product, claim))
    assert verdict.proved and "inflationary for 3 <= eta <= 60" in verdict.statement
    for change in ({"to": "101"}, {"from": "1.5"}, {"to": "2.9"}):
        assert not check(document(product, claim | {"inflationary": [piece | change]})).proved


def test_a_range_below_the_larger_root_is_refused() -> None:
    """V14 in dimension 1 has delta = 0, and x = 0 is a root: 2 x >= tau alone tells that it is the smaller one."""
    product = {"kind": "features", "name": "one", "features": [["1"]], "count": [1]}
    proof = {"form": "chords", "s": "2", "side": "upper", "rho": "1", "Q": [["1"]], "inverse": [["1"]]}
    proof |= {"ranges": [["0", "1"]], "chords": [["0", "1"]]}
    claim = {"kind": "product_moment", **HEAD, "proof": proof}
    assert "upper end of the range" in check(document(product, claim | {"eta": "3"})).statement
    assert check(
        document(product, claim | {"eta": "3", "proof": proof | {"rho": "4", "ranges": [["0", "4"]]}})
    ).proved
    below = proof | {"side": "lower", "ranges": [["1", "4"]]}
    assert (
        "lower end of the range" in check(document(product, claim | {"eta": "3/2", "proof": below})).statement
    )


def test_a_spike_needs_a_form_with_a_matrix() -> None:
    found = good("spike of pushes")
    entry = found["claims"][0]
    volume = {"form": "volume", "s": "9", "side": "lower", "rho": "1", "samples": None}
    flat = {"form": "quadratic", "s": "9", "side": "lower", "rho": "1", "Q": [["0", "0"], ["0", "1"]]}
    flat |= {"slopes": ["0", "0"], "offsets": ["0", "0"]}
    dead = {**PUSH, "matrices": [[["1", "0"], ["0", "9"]], [["1", "0"], ["0", "9"]]]}
    for moment in (volume, flat):
        below = entry["below"] | {"moment": moment, "ranges": []}
        statement = check(
            {**found, "products": [dead], "claims": [entry | {"above": None, "below": below}]}
        ).statement
        assert "no matrix Q > 0" in statement or "difference" in statement, statement


def test_cells_that_may_vanish_and_powers_too_large() -> None:
    """Where an image may be 0 it is bounded as a whole: its power from both sides, its logarithm from above."""
    nodes = tuple(F(k, 4) for k in range(16))
    flat = Cells(nodes, (F(1),) * 16)
    kill = (((F(1), F(1)), (F(1), F(1))),)
    one = (F(1),)
    with pytest.raises(Refused, match="is not proved"):
        Inequality(kill, one, F(1), F(1), "upper").check(flat, Work(PLENTY))
    shifted_nodes = Cells(tuple(F(k, 5) for k in range(20)), (F(1),) * 20)
    half = (((F(1), F(0)), (F(0), F(0))),)
    for s, bound, side in (
        (F(1), F(11, 10), "upper"),
        (None, F(1, 10), "upper"),
        (F(1), F(1, 10**9), "lower"),
    ):
        asked = Inequality(half, one, s, bound, side)
        if side == "upper":
            asked.check(flat, Work(PLENTY))
        else:
            with pytest.raises(Refused, match="is not proved"):
                asked.check(flat, Work(PLENTY))
    with pytest.raises(Refused, match="is not proved"):
        Inequality(half, one, None, F(-1000), "lower").check(flat, Work(PLENTY))
    for s in (F(1), None):
        with pytest.raises(Refused, match="sent to 0"):
            Inequality((((F(0), F(0)), (F(0), F(0))),), one, s, F(1), "upper").check(flat, Work(PLENTY))
    big = (((F(10) ** 30000, F(0)), (F(0), F(10) ** 30000)),)
    with pytest.raises(Refused, match="too large"):
        Inequality(big, one, F(10), F(1), "upper").check(shifted_nodes, Work(10**13))
    middle = Cells((F(0), F(2)), (F(1), F(1)))
    Inequality((((F(0), F(1)), (F(0), F(0))),), one, F(1), F(9), "upper").check(middle, Work(PLENTY))
    turned = (((F(0), F(2)), (F(1), F(0))),)  # y = (2 t, 1): its larger entry changes sign within a cell
    Inequality(turned, one, F(1), F(9), "upper").check(middle, Work(PLENTY))
    with pytest.raises(Refused, match="is not proved"):
        Inequality(turned, one, F(1), F(3, 2), "upper").check(middle, Work(PLENTY))
    for bad, reason in (
        (Cells(nodes[1:], flat.values[1:]), "increase from 0"),
        (Cells(nodes, flat.values[1:]), "a value each"),
    ):
        with pytest.raises(Refused, match=reason):
            Inequality(kill, one, F(1), F(1), "upper").check(bad, Work(PLENTY))


def test_the_budget_of_a_large_file_is_booked_before() -> None:
    """A table of many long numbers ends at once."""
    long = [[str(3**2000 + i + j) for j in range(40)] for i in range(40)]
    product = {"kind": "gram", "name": "long", "gram": long, "count": [1] * 40}
    claim = {
        "kind": "product_stable",
        **HEAD,
        "coordinates": {"kind": "residuals", "pivots": list(range(39))},
    }
    verdict = check(document(product, claim | {"proof": {"form": "eigenvalues"}}))
    assert not verdict.proved


def test_many_samples_in_many_dimensions() -> None:
    random = np.random.default_rng(4)
    rows = random.integers(-9, 10, (40, 12)).tolist()
    top = max(sum(v * v for v in row) for row in rows)
    found = made(moment_lower(MatrixWalk.from_features(rows, eta=F(2, top)), 2))
    assert check(found).proved
