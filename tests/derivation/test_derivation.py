"""The derivation: what it finds is what the theory says, and what every neuron does, exactly."""

import json
import subprocess
import sys
from fractions import Fraction
from functools import cache

import flint
import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kit import exact_neurons

from catalysis.certificate.derivation import claims_of
from catalysis.certificate.document import NotCertifiable, claim
from catalysis.derivation import (
    BATCHES,
    FORMS,
    DerivationError,
    ReducedMap,
    ShallowNetwork,
    derive,
    letter,
)
from catalysis.derivation.closing import close
from catalysis.report.derivation import derivation_steps

# ------------------------------------------------------------------ expected results, by the talk and the theory

eta, n = sympy.symbols("eta n", positive=True)
mu, lam, x, z, kappa, L, zeta, alpha, beta = sympy.symbols("mu lambda x z kappa L zeta alpha beta", real=True)
ends = ("plus", "minus")


def same(first: sympy.Expr, second: sympy.Expr) -> bool:
    return bool(sympy.expand(first - second) == 0)


def ended(expression: sympy.Expr, side: str) -> sympy.Expr:
    """The expression with the letters of one sign class."""
    return expression.xreplace({s: letter(s.name, side) for s in expression.free_symbols - {eta, n}})


TALK_MU = (1 - eta * lam * x + eta**2 * x**2 * mu**2 / n) * mu
TALK_LAMBDA = lam + mu**2 * eta / n * (eta * lam * x**2 - 4 * x)


@pytest.mark.parametrize("batch", BATCHES)
def test_the_map_of_the_talk(batch: str) -> None:
    reduced = derive(ShallowNetwork(), batch)
    assert list(reduced.state) == list(reduced.update) == ["mu", "lambda"]
    assert same(reduced.update["mu"], TALK_MU)
    assert same(reduced.update["lambda"], TALK_LAMBDA)
    assert reduced.validity == {"all": sympy.true}


def test_the_talk_writes_the_update_as_a_product_and_a_step() -> None:
    update = derive(ShallowNetwork()).update
    assert str(update["mu"]) == "mu*(eta**2*mu**2*x**2/n - eta*lambda*x + 1)"
    assert str(update["lambda"]) == "eta*mu**2*x*(eta*lambda*x - 4)/n + lambda"


def test_state_and_data_are_the_sums_of_the_talk() -> None:
    assert {k: str(v) for k, v in derive(ShallowNetwork()).state.items()} == {
        "mu": "Sum(a[r]*w[r], (r, 1, n))/sqrt(n)",
        "lambda": "Sum(a[r]**2, (r, 1, n))/n + Sum(w[r]**2, (r, 1, n))/n",
    }
    data = {b: str(derive(ShallowNetwork(labels=True), b).data) for b in BATCHES}
    assert data == {
        "single": "{'x': s**2, 'z': s*y}",
        "mini": "{'x': Sum(s[j]**2, (j, 1, b))/b, 'z': Sum(s[j]*y[j], (j, 1, b))/b}",
        "full": "{'x': Sum(p[i]*s[i]**2, (i, 1, m)), 'z': Sum(p[i]*s[i]*y[i], (i, 1, m))}",
    }


def test_the_canonical_form_has_neither_learning_rate_nor_width() -> None:
    canonical = derive(ShallowNetwork()).canonical
    assert canonical.variables == {"kappa": eta * mu / sympy.sqrt(n), "L": eta * lam}
    assert same(canonical["kappa"], (1 - x * L + x**2 * kappa**2) * kappa)
    assert same(canonical["L"], L - kappa**2 * x * (4 - x * L))
    assert canonical.width_free


def test_alpha_and_beta_are_multiplied_by_squares() -> None:
    diagonal = derive(ShallowNetwork()).diagonal
    assert diagonal is not None
    assert same(diagonal.variables["alpha"], (L + 2 * kappa) / 2)
    assert same(diagonal.variables["beta"], (L - 2 * kappa) / 2)
    half = (alpha - beta) / 2
    assert same(diagonal["alpha"], alpha * (1 - x * half) ** 2)
    assert same(diagonal["beta"], beta * (1 + x * half) ** 2)


def test_the_limit_of_infinite_width_is_the_multiplicative_walk() -> None:
    single, full = derive(ShallowNetwork()), derive(ShallowNetwork(), "full")
    assert same(single.linearised["mu"], (1 - eta * lam * x) * mu)
    assert single.linearised["lambda"] == lam
    assert same(single.linearised.factor[0, 0], 1 - eta * lam * x)
    assert str(single.drift["G"]) == "Sum(log(Abs(eta*lambda*x[i] - 1))*p[i], (i, 1, m))"
    assert str(full.drift["G_FB"]) == "log(Abs(eta*lambda*x - 1))"


