"""Claims as files for Coq: stated with real numbers, proved by the library `proofs_check/coq`."""
