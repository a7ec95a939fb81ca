"""Work is booked before it is done: files made to cost much are refused by the budget, judged in units, not seconds."""

import json
from fractions import Fraction
from typing import Any

import pytest
from kit.good_certificates import COUNTS, SINGLE, TALK, TOUCH, certificate, data_set

from catalysis.certificate.derivation import claims_of
from catalysis.derivation.network import ShallowNetwork
from catalysis.derivation.reduced import derive
from proofs_check.certificate import CLAIM_COST, Verdict, check_certificate
from proofs_check.core.budget import BUDGET, Work
from proofs_check.core.data import Step, read_data
from proofs_check.core.law import law_of
from proofs_check.core.reading import Refused
from proofs_check.core.rule import Setting
from proofs_check.derivation.reduced_map import COST, SMALL_COST
from proofs_check.linear.exact import check_exact_zero
from proofs_check.linear.tangency import Ring

Json = Any

THRESHOLDS = {"kind": "thresholds", "step": SINGLE, "lambda_crit": "200/169", "lambda_max": "400/169"}
CRITICAL = {"kind": "exponent", "step": SINGLE, "lambda": "1", "regime": "critical", "exponent": "0"}


def checked(document: Json, budget: int = BUDGET) -> tuple[list[Verdict], int]:
    """The verdicts, and the units booked."""
    work = Work(budget)
    found = check_certificate(json.dumps(document).encode(), work)
    return found, budget - work.left


def ends_with_the_budget(document: Json, budget: int) -> bool:
    return "the budget of elementary operations is used up" in checked(document, budget)[0][-1].statement


def test_reading_is_booked_by_the_length_of_the_file() -> None:
    long = certificate(TALK, THRESHOLDS) | {"producer": "p" * 200}
    assert ends_with_the_budget(long, 50)
    wide = certificate(TALK, THRESHOLDS | {"lambda_crit": ["1/3"] * 50_000})
    assert checked(wide)[1] > 8 * 50_000


def test_every_claim_is_booked_even_if_it_is_none() -> None:
    plain = {"kind": "drift"}
    (_, one), (_, many) = checked(certificate(TALK, plain)), checked(certificate(TALK, *[plain] * 1001))
    assert many - one >= 1000 * CLAIM_COST


def many_small_factors(count: int) -> Json:
    """Samples 2, 3, 5, ... with 1 - x a product of few small primes, so that n is 1 after a few divisions."""
    return data_set(*((str(1 + 2**k), 1) for k in range(1, count + 1)))


def test_a_long_base_costs_its_length_once_and_not_for_every_sample() -> None:
    """After n = 1 no element of the base is looked at: this took minutes, unbooked."""
    base = ["2"] + ["3"] * 30_000
    spent = checked(certificate(many_small_factors(300), CRITICAL | {"base": base}))[1]
    fewer = checked(certificate(many_small_factors(300), CRITICAL | {"base": ["2"]}))[1]
    assert 30_000 <= spent - fewer <= 20 * 30_000


def test_a_base_that_never_divides_is_booked_division_by_division() -> None:
    document = certificate(data_set(("2", 1), (str(1 + 10**300), 1)), CRITICAL | {"base": ["7"] * 20_000})
    (verdict,), spent = checked(document)
    assert "does not factor" in verdict.statement
    assert spent >= (8 + 1 + 2) * 20_000  # read, listed, divided
    assert ends_with_the_budget(document, spent - 20_000)


def test_a_base_of_powers_is_divided_as_often_as_it_goes() -> None:
    data = read_data(TOUCH, Work())
    case = Setting(data, Work()).case_only({"step": SINGLE})
    for base in ([2], [2, 2], [4, 2], [3, 2]):
        if base[0] == 4:
            with pytest.raises(Refused, match="do not cancel"):
                check_exact_zero(case, Fraction(3, 4), base, "lambda")
        else:
            check_exact_zero(case, Fraction(3, 4), base, "lambda")


