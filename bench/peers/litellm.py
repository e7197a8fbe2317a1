"""litellm's proxy with its cache in memory: in an environment of its own that the benchmark makes and removes.

Nothing of it is ever installed beside the product. The version is one to which no published advisory applies: they
end below 1.84.0 (the releases 1.82.7 and 1.82.8 stole keys; 1.83.x was open to injected SQL and commands). It is more
than a month old, so that a stolen release would have been found out. It is started without the caller's environment:
there is no key that it could take along.
"""

import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

from bench.processes import BenchError, run

VERSION: Final = "1.105.1"
_KNOWN: Final = {"distutils-precedence.pth"}
_CONFIG: Final = """model_list:
  - model_name: host
    litellm_params: {{model: openai/host, api_base: "http://127.0.0.1:{port}/v1", api_key: none}}
  - model_name: slow
    litellm_params: {{model: openai/slow, api_base: "http://127.0.0.1:{slow}/v1", api_key: none}}
litellm_settings:
  cache: true
  cache_params: {{type: local}}
  telemetry: false
"""


def install(folder: Path) -> Path:
    """The environment's folder. Raises ``BenchError`` where the packages cannot be had."""
    python = folder / "bin" / "python"
    if _installed(python) != VERSION:
        venv.create(folder, with_pip=True)
        packages = f"litellm[proxy]=={VERSION}"
        # wheels only: no code of a package runs while it is installed
        run([str(python), "-m", "pip", "install", "-q", "--only-binary", ":all:", packages], timeout=900)
    strange = {file.name for file in folder.glob("lib/*/site-packages/*.pth")} - _KNOWN
    if strange:
        raise BenchError(f"litellm brought code that every start of Python would run: {', '.join(sorted(strange))}")
    return folder


def start(folder: Path, port: int, host: int, slow: int) -> "subprocess.Popen[bytes]":
    """Its proxy, one worker, in front of two model hosts (``bench.model_host``)."""
    config = folder / "config.yaml"
    config.write_text(_CONFIG.format(port=host, slow=slow))
    environment = {
        "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
        "HOME": str(folder),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # or it fetches one over the network at each start
        "LITELLM_LOG": "ERROR",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",  # the gateway beside it has no keys either
    }
    command = [str(folder / "bin" / "litellm"), "--config", str(config), "--port", str(port), "--host", "127.0.0.1"]
    return subprocess.Popen(
        [*command, "--num_workers", "1"],
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _installed(python: Path) -> str:
    if not python.exists() or sys.platform == "win32":
        return ""
    asked = "from importlib.metadata import version; print(version('litellm'))"
    return run([str(python), "-c", asked], check=False).stdout.strip()
