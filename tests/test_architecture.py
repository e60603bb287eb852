"""The imports run downward only: daemon -> doors -> wire -> session -> core (docs/architecture.md)."""

import ast
from functools import cache
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import chatd

HOUSE = Path(chatd.__file__).parent
LEVELS = ("core", "session", "wire", "doors", "daemon")
BESIDE = {"store": {"core"}, "nodes": {"core", "wire"}, "ctl": set()}  # what else each of the others may import
AGGREGATES = [  # a hall holds its members, and they know it; so it is with a member and what they say
    ("chatd.core.hall", "chatd.core.member"),
    ("chatd.core.hall", "chatd.core.talk"),
    ("chatd.core.member", "chatd.core.talk"),
]
NETWORK = ("twisted.internet", "twisted.protocols", "twisted.application", "socket", "asyncio")


def folder(module: str) -> str:
    """Return the folder of a module of chatd, "" for what chatd itself says."""
    return module.split(".")[1] if module.count(".") > 1 else ""


def may_import(module: str, imported: str) -> bool:
    """Say whether a module of chatd may import something of chatd."""
    above, below = folder(module), folder(imported)
    if below in ("", above):
        return True
    if above in BESIDE:
        return below in BESIDE[above]
    if below in BESIDE:
        return above == "daemon"
    return LEVELS.index(below) < LEVELS.index(above)


@cache
def imports(source: str) -> frozenset[str]:
    """Return the modules that a source imports at its top, functions or types included."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def imports_from(source: str, module: str) -> bool:
    """Say whether a source imports a module, or something out of it."""
    return any(imported == module or imported.rpartition(".")[0] == module for imported in imports(source))


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return what is left when all that imports nothing else is taken away, again and again."""
    left = {module: set(imported) for module, imported in graph.items()}
    while leaves := {module for module, imported in left.items() if not imported}:
        left = {module: imported - leaves for module, imported in left.items() if module not in leaves}
    return sorted(left)


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
            if imported.startswith("chatd.") and not may_import(module, imported)
        ]
        self.assertEqual(upward, [])
        self.assertGreater(len(self.modules()), 10)

    def test_core_and_session_know_no_network(self) -> None:
        """core and session import no reactor, protocol or transport."""
        wrong = [
            f"{module} imports {imported}"
            for module, source in self.modules().items()
            for imported in imports(source)
            if folder(module) in LEVELS[:2] and imported.startswith(NETWORK)
        ]
        self.assertEqual(wrong, [])

    def test_no_circles(self) -> None:
        """No modules import each other, for types or otherwise, but an aggregate and its part."""
        modules = self.modules()
        graph = {
            module: {found for found in modules if found != module and imports_from(source, found)}
            for module, source in modules.items()
        }
        for aggregate, part in AGGREGATES:
            graph[part].discard(aggregate)
        self.assertEqual(circle(graph), [])

    def test_no_reactor_at_the_top(self) -> None:
        """Importing any module of chatd installs no reactor."""
        for module, source in self.modules().items():
            for node in ast.parse(source).body:
                self.assertNotIn(
                    "twisted.internet.reactor",
                    imports(ast.unparse(node)) if isinstance(node, ast.ImportFrom | ast.Import) else (),
                    module,
                )
