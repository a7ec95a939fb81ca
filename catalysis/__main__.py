"""`python -m catalysis`."""

import sys

from catalysis.cli.main import main

sys.exit(main())
