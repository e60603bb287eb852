"""The imports run downward only: service -> daemon -> doors -> talk -> core (docs/architecture.md)."""

import ast
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import chatd

HOUSE = Path(chatd.__file__).parent
LEVELS = ("core", "talk", "doors", "daemon", "service")
NETWORK = ("twisted.internet", "twisted.protocols", "twisted.application", "socket", "asyncio")

DEFERRED = "twisted.internet.defer."  # what comes later is no network


def level(module: str) -> int:
    """Return how high in the house a module of chatd stands; what keeps settings, logs and files stands below all."""
    part = module.split(".")[1] if "." in module else ""
    return LEVELS.index(part) if part in LEVELS else -1


def imports(source: str) -> set[str]:
    """Return the modules that a source imports at its top, functions or types included."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


class ImportTests(SynchronousTestCase):
    def modules(self) -> dict[str, str]:
        return {
            ".".join(("chatd", *path.relative_to(HOUSE).with_suffix("").parts)): path.read_text()
            for path in HOUSE.rglob("*.py")
        }

    def test_downward(self) -> None:
        """No module imports one that stands higher in the house."""
        upward = [
            f"{module} imports {imported}"
            for module, source in self.modules().items()
            for imported in imports(source)
            if imported.startswith("chatd.")
            and not imported.startswith("chatd.core.text.")  # which itself imports nothing
            and level(imported) > level(module)
        ]
        self.assertEqual(upward, [])
        self.assertGreater(len(self.modules()), 10)

    def test_core_and_talk_know_no_network(self) -> None:
        """core and talk import no reactor, protocol or transport."""
        wrong = [
            f"{module} imports {imported}"
            for module, source in self.modules().items()
            for imported in imports(source)
            if 0 <= level(module) <= 1 and imported.startswith(NETWORK) and not imported.startswith(DEFERRED)
        ]
        self.assertEqual(wrong, [])

    def test_no_reactor_at_the_top(self) -> None:
        """Importing any module of chatd installs no reactor."""
        for module, source in self.modules().items():
            for node in ast.parse(source).body:
                self.assertNotIn(
                    "twisted.internet.reactor",
                    imports(ast.unparse(node)) if isinstance(node, ast.ImportFrom | ast.Import) else (),
                    module,
                )
