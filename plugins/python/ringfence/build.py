"""Builds a component from a project folder: `python -m ringfence.build`, in the folder of plugin.toml.

Owns the call of componentize-py: the world has just the capabilities that plugin.toml asks for, because a component
imports all of its world. Does not own the manifest's place in the component: `ringfence plugin pack` puts it there.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

CAPABILITIES = ("names", "directory", "state", "log")
# The module that has `WitWorld`.
MODULE = "detector"

WORLD = """package author:plugin;

world plugin {{
    use {package}/types@{version}.{{batch, output, error, setup}};
{imports}
    export configure: func(setup: setup) -> result<_, error>;
    export process: func(batch: batch) -> result<list<output>, error>;
    export checkpoint: func() -> result<_, error>;
}}
"""


def world(manifest: dict, interface: str) -> str:
    """The component's world in WIT, for the interface of that text."""
    name = next(line for line in interface.splitlines() if line.startswith("package "))
    package, version = name.removeprefix("package ").rstrip(";").split("@")
    for capability in manifest.get("capabilities", []):
        if capability not in CAPABILITIES:
            sys.exit(f"plugin.toml: capability '{capability}' is not known: use {', '.join(CAPABILITIES)}")
    imports = "".join(f"    import {package}/{c}@{version};\n" for c in manifest.get("capabilities", []))
    return WORLD.format(package=package, version=version, imports=imports)


def main() -> None:
    """Builds `build/<id>.wasm`."""
    project = Path.cwd()
    if not (project / "plugin.toml").exists():
        sys.exit("there is no plugin.toml here: run this in the project's folder")
    manifest = tomllib.loads((project / "plugin.toml").read_text())
    interface = sorted((project / "wit").glob("v*/detector.wit"))[-1]
    wit = project / "build" / "wit"
    shutil.rmtree(wit, ignore_errors=True)
    (wit / "deps" / "detector").mkdir(parents=True)
    shutil.copy(interface, wit / "deps" / "detector")
    (wit / "plugin.wit").write_text(world(manifest, interface.read_text()))
    tool = Path(sys.executable).parent / "componentize-py"
    tool = str(tool) if tool.exists() else shutil.which("componentize-py")
    if tool is None:
        sys.exit("componentize-py is missing: pip install -r requirements.txt")
    output = project / "build" / f"{manifest['id']}.wasm"
    # Without WASI: the host refuses a component that could reach files, the network, clocks or randomness.
    command = [tool, "-q", "-d", str(wit), "-w", "plugin", "componentize", "--stub-wasi", "-p", "."]
    done = subprocess.run([*command, MODULE, "-o", str(output)], cwd=project)
    if done.returncode != 0:
        sys.exit("the component was not built: see above")
    print(output.relative_to(project))


if __name__ == "__main__":
    main()
