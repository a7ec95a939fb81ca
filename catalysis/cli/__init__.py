"""The command line: reads options, calls the library, prints. No mathematics here.

One module for each family of commands; heavy libraries are imported by the command that needs them. Exit
status: 0 done (undecided included), 1 a claim or a check failed, 2 bad input, in one line on stderr.
"""

from catalysis.cli.main import main

__all__ = ["main"]
