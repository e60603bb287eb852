"""Every English sentence that people and operators may read, collected from where the code says it.

`python -m tests.sentences > chatd/session/words/fr.po` begins the catalogue of a new language, with nothing translated.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import chatd
from chatd.session.commands import TABLE
from chatd.session.operator_commands import TABLE as OPERATORS
from chatd.session.words import language
from chatd.session.words.language import ENGLISH

PACKAGE = Path(chatd.__file__).parent
WORDS = PACKAGE / "session" / "words"
Named = dict[str, dict[str, int]]
RULES = ("Rule", "RuleBroken")
SAYS = ("say", "word", "count")
# What a sentence's facts may be when they are words themselves.
FACTS = (
    *("people", "rooms", "connections", "lines heard", "lines delivered", "lines skipped", "refusals"),
    *("silent connections", "held back seconds", "bytes waiting", "draining", "uptime seconds"),
    *("owners", "owners ok", "history ok", "history waiting", "history lost"),
    "Arabic",
    "Cyrillic",
    "Greek",
    "Han",
    "Hangul",
    "Hebrew",
    "Hiragana",
    "Katakana",
    "Latin",
    "Thai",
)


def sentences() -> dict[str, str | None]:
    """Return each sentence, for one that counts with its plural."""
    found: dict[str, str | None] = dict.fromkeys(_of_commands())
    found |= dict.fromkeys(unit for unit, _ in language._UNITS)
    for path in (*sorted(WORDS.glob("*.py")), PACKAGE / "doors" / "text.py"):
        found |= _said_in(ast.parse(path.read_text()))
    for path in sorted((PACKAGE / "core").glob("*.py")):
        found |= dict.fromkeys(_rules_in(ast.parse(path.read_text())))
    return found


def _of_commands() -> Iterator[str]:
    for table in (TABLE, OPERATORS):
        for command in table.help():
            yield command.usage
            yield command.help
        for entry in table:
            yield from entry.more
        yield "@name text"


def _said_in(tree: ast.Module) -> dict[str, str | None]:
    """Return what is handed to a language, as it stands there or by a name that it was given before in the function."""
    found: dict[str, str | None] = {}
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        named = _texts_by_name(function)
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and _name(call.func) in SAYS and call.args:
                if _name(call.func) == "count":
                    found[_nearest(call.args[1], named)] = _nearest(call.args[2], named)
                else:
                    found |= dict.fromkeys(_texts(call.args[0], named))
    for call in ast.walk(tree):  # map(language.word, ("NICKNAME", ...))
        if isinstance(call, ast.Call) and _name(call.func) == "map" and _name(call.args[0]) in SAYS:
            found |= dict.fromkeys(text for item in ast.walk(call.args[1]) for text in _texts(item, {}))
    return found


def _texts_by_name(function: ast.FunctionDef) -> Named:
    """Return the texts that names are given in a function, each with its line."""
    named: Named = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.For | ast.comprehension):
            target, value = (node.targets[0], node.value) if isinstance(node, ast.Assign) else (node.target, node.iter)
            names = [one.id for one in ast.walk(target) if isinstance(one, ast.Name)]
            if isinstance(target, ast.Tuple) and isinstance(node, ast.Assign) and isinstance(value, ast.Tuple):
                for name, one in zip(names, value.elts, strict=True):
                    named.setdefault(name, {}).update(dict.fromkeys(_texts(one, {}), one.lineno))
            elif len(names) == 1 or not isinstance(node, ast.Assign):
                found = {text for one in ast.walk(value) for text in _texts(one, {})}
                for name in names:
                    named.setdefault(name, {}).update(dict.fromkeys(found, target.lineno))
    return named


def _rules_in(tree: ast.Module) -> Iterator[str]:
    """Yield the rules that a name or a password may break."""
    named = {
        target.id: {node.value.value: node.lineno}
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _name(call.func) in RULES and call.args:
            yield from _texts(call.args[0], named)


def _texts(node: ast.expr | ast.AST, named: Named) -> set[str]:
    """Return the texts that an expression may be."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=one, orelse=other):
            return _texts(one, named) | _texts(other, named)
        case ast.Name(id=name):
            return set(named.get(name, {}))
    return set()


def _nearest(node: ast.expr, named: Named) -> str:
    """Return the text that an expression is: what a name was given last before."""
    if isinstance(node, ast.Name):
        return max((line, text) for text, line in named[node.id].items() if line <= node.lineno)[1]
    [text] = _texts(node, named)
    return text


def _name(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def main() -> None:
    print('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"')
    print('"X-Name: what the language is called in itself\\n"\n"Plural-Forms: nplurals=2; plural=n != 1;\\n"')
    for sentence, plural in (sentences() | dict.fromkeys(FACTS)).items():
        print(f"\nmsgid {json.dumps(sentence, ensure_ascii=False)}")
        if plural is None:
            print('msgstr ""')
        else:
            print(f'msgid_plural {json.dumps(plural, ensure_ascii=False)}\nmsgstr[0] ""\nmsgstr[1] ""')


if __name__ == "__main__":
    assert ENGLISH.say("goodbye") == "goodbye"
    main()
