"""Numbers far beyond the range of doubles: an answer or one line, never a failure of the search."""

from fractions import Fraction

import pytest

from catalysis import InputError, LinearWalk
from catalysis.products.answer import product_answer
from catalysis.products.axis import learning_rate_axis
from catalysis.products.walk import MatrixWalk

PLANE = [[1, 0], ["1/2", 1], ["-1", "1/3"]]
HUGE, TINY = Fraction(10) ** 200, Fraction(1, 10**200)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: MatrixWalk.from_features(PLANE, eta=HUGE), "eta"),
        (lambda: MatrixWalk.from_features(PLANE, eta=HUGE, batch=2), "eta"),
        (lambda: MatrixWalk.from_features(PLANE, eta=1, weight_decay=HUGE), "weight_decay"),
        (lambda: MatrixWalk.from_features([[HUGE, 0], [0, HUGE]], eta=1), "features"),
        (lambda: MatrixWalk.from_gram([[TINY, 0], [0, TINY]], eta=1), "gram"),
        (lambda: MatrixWalk.heavy_ball(LinearWalk("examples/talk-1.toml"), HUGE, "1/2"), "matrices"),
    ],
)
def test_beyond_doubles(make: object, named: str) -> None:
    with pytest.raises(InputError, match=named):
        make()  # type: ignore[operator]


def test_the_axis_beyond_doubles() -> None:
    for scale in (HUGE, TINY):
        with pytest.raises(InputError, match="features"):
            learning_rate_axis([[scale, 0], [0, 2 * scale]])


@pytest.mark.slow
def test_within_doubles() -> None:
    """Any scale up to there is answered, and the answer is the same."""
    one = product_answer(MatrixWalk.from_features(PLANE, eta="1/2"))
    scale = Fraction(10) ** 30
    rows = [[Fraction(v) * scale for v in row] for row in PLANE]
    two = product_answer(MatrixWalk.from_features(rows, eta=Fraction(1, 2) / scale**2))
    assert one.regime is two.regime
    assert (
        product_answer(MatrixWalk.from_features(PLANE, eta=Fraction(10) ** 60)).regime.value == "inflationary"
    )
