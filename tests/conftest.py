"""Tests run side by side, one on each core: a linear algebra that takes all cores for itself slows them all down."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
for size in ("COLUMNS", "LINES"):  # readline, loaded with the debugger, leaves them to the workers of xdist
    os.environ.pop(size, None)
