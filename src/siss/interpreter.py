"""Which Python this is, and whether it was built for speed.

A Python that somebody compiled with the bare ``./configure`` (pyenv does, unless it is told otherwise) lacks the
optimisation by profile that distributions, python.org and conda build with: indexing takes it a fifth more of the
processor.

Run as a program it ends with 0 where this interpreter can and should make the virtual environment: the ``Makefile``
asks with it. It stands alone: nothing is installed yet then.
"""

import sys
import sysconfig
from importlib.util import find_spec

LEAST = (3, 11)


def is_optimised() -> bool:
    """Whether the interpreter was compiled with profile-guided optimisation, or nothing says that it was not.

    Distributions build what they install under ``/usr`` with their own rules, and Debian's configuration is that of
    another of its builds, so there the place is the witness.
    """
    options = sysconfig.get_config_var("CONFIG_ARGS")
    return options is None or "--enable-optimizations" in options or sys.base_prefix == "/usr"


if __name__ == "__main__":
    sys.exit(sys.version_info < LEAST or find_spec("ensurepip") is None or not is_optimised())