def test_the_thresholds_of_the_talk() -> None:
    found = derive(ShallowNetwork()).thresholds
    assert found == {"lambda_crit": 2 / (eta * x), "lambda_max": 4 / (eta * x)}


def test_labels_enter_through_the_mean_of_s_y() -> None:
    reduced = derive(ShallowNetwork(labels=True))
    residual = mu * x - z
    assert same(reduced.update["mu"], mu - eta * lam * residual + eta**2 * residual**2 * mu / n)
    assert same(reduced.update["lambda"], lam + eta**2 * residual**2 * lam / n - 4 * eta * residual * mu / n)
    assert same(reduced.linearised["mu"], (1 - eta * lam * x) * mu + eta * lam * z)
    assert reduced.thresholds["lambda_crit"] == 2 / (eta * x)
    assert same(1 / reduced.thresholds["lambda_max"], eta * residual / (4 * mu))


def test_labels_bring_the_width_back() -> None:
    canonical = derive(ShallowNetwork(labels=True)).canonical
    assert not canonical.width_free
    assert canonical.labels == {"zeta": eta * z / sympy.sqrt(n)}
    drive = x * kappa - zeta
    assert same(canonical["kappa"], kappa - drive * L + drive**2 * kappa)
    assert same(canonical["L"], L + drive**2 * L - 4 * drive * kappa)


def test_relu_decouples_into_two_linear_maps() -> None:
    reduced = derive(ShallowNetwork("relu"))
    for side in ends:
        assert same(reduced.update[f"mu_{side}"], ended(TALK_MU, side))
        assert same(reduced.update[f"lambda_{side}"], ended(TALK_LAMBDA, side))
        assert reduced.thresholds[f"lambda_crit_{side}"] == 2 / (eta * letter("x", side))
        assert reduced.thresholds[f"lambda_max_{side}"] == 4 / (eta * letter("x", side))


def test_a_sample_of_the_other_sign_is_an_idle_step_for_relu() -> None:
    update = derive(ShallowNetwork("relu", labels=True)).update
    idle = {letter("x", "plus"): 0, letter("z", "plus"): 0}
    assert update["mu_plus"].subs(idle) == letter("mu", "plus")
    assert update["lambda_plus"].subs(idle) == letter("lambda", "plus")


def test_leaky_relu_moves_both_classes() -> None:
    reduced = derive(ShallowNetwork("leaky-relu"))
    c = letter("slope")
    mup, mum, xp, xm = (letter(k, side) for k in ("mu", "x") for side in ends)
    expected = {
        "g_plus": xp * (mup + c * mum) + c * xm * (c * mup + mum),
        "g_minus": c * xp * (mup + c * mum) + xm * (c * mup + mum),
    }
    for g, value in reduced.closing.drives.items():
        assert same(value, eta / sympy.sqrt(n) * expected[g.name])
    assert reduced.drift == {}
    # with s > 0 the tangent kernel at s is s^2 (lambda_plus + c^2 lambda_minus)
    kernel = reduced.thresholds["nu"].subs(xm, 0)
    assert same(kernel, xp * (letter("lambda", "plus") + c**2 * letter("lambda", "minus")))


def test_the_linear_activation_is_the_leaky_one_of_slope_one() -> None:
    """The classes are then moved by the same matrix, so their sums add up to the linear map."""
    update = derive(ShallowNetwork("leaky-relu", slope=1, labels=True)).update
    linear = derive(ShallowNetwork(labels=True)).update
    whole = {s: letter(s.name, "plus") + letter(s.name, "minus") for s in (mu, lam, x, z)}
    for name in ("mu", "lambda"):
        assert same(update[f"{name}_plus"] + update[f"{name}_minus"], linear[name].xreplace(whole))


@pytest.mark.parametrize("labels", [False, True])
def test_relu_is_the_leaky_one_of_slope_zero(labels: bool) -> None:
    relu = derive(ShallowNetwork("relu", labels=labels))
    leaky = derive(ShallowNetwork("leaky-relu", slope="0", labels=labels))
    assert all(same(relu.update[name], leaky.update[name]) for name in relu.update)


