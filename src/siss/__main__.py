"""``siss`` and ``python -m siss``."""

import sys

from siss.cli.main import main as run_command


def main() -> None:
    """The entry point; the exit codes stand in docs/cli.md."""
    sys.exit(run_command())


if __name__ == "__main__":
    main()
