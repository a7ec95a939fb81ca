"""Populations: the judge of the tests, quadrature by mpmath; what no quadrature tells is not judged."""

from typing import Any

from kit import good_populations

from benchmarks.fire.judges.linear import Answer

Json = Any
JUDGES = {"law_exponent", "law_drift", "isotropic_exponent", "arch_exponent"}


def judge(document: Json, statement: str) -> tuple[Answer, str]:
    try:
        good_populations.judge(document, statement)
    except AssertionError as error:
        return False, f"the judge of its sentence: {str(error)[:200]}"
    except Exception as error:  # shapes and sizes that the judge does not know
        return None, f"the judge failed: {type(error).__name__}: {str(error)[:100]}"
    return True, ""
