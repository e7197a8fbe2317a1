"""``siss`` and ``python -m siss``."""

import gc
import io
import os
import signal
import sys


def main() -> None:
    """The entry point; the exit codes stand in docs/cli.md."""
    # Here, not at the top: processes below this one load its script again, and want nothing of it.
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed (`>&-`): its number would be that of the next file, or connection
            setattr(sys, name, open(os.devnull, "r+", encoding="utf-8"))  # noqa: SIM115, PTH123 - it stays open
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal of Latin-1 has no ellipsis
    gc.set_threshold(50_000, 20, 100)  # what is loaded is no garbage, and looking for some is a tenth of a start
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while modules are loaded ends this without a word
    if sys.argv[1:2] in (["serve"], ["index"]) and not {"-h", "--help", "--dry-run"} & set(sys.argv):
        from siss.api.template import begin_template

        begin_template(sys.argv[1])  # on another core, while this one loads what follows
    from siss.cli.main import main as run_command

    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run_command())


if __name__ == "__main__":
    main()
