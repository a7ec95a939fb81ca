"""`python -m catalysis.cli`."""

import sys

from catalysis.cli.main import main

sys.exit(main())