@pytest.mark.slow
def test_the_thresholds_of_coupled_maps_are_those_of_the_tangent_kernel() -> None:
    for network in (ShallowNetwork("leaky-relu"), ShallowNetwork(inputs=2), ShallowNetwork(inputs=3)):
        found = derive(network, "full").thresholds
        assert found == {"nu_crit": 2 / eta, "nu_max": 4 / eta}
    q, c11, c12, c22, x11, x12, x22 = (
        letter(k) for k in ("q", "C_11", "C_12", "C_22", "x_11", "x_12", "x_22")
    )
    kernel = derive(ShallowNetwork(inputs=2)).thresholds["nu"]
    assert same(kernel, q * (x11 + x22) + c11 * x11 + 2 * c12 * x12 + c22 * x22)


def test_two_inputs_of_which_one_is_zero_are_one_input() -> None:
    update = derive(ShallowNetwork(inputs=2, labels=True)).update
    line = {letter(k): 0 for k in ("mu_2", "C_12", "C_22", "x_12", "x_22", "z_2")}
    line |= {letter("mu_1"): mu, letter("x_11"): x, letter("z_1"): z, letter("q"): lam - letter("C_11")}
    one = derive(ShallowNetwork(labels=True)).update
    assert same(update["mu_1"].xreplace(line), one["mu"])
    assert same((update["q"] + update["C_11"]).xreplace(line), one["lambda"])


CASES = [
    *[ShallowNetwork(labels=labels, inputs=d) for d in (1, 2, 3) for labels in (False, True)],
    *[ShallowNetwork("relu", labels=labels) for labels in (False, True)],
    *[
        ShallowNetwork("leaky-relu", labels=labels, slope=c)
        for c in (None, "1/10")
        for labels in (False, True)
    ],
    *[ShallowNetwork(half_loss=False, labels=True, inputs=d) for d in (1, 2)],
    *[ShallowNetwork(a, half_loss=False, labels=True) for a in ("relu", "leaky-relu")],
]


def named(network: ShallowNetwork) -> str:
    flags = [w for w, on in (("labels", network.labels), ("no-half", not network.half_loss)) if on]
    return "-".join([network.activation, str(network.inputs), str(network.slope), *flags])


@pytest.mark.parametrize("activation", ["linear", "relu", "leaky-relu"])
def test_without_the_half_the_learning_rate_is_doubled(activation: str) -> None:
    half = derive(ShallowNetwork(activation, labels=True))
    whole = derive(ShallowNetwork(activation, labels=True, half_loss=False))
    for name, value in half.update.items():
        assert same(value.xreplace({eta: 2 * eta}), whole.update[name])
    for name, value in half.thresholds.items():
        if name != "nu":
            assert same(1 / value.xreplace({eta: 2 * eta}), 1 / whole.thresholds[name])


@pytest.mark.parametrize("half_loss", [True, False])
def test_the_tangent_kernel_does_not_know_the_loss(half_loss: bool) -> None:
    found = derive(ShallowNetwork("leaky-relu", slope="1/2", half_loss=half_loss)).thresholds
    plus, minus, xp, xm = (letter(k, side) for k in ("lambda", "x") for side in ends)
    assert same(found["nu"], xp * (plus + minus / 4) + xm * (plus / 4 + minus))


def sparse(cases: list[ShallowNetwork]) -> list[object]:
    """Every fourth case at once, the others with the slow tests."""
    return [
        case if i % 4 == 0 else pytest.param(case, marks=pytest.mark.slow) for i, case in enumerate(cases)
    ]


@pytest.mark.parametrize("network", sparse(CASES), ids=named)
def test_all_batches_share_one_polynomial(network: ShallowNetwork) -> None:
    single, *others = [map_of(network), *(derive(network, batch) for batch in BATCHES[1:])]
    assert single.batch == BATCHES[0]
    for other in others:
        assert other.update == single.update and other.data != single.data


@pytest.mark.parametrize("network", sparse(CASES), ids=named)
def test_every_form_is_the_update_in_other_letters(network: ShallowNetwork) -> None:
    reduced = map_of(network)
    canonical, diagonal = reduced.canonical, reduced.diagonal
    new = {letter(k): v for k, v in (canonical.variables | canonical.labels).items()}
    old = {letter(k): v for k, v in reduced.update.items()}
    for name, value in canonical.update.items():
        assert same(value.xreplace(new), canonical.variables[name].xreplace(old))
        assert not {eta, n} & value.free_symbols
    assert canonical.width_free is not network.labels
    e = sympy.Symbol("e", positive=True)
    limit = {k: sympy.expand(v.subs(n, e**-2)).subs(e, 0) for k, v in old.items()}
    for symbol, value in limit.items():
        assert same(value, reduced.linearised[symbol.name])
    if diagonal is None:
        assert network.inputs > 1
        return
    definitions = {letter(k): v for k, v in diagonal.variables.items()}
    moved = {letter(k): v for k, v in canonical.update.items()}
    for name, value in diagonal.update.items():
        assert same(value.xreplace(definitions), diagonal.variables[name].xreplace(moved))


