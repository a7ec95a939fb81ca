"""The same run on a Dask cluster of two workers."""

from fractions import Fraction

import pytest

from catalysis.data.reading import parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.simulation import simulate

WALK = LinearWalk(parse_samples("1:1/2, 1.3:1/2"))
RUN = {"steps": 500, "replicas": 1_000_000, "seed": 5, "factor": 10, "tilt": False}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the cluster's own
def test_a_local_cluster_gives_the_same_numbers() -> None:
    from distributed import LocalCluster

    here = simulate(WALK, Fraction("1.42"), **RUN)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as cluster:
        there = simulate(WALK, Fraction("1.42"), **RUN, dask=cluster.scheduler_address)
    assert here.blocks > 1
    assert here.estimate == there.estimate
    assert here.final == there.final


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_no_cluster_is_one_clear_line() -> None:
    with pytest.raises(ValueError, match=r"dask: no cluster answers at tcp://127\.0\.0\.1:9") as caught:
        simulate(WALK, Fraction("1.42"), **RUN, dask="tcp://127.0.0.1:9")
    assert "\n" not in str(caught.value)
