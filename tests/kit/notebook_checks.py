"""What has to hold after each notebook has run: code for its kernel, so that no reader meets an assertion."""

CHECKS = {
    "01": """eta, n = sympy.symbols("eta n", positive=True)
mu, lam, x, kappa, L = (letter(name) for name in ("mu", "lambda", "x", "kappa", "L"))
same = lambda first, second: sympy.expand(first - second) == 0
assert same(reduced.update["mu"], (1 - eta * lam * x + eta**2 * x**2 * mu**2 / n) * mu)
assert same(reduced.update["lambda"], lam + mu**2 * eta / n * (eta * lam * x**2 - 4 * x))
assert same(reduced.linearised["mu"], (1 - eta * lam * x) * mu) and reduced.linearised["lambda"] == lam
assert block.hidden in moved[0, 0].free_symbols
assert block.hidden not in sympy.expand(moved.trace()).free_symbols | moved[0, 1].free_symbols
assert all(derive(ShallowNetwork(), batch).update == reduced.update for batch in BATCHES)
assert same(reduced.canonical["kappa"], (1 - x * L + x**2 * kappa**2) * kappa)
assert same(reduced.canonical["L"], L - kappa**2 * x * (4 - x * L))
assert reduced.canonical.width_free and not labelled.canonical.width_free
assert reduced.thresholds == {"lambda_crit": 2 / (eta * x), "lambda_max": 4 / (eta * x)}
assert leaky.thresholds["nu_crit"] == plane.thresholds["nu_crit"] == 2 / eta
assert leaky.thresholds["nu_max"] == plane.thresholds["nu_max"] == 4 / eta
assert checked(statement).proved and not refused.proved
assert all(checked(claim(one)).proved for one in (labelled, relu, leaky, plane))
assert crit < neurons[0, 1] < largest and np.allclose(states, neurons, rtol=1e-8, atol=1e-8)
assert np.max(np.abs(neurons[:, 0])) > 10 * abs(neurons[0, 0])
assert neurons[-1, 1] < crit and neurons[-1, 0] ** 2 < 1e-6 * np.max(neurons[:, 0] ** 2)
""",
    "02": """from fractions import Fraction
assert sign_regions(talk).complete and [z.exact for z in sign_regions(talk).zeros] == [Fraction(269, 169)]
assert len(sign_regions(example("talk-2.toml")).zeros) == 1 and len(regions.zeros) == 3 and regions.complete
assert sign_on_interval(walk, "0.72", "0.99").sign == 1 and sign_on_interval(walk, "0.999", "1.001").sign == -1
assert double.exact == Fraction(3, 4) and touch.complete
assert rare.complete and nearest.log_distance().upper < -1500
assert theta.enclosure.width < Fraction(1, 10**39) and not band.wide
assert sign_on_interval(talk, "1.5", "1.5").sign == -1 and sign_on_interval(full, "1.5", "1.5").sign == 1
assert sign_on_interval(idle, 3, 3).sign == 1 and sign_on_interval(LinearWalk(idle, Step.full_batch()), 3, 3).sign == -1
assert all(verdict.proved for verdict in check_certificate(json.dumps(document).encode()))
assert not check_certificate(json.dumps(forged).encode())[1].proved
""",
    "03": """assert found.verdict.value == "proved" and found.method == "counts"
assert Fraction("4.9398181804e-11") < found.enclosure.lower <= found.enclosure.upper < Fraction("4.9398181818e-11")
assert Fraction("1.69945229385") < found.exponent.enclosure.lower < Fraction("1.69945229386")
assert verdict.proved and not refused.proved and worst < 5
assert hitting_probability(talk, 1, 10).enclosure.upper == 0
assert hitting_probability(touching, "3/4", 10**100).enclosure.lower == 1
assert Fraction(9, 10) ** 4 in hitting_probability(three, 1, 10).enclosure
assert Fraction(1, 16) in hitting_probability(ruin, "1/2", 16, digits=9).enclosure
assert spike_constant(hitting_probability(ruin, "1/2", 20)).lattice.span() == 2
assert spike_constant(hitting_probability(talk, "1.42", 20)).lattice is None
assert law.probability.verdict.value == "proved" and 0.7 < float(law.constant.lower) < float(law.constant.upper) < 0.85
walks = (LinearWalk(talk.dataset, step) for step in (Step(), Step.minibatch(2)))
single, pairs = (hitting_probability(walk, "1.42", 1000).enclosure for walk in walks)
assert pairs.upper < single.lower / 10
""",
    "04": """assert catapult.phase.value == "catapult" and catapult.final_L.upper < 2 < 17 < catapult.peak_loss.lower
widest = phase(1, Fraction(1, 10**7), "5/2")
assert widest.phase.value == "catapult" and widest.final_L.upper < 2
over, under = phase(1, "1/3", 4 + hair), phase(1, "1/3", 4 - hair)
assert over.phase.value == "divergent" and over.exact_hit is False and under.phase.value != "divergent"
assert calm.phase.value == "lazy" and frozen.exact_hit == 1
assert len(statements) == len(found.proved) and areas[0] > 3 * areas[1] > 9 * areas[2]
assert len(checked([claim(zone)], walk.dataset)) == 1
assert inside.starts_inflationary and len(inside.zone) == 1
assert landed.size > 400 and landed.max() < float(high) + 1e-3
""",
    "05": """from catalysis import sign_regions
assert limits.lambda_crit < full_limits.lambda_crit < start < limits.lambda_max < full_limits.lambda_max
assert log_drift(sgd, "1.62").enclosure.lower > 0
assert linear.max() > 3 and (linear.max(axis=0) > 2).all()
assert (np.diff(descent.L, axis=0) <= 0).all() and (np.diff(stochastic.L, axis=0) <= 0).all()
assert descent.L[-1, 0] < full_limits.lambda_crit and descent.log_kappa[-1, 0] < unit - 20
assert spikes.max() >= 3 and (spikes >= 2).mean() > 0.05 and (spikes == 0).mean() < 0.05
for K, run in zip(levels, found, strict=True):
    estimate = run.estimate
    assert (K * largest) ** -high * (1 - 5 * estimate.relative_error) <= estimate.value
    assert estimate.value <= K**-low * (1 + 5 * estimate.relative_error)
assert found[-1].estimate.value < 1e-11 and found[-1].estimate.relative_error < 0.01
assert reduced.tilt is not None and reduced.estimate.relative_error < 0.02
assert reduced.estimate.value <= (0.1 * 10**6) ** -low * (1 + 5 * reduced.estimate.relative_error)
assert plain.estimate.value is None
assert not table.disagreements and sum(line.agree is True for line in table.lines) > 20
assert len(sign_regions(LinearWalk(three)).inside) == 3
""",
    "06": """assert data.total_count == 100 and regions.complete
assert verdicts and all(verdict.proved for verdict in verdicts)
""",
    "07": """from catalysis import Regime
assert axis.stable_up_to == Fraction(1, 2) and answer.regime is Regime.DEFLATIONARY
assert low - 0.003 < measured.lambda1.value < high + 0.003
assert max(sizes) > 30 and curvatures[-1] < 0.8 * curvatures[0] and ends.after.value < 0.7 * ends.before.value
assert found.regime is Regime.INFLATIONARY and found.lambda1[0] >= Fraction(12, 1000)
assert abs(theta.number.midpoint - 2) < Fraction(1, 10**9)
""",
    "08": """assert limits.stable_up_to == 0 and limits.mean_square == Fraction(200, 27) and limits.unique
assert answer.verdict.value == "proved" and 2 in law_answer("normal(0, 3/10)", Fraction(200, 27)).number
assert tail.stationary and tail.power_law and heavier.number.upper == Fraction(1, 2) and gone.stationary is False
assert found.drift.lower > 0 and window.mean_square == Fraction(1, 51) and verdict.proved
""",
    "09": """assert answer.word == "deflationary" and answer.probability.upper < 1
assert torch is None or line.agree
""",
}
