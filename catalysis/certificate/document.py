"""Results as the claims of a certificate, the format of docs/certificate.md.

One function for each kind of result; nothing here knows how a number was found, and nothing is rounded
except outwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from fractions import Fraction
from functools import singledispatch
from importlib import import_module
from pathlib import Path
from typing import Any

from catalysis.certificate.files import write_whole
from catalysis.data.dataset import Dataset
from catalysis.exact.numbers import exact_text, ratio_text

FORMAT, VERSION = "catalysis-certificate", 1
MAX_SAMPLES = 200_000
"""Different curvatures in the data of a certificate: more are beyond the checker's budget."""

Claim = dict[str, Any]

CHAPTERS = {
    "choices": ("choices",),
    "derivation": ("derivation",),
    "drift": ("linear",),
    "exponent": ("linear",),
    "nonlinear": ("nonlinear",),
    "populations": ("populations",),
    "products": ("products", "momentum", "kernels"),
    "spikes": ("spikes",),
}
"""The chapters of this room that hold the claims of each room."""


class NotCertifiable(ValueError):
    """The result is undecided, so there is nothing to certify; the text says why."""


@singledispatch
def claim(result: object) -> Claim:
    """The claim that states a result and carries its witnesses.

    Parameters
    ----------
    result : Result
        A decided result of a public function.

    Returns
    -------
    dict
        One entry of a certificate: its `kind`, and exact strings.

    Raises
    ------
    NotCertifiable
        If the result is undecided; the text says why.
    TypeError
        If no claim is defined for results of this kind.

    Examples
    --------
    >>> from catalysis import catapult_window, claim
    >>> claim(catapult_window("examples/talk-1.toml"))["kind"]
    'thresholds'
    """
    room = type(result).__module__.removeprefix("catalysis.").partition(".")[0]
    for chapter in CHAPTERS.get(room, ()):
        import_module(f"catalysis.certificate.{chapter}")
    if claim.dispatch(type(result)) is claim.dispatch(object):
        raise TypeError(f"no claim is defined for {type(result).__name__}")
    return claim(result)


def exact_number(value: Fraction) -> str:
    """The shorter of decimal and ratio."""
    return min(exact_text(value, 3990), ratio_text(value), key=len)


def claims_of(results: Iterable[object]) -> list[Claim]:
    """The claims of all results that are decided, in their order."""
    found = []
    for result in results:
        with suppress(NotCertifiable):
            found.append(claim(result))
    return found


def certificate_of(dataset: Dataset | None, claims: Iterable[Claim]) -> dict[str, Any]:
    """The whole certificate of claims about one data set (docs/certificate.md).

    Parameters
    ----------
    dataset : Dataset or None
        What the claims speak of; None for claims without scalar data.
    claims : iterable of claims
        As `claim` makes them, at least one.

    Returns
    -------
    dict
        The document, exact strings throughout; `write_certificate` writes it.

    Raises
    ------
    ValueError
        If there is no claim.
    NotCertifiable
        For too many samples.

    Examples
    --------
    >>> from catalysis import certificate_of, claim, cramer_exponent
    >>> theta = cramer_exponent("examples/talk-1.toml", "1.42")
    >>> document = certificate_of(theta.walk.dataset, [claim(theta)])
    >>> document["format"], [entry["kind"] for entry in document["claims"]]
    ('catalysis-certificate', ['exponent'])
    """
    from catalysis import __version__

    listed = list(claims)
    if not listed:
        raise ValueError("a certificate needs at least one claim")
    document: dict[str, Any] = {"format": FORMAT, "version": VERSION, "producer": f"catalysis {__version__}"}
    if dataset is not None:
        document["data"] = dataset.to_json()
        if len(document["data"]["samples"]) > MAX_SAMPLES:
            raise NotCertifiable(
                f"the checker takes at most {MAX_SAMPLES} different curvatures in a data set"
            )
    products, listed = _hoisted(listed)
    if products:
        document["products"] = products
    return {**document, "claims": listed}


def _hoisted(claims: list[Claim]) -> tuple[list[Any], list[Claim]]:
    """Random products stand once, at the top of the document; claims name them by index."""
    products: list[Any] = []
    listed = []
    for entry in claims:
        product = entry.get("product")
        if isinstance(product, dict):
            if product not in products:
                products.append(product)
            entry = {**entry, "product": products.index(product)}
        listed.append(entry)
    return products, listed


def write_certificate(path: Path | str, document: dict[str, Any]) -> str:
    """Write a certificate, whole or not at all.

    Parameters
    ----------
    path : Path or str
        Where it goes.
    document : dict
        As `certificate_of` makes it.

    Returns
    -------
    str
        The SHA-256 digest of the file, by which it is cited.

    Raises
    ------
    OSError
        If the place cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from catalysis import catapult_window, certificate_of, claim, write_certificate
    >>> window = catapult_window("examples/talk-1.toml")
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "certificate.json"
    ...     digest = write_certificate(path, certificate_of(window.walk.dataset, [claim(window)]))
    >>> len(digest)
    64
    """
    write_whole(Path(path), _text(document))
    return digest_of(document)


def digest_of(document: dict[str, Any]) -> str:
    """The SHA-256 digest of the file that `write_certificate` makes of the document."""
    return hashlib.sha256(_text(document).encode()).hexdigest()


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1) + "\n"