# ------------------------------------------------------------------ every neuron, exactly

fractions = st.fractions(-2, 2, max_denominator=6)
nonzero = fractions.filter(bool)
vectors = {d: st.tuples(*[fractions] * d) for d in (1, 2, 3)}
nonzero_vectors = {d: st.tuples(*[nonzero] * d) for d in (1, 2, 3)}
rates = st.fractions(0, 2, max_denominator=8)
slopes = st.fractions(-1, 1, max_denominator=5)


@st.composite
def exact_runs(draw: st.DrawFn, network: ShallowNetwork) -> tuple[list, list, Fraction, Fraction]:
    """Neurons, samples with weights, a learning rate and a slope."""
    d, width, count = network.inputs, draw(st.integers(1, 5)), draw(st.integers(1, 3))
    vector = (nonzero_vectors if network.piecewise else vectors)[d]
    neurons = draw(st.lists(st.tuples(fractions, vector), min_size=width, max_size=width))
    masses = draw(st.lists(st.integers(1, 4), min_size=count, max_size=count))
    label = fractions if network.labels else st.just(Fraction(0))
    samples = [exact_neurons.Sample(draw(vectors[d]), draw(label), Fraction(k, sum(masses))) for k in masses]
    exact = network.exact_slope
    slope = draw(slopes) if exact is None else exact
    return neurons, samples, draw(rates), slope


def rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


@cache
def map_of(network: ShallowNetwork) -> ReducedMap:
    return derive(network)


@pytest.mark.parametrize("network", sparse(CASES), ids=named)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_the_update_is_what_every_neuron_does(network: ShallowNetwork, data: st.DataObject) -> None:
    """Exact equality, for widths that are squares and widths that are not."""
    neurons, samples, rate, slope = data.draw(exact_runs(network))
    moved = exact_neurons.step(neurons, samples, rate, slope, network.half_loss)
    if network.piecewise:
        assume(not exact_neurons.flips(neurons, moved))
    root = sympy.sqrt(len(neurons))
    before = exact_neurons.state(neurons, network.piecewise)
    data_moments = exact_neurons.moments(samples, network.piecewise, network.labels)

    def scale(name: str) -> sympy.Expr:
        return root if name[:2] == "mu" or name[0] == "z" else sympy.Integer(1)

    at = {letter(k): scale(k) * rational(v) for k, v in (before | data_moments).items()}
    at |= {eta: rational(rate), n: sympy.Integer(len(neurons)), letter("slope"): rational(slope)}
    reduced = map_of(network)
    after = exact_neurons.state(moved, network.piecewise)
    assert set(after) == set(reduced.update)
    for name, value in reduced.update.items():
        assert sympy.expand(value.xreplace(at)) == scale(name) * rational(after[name])


@pytest.mark.parametrize("network", sparse([c for c in CASES if c.piecewise]), ids=named)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_under_the_validity_condition_no_neuron_flips(network: ShallowNetwork, data: st.DataObject) -> None:
    neurons, samples, rate, slope = data.draw(exact_runs(network))
    moved = exact_neurons.step(neurons, samples, rate, slope, network.half_loss)
    sums = exact_neurons.state(neurons, True) | exact_neurons.moments(samples, True, network.labels)
    # validity in multiples of sqrt(n): with mu and z over sqrt(n), and n = 1
    at = {letter(k): rational(v) for k, v in sums.items()}
    at |= {eta: rational(rate), n: sympy.Integer(1), letter("slope"): rational(slope)}
    for (a, (w,)), (_, (after,)) in zip(neurons, moved, strict=True):
        side = "plus" if w > 0 else "minus"
        weight = sympy.Symbol(f"w_{side}", **{"positive" if w > 0 else "negative": True})
        own = at | {letter("a", side): rational(a), weight: rational(w)}
        if map_of(network).validity[side].subs(own) == sympy.true:
            assert w * after > 0


