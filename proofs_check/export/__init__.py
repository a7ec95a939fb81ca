"""Claims written as files for Coq, which state them as real numbers and prove them by the library `proofs_check/coq`."""
