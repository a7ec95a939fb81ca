"""The build: the data sets of `examples/` go into the package, so that there is one place for them.

All else is said in pyproject.toml. In an editable install nothing is copied: the files are read where they lie.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithExamples(build_py):
    """The modules and, below `catalysis/examples`, what `catalysis examples` lists."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "catalysis" / "examples"
            shutil.rmtree(target, ignore_errors=True)  # what an earlier build left
            shutil.copytree("examples", target, ignore=shutil.ignore_patterns("__pycache__", "*-certified"))


setup(cmdclass={"build_py": WithExamples})