@pytest.mark.parametrize("network", sparse(CASES), ids=named)
@pytest.mark.parametrize("form", FORMS)
def test_compiled_steps_agree_with_the_expressions(network: ShallowNetwork, form: str) -> None:
    """Numpy to rounding, and Arb as an enclosure, of the value that sympy gives exactly."""
    reduced = map_of(network)
    if form == "diagonal" and reduced.diagonal is None:
        with pytest.raises(DerivationError, match=r"known: update, linearised, canonical$"):
            reduced.to_numpy(form)
        return
    compiled, balls = reduced.to_numpy(form), reduced.to_arb(form)
    assert compiled.arguments == balls.arguments and compiled.results == balls.results
    values = [Fraction(3 + 2 * k, 7 + k) for k in range(len(compiled.arguments))]
    expressions = {"update": reduced, "linearised": reduced.linearised, "canonical": reduced.canonical}
    update = expressions.get(form, reduced.diagonal).update
    at = dict(zip(compiled.arguments, values, strict=True))
    floats, enclosed = compiled(*map(float, values)), balls(*values)
    for name, number, ball in zip(compiled.results, floats, enclosed, strict=True):
        exact = update[name].subs({s: rational(at[s.name]) for s in update[name].free_symbols})
        assert float(exact) == pytest.approx(number, rel=1e-12)
        difference = ball - flint.arb(str(sympy.N(exact, 40)))
        assert abs(difference) < flint.arb("1e-11") * (1 + abs(ball))


def test_compiled_steps_broadcast() -> None:
    step = derive(ShallowNetwork()).to_numpy()
    assert step.arguments == ("mu", "lambda", "x", "eta", "n")
    moved, curvature = step(np.array([[0.5], [1.0]]), 2.0, np.array([0.1, 0.2, 0.3]), 0.5, 16)
    assert moved.shape == curvature.shape == (2, 3)
    assert moved[1, 2] == step(1.0, 2.0, 0.3, 0.5, 16)[0]


def test_a_ball_holds_every_point_of_its_arguments() -> None:
    step = derive(ShallowNetwork()).to_arb()
    wide = step(flint.arb(0.5, 0.25), flint.arb(2, 0.125), 1, Fraction(1, 2), 9)
    for m in (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)):
        for c in (Fraction(15, 8), Fraction(17, 8)):
            for ball, point in zip(wide, step(m, c, 1, Fraction(1, 2), 9), strict=True):
                assert ball.overlaps(point)


def test_compiled_steps_refuse_what_they_cannot_take() -> None:
    reduced = derive(ShallowNetwork())
    with pytest.raises(TypeError, match="mu, lambda, x, eta, n"):
        reduced.to_numpy()(1.0, 2.0)
    with pytest.raises(TypeError, match="float"):
        reduced.to_arb()(0.1, 1, 1, 1, 1)
    with pytest.raises(DerivationError, match=r"known: update, linearised, canonical, diagonal$"):
        reduced.to_numpy("other")


@pytest.mark.parametrize("d", [1, 3, 12])
@pytest.mark.parametrize("labels", [False, True])
def test_the_gram_step_is_what_the_gram_matrix_does(d: int, labels: bool) -> None:
    """For any d: in floats, against exact neurons."""
    network = ShallowNetwork(inputs=d, labels=labels)
    step = derive(network).to_numpy_gram()
    grid = [Fraction(k * k % 11 - 5, 7) for k in range(1, 5 * (d + 1) + 1)]
    neurons = [(grid[k], tuple(grid[k + 1 : k + d + 1])) for k in range(4)]
    sample = exact_neurons.Sample(tuple(grid[6 : 6 + d]), Fraction(1, 3) * labels, Fraction(1))
    moved = exact_neurons.step(neurons, [sample], Fraction(1, 5), Fraction(1), True)

    def gram(group: list) -> np.ndarray:
        v = np.array([[float(a), *map(float, w)] for a, w in group])
        return v.T @ v / len(group)

    s = np.array([float(c) for c in sample.s])
    y = float(sample.v) * 2  # the width is 4
    z = {"z": s * y} if labels else {}
    after = step(gram(neurons), np.outer(s, s), 0.2, 4, **z)
    assert np.allclose(after, gram(moved), rtol=1e-13, atol=1e-13)
    with pytest.raises(ValueError, match="labels"):
        step(gram(neurons), np.outer(s, s), 0.2, 4, **({} if labels else {"z": s}))


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"activation": "tanh"}, "known: linear, relu, leaky-relu"),
        ({"inputs": 0}, "integer >= 1"),
        ({"inputs": True}, "integer >= 1"),
        ({"inputs": 1.5}, "integer >= 1"),
        ({"labels": 1}, "true or false"),
        ({"activation": "relu", "inputs": 2}, "known: linear with any number"),
        ({"activation": "leaky-relu", "inputs": 3}, "known: linear with any number"),
        ({"slope": "1/10"}, "belongs to leaky-relu"),
        ({"activation": "relu", "slope": 0}, "belongs to leaky-relu"),
        ({"activation": "leaky-relu", "slope": float("nan")}, "exact number"),
        ({"activation": "leaky-relu", "slope": "1/0"}, "exact number"),
        ({"activation": "leaky-relu", "slope": "__import__('os')"}, "exact number"),
        ({"activation": "leaky-relu", "slope": "1e999999999"}, "exact number"),
        ({"activation": "leaky-relu", "slope": "-3/2"}, r"\[-1, 1\]"),
    ],
)
def test_contradictory_networks_are_refused_in_one_line(arguments: dict, words: str) -> None:
    with pytest.raises(DerivationError, match=words) as caught:
        ShallowNetwork(**arguments)
    assert isinstance(caught.value, ValueError) and "\n" not in str(caught.value)