def long_denominators(count: int) -> Json:
    """Samples below 1 with coprime denominators of 800 bits: a common one of 800 bits a sample."""
    step = 10**241
    return data_set(*((f"{step}/{step + 2 * i + 1}", 1) for i in range(count, 0, -1)))


def test_a_law_is_worked_out_once_for_all_claims_and_learning_rates() -> None:
    data = read_data(long_denominators(30), Work())
    setting, spent = Setting(data, Work()), []
    for rate in (None, None, Fraction(1, 3), Fraction(1, 3)):
        before = setting.work.left
        setting.case_only({"step": SINGLE}, rate)
        spent.append(before - setting.work.left)
    assert spent[0] > 10 * spent[1] and spent[2] > 10 * spent[3]


def test_laws_of_long_fractions_are_booked_before_they_are_worked_out() -> None:
    data = read_data(long_denominators(30), Work())
    with pytest.raises(Refused, match="budget"):
        law_of(data, Step("single"), Work(30 * (data.scale.bit_length() ** 2 >> 20)))


def test_reading_long_denominators_is_booked() -> None:
    with pytest.raises(Refused, match="budget"):
        read_data(long_denominators(60), Work(1000))


def test_many_claims_about_a_law_of_long_fractions_end() -> None:
    document = certificate(long_denominators(60), *[THRESHOLDS] * 3000)
    assert ends_with_the_budget(document, BUDGET)


def test_the_fingerprint_of_the_data_is_booked() -> None:
    setting = Setting(read_data(long_denominators(30), Work()), Work(50_000))
    with pytest.raises(Refused, match="budget"):
        assert setting.data_words


def test_reduced_maps_are_booked_before_they_are_derived() -> None:
    for network, cost in ((ShallowNetwork(), SMALL_COST), (ShallowNetwork(inputs=2), COST)):
        (claim,) = claims_of(derive(network, "single"))
        document = certificate(None, *[json.loads(json.dumps(claim))] * 3)
        spent = checked(document)[1]
        assert spent >= 3 * cost
        first, second, third = checked(document, spent - cost - cost // 2)[0]
        assert first.proved and not second.proved and not third.proved
        assert "budget" in second.statement


@pytest.mark.parametrize("replacement", [True, False])
def test_minibatches_are_booked_before_they_are_worked_out(replacement: bool) -> None:
    for size, samples in ((2, 60), (40, 3)):
        data = read_data(data_set(*((str(i * i), 50) for i in range(1, samples + 1))), Work())
        with pytest.raises(Refused, match="budget"):
            law_of(data, Step("minibatch", size, replacement), Work(2000))


def test_minibatches_on_a_lattice_are_booked() -> None:
    data = read_data(data_set(*((str(i), 20) for i in range(1, 40))), Work())
    for replacement in (True, False):
        with pytest.raises(Refused, match="budget"):
            law_of(data, Step("minibatch", 30, replacement), Work(5000))


def test_long_exponents_are_booked() -> None:
    claim = {"kind": "exponent", "step": SINGLE, "lambda": "3/2", "regime": "deflationary"}
    claim |= {"exponent": {"lower": "9" * 3990, "upper": "9" * 3991}}
    assert ends_with_the_budget(certificate(TALK, *[claim] * 20), 100_000)


def test_long_coefficients_times_short_ones_are_booked_by_their_length() -> None:
    """Tangencies of thousands of rates took twice the time that was promised."""
    work = Work()
    Ring((1, 1), work).times_linear([1 << 400_000, 1], 3, -1)
    assert BUDGET - work.left > 100


def test_what_an_honest_certificate_takes_is_a_small_part_of_the_budget() -> None:
    drift = {"kind": "drift", "step": SINGLE, "lambda": "3/2", "lower": "-1", "upper": "0"}
    batches = THRESHOLDS | {"step": {"kind": "minibatch", "size": 2, "replacement": True}}
    batches |= {"lambda_crit": "0.5", "lambda_max": "1"}
    for document in (certificate(TALK, THRESHOLDS, drift), certificate(COUNTS, batches)):
        found, spent = checked(document)
        assert all(verdict.proved for verdict in found)
        assert spent < BUDGET // 1000