def test_unknown_batches_are_refused() -> None:
    with pytest.raises(DerivationError, match="known: single, mini, full"):
        derive(ShallowNetwork(), "epoch")


class _Squared(ShallowNetwork):
    def phi(self, u: sympy.Expr) -> sympy.Expr:
        return u**2


class _Shifted(ShallowNetwork):
    def phi(self, u: sympy.Expr) -> sympy.Expr:
        return u + 1


@pytest.mark.parametrize("network", [_Squared(), _Shifted()])
def test_an_activation_that_does_not_close_is_found_out(network: ShallowNetwork) -> None:
    with pytest.raises(DerivationError, match=r"not quadratic|not linear"):
        close(network)


# ------------------------------------------------------------------ print, JSON, start-up


@pytest.mark.parametrize("network", sparse(CASES), ids=named)
@pytest.mark.parametrize("latex", [False, True])
def test_json_has_the_stable_fields_as_strings(network: ShallowNetwork, latex: bool) -> None:
    document = map_of(network).fields(latex)
    assert json.loads(json.dumps(document)) == document
    for field in ("state", "update", "canonical", "linearised", "thresholds", "validity"):
        assert document[field] and all(isinstance(v, str) and v for v in document[field].values())
    assert document["verdict"] == "proved" and len(claims_of(map_of(network))) == 1
    if latex:
        assert "\\" in document["update"][next(iter(document["update"]))]
        assert "plus" not in json.dumps([document["update"][k] for k in document["update"]])


@pytest.mark.parametrize("network", sparse(CASES), ids=named)
def test_the_steps_run_from_the_network_to_the_thresholds(network: ShallowNetwork) -> None:
    story = [(step.heading, step.text, step.latex) for step in derivation_steps(map_of(network))]
    headings = [heading for heading, _, _ in story]
    assert headings[0] == "The network and its loss" and headings[-1] == "The thresholds"
    assert all(text.endswith(".") and latex.count("{") == latex.count("}") for _, text, latex in story)
    assert map_of(network).to_latex() in dict((h, latex) for h, _, latex in story)["The reduced map"]


def test_the_latex_of_the_talk() -> None:
    text = derive(ShallowNetwork()).to_latex()
    assert r"\mu' &= \mu \left(\frac{\eta^{2} \mu^{2} x^{2}}{n} - \eta \lambda x + 1\right)" in text
    relu = derive(ShallowNetwork("relu"), "full")
    assert r"\mu_{+}' &= " in relu.to_latex()
    last = derivation_steps(relu)[-1].latex
    assert r"\lambda_{\mathrm{crit},+} &= \frac{2}{\eta x_{+}}" in last


@pytest.mark.slow
def test_many_inputs_are_compiled_but_not_written_out() -> None:
    reduced = derive(ShallowNetwork(inputs=11))
    assert claims_of(reduced) == [] and str(reduced) == repr(reduced)
    with pytest.raises(NotCertifiable, match="3 inputs"):
        claim(reduced)
    for write in (reduced.to_json, lambda: derivation_steps(reduced)):
        with pytest.raises(DerivationError, match="at most 10 inputs, not 11"):
            write()


def test_sympy_waits_until_something_is_derived() -> None:
    code = (
        "import sys, catalysis, catalysis.simulation.network_step; assert 'sympy' not in sys.modules; "
        "catalysis.derive; assert 'sympy' in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
