"""What programs read and write: one JSON object a line (docs/json.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, partial
from itertools import islice
from typing import Any

from chatd.core.events import Event, Events
from chatd.core.refusals import HallError
from chatd.core.text import one_line
from chatd.doors.naming import Naming
from chatd.session.answers import FOR_PEOPLE
from chatd.session.inputs import Command, Input, Line, Refused
from chatd.session.outputs import (
    Answer,
    Done,
    Goodbye,
    Hello,
    Hint,
    Note,
    OperatorWelcome,
    Output,
    Prompt,
    Refusal,
    Replay,
    TypingSeen,
    Welcome,
)
from chatd.session.refusals import BadArgument, LineTooLong, NotAnObject, NothingAsked
from chatd.session.session import Session
from chatd.session.view import View, view
from chatd.session.words.answers import answer_lines
from chatd.session.words.events import event_line, replayed_line
from chatd.session.words.language import Language
from chatd.session.words.notes import goodbye_words, note_lines, replay_head
from chatd.session.words.refusals import refusal_lines, refusal_words
from chatd.wire.codec import Row

PROTOCOL = 1  # rises only when something is removed
MAX_LINE = 32 * 1024  # bytes: a text of 4,096 may take six times as many in JSON
MAX_TEXT = 4096  # bytes of UTF-8 in an argument, as in a line of text
IN_A_LIST = 100  # entries; a longer list is sent as several objects

_to_json = json.JSONEncoder(ensure_ascii=False).encode
_FIELDS_OF_INPUT = ("do", "line", "id")


class JSONCodec:
    """A `Codec` for programs. `with_lines` adds what people would read, and leaves lists out."""

    __slots__ = ("_naming", "_view", "_with_lines", "format", "session")

    max_line = MAX_LINE
    row: Row | None = None

    def __init__(self, with_lines: bool = False) -> None:
        self._with_lines = with_lines
        self._naming = Naming()
        self.session: Session | None = None
        self.view = view("on")

    @property
    def view(self) -> View:
        return self._view

    @view.setter
    def view(self, view: View) -> None:
        """Only the lines for people depend on how somebody sees them."""
        self._view = view
        self.format: Hashable = self._format()

    def hear(self, events: Events) -> None:
        if self._naming.hear(events, self.session):
            self.format = self._format()

    def decode(self, line: bytes, typed_at: float) -> Input:
        if len(line) > MAX_LINE:
            return Refused(LineTooLong(MAX_LINE))
        if line.lstrip().startswith(b"/"):
            if len(line) > MAX_TEXT:
                return Refused(LineTooLong(MAX_TEXT))
            return Line(line.decode(errors="replace"), typed_at)
        try:
            asked = json.loads(line)
        except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
            return Refused(NotAnObject())
        if not isinstance(asked, dict):
            return Refused(NotAnObject())
        given_id = None
        try:
            given_id = _id(asked.get("id"))
            return _input(asked, typed_at, given_id)
        except HallError as error:
            return Refused(error, id=given_id)

    def encode(self, output: Output) -> Iterable[bytes]:
        return (f"{_to_json(fact)}\n".encode() for fact in self._facts(output))

    def end(self) -> bytes:
        return b""

    def _format(self) -> Hashable:
        return "json", self._view if self._with_lines else None, self._naming.format

    def _facts(self, output: Output) -> Iterator[dict[str, Any]]:
        match output:
            case Hint() | TypingSeen():
                return
            case Prompt():
                if output.is_secret:
                    yield self._with(output, {"event": "asked", "for": output.asked.value, "nickname": output.nickname})
            case Replay():
                yield from self._replayed(output)
            case Welcome(title, people):
                yield self._with(output, _hello(title, people, None, None))
            case Hello(title, people, nickname, room):
                yield self._with(output, _hello(title, people, nickname, room))
            case OperatorWelcome():
                yield self._with(output, {"event": "hello", "protocol": PROTOCOL})
            case Refusal(error, given_id):
                yield self._with(output, _refused(error, given_id, self.view.language))
            case Goodbye():
                yield self._with(output, _goodbye(output))
            case Done(given_id):
                yield {"event": "done", "id": given_id}
            case _:
                yield from self._listed(output)

    def _listed(self, output: Event | Answer | Note) -> Iterator[dict[str, Any]]:
        """Yield the object of an output; if it holds a list, as many as that needs."""
        facts = {"event": event_name(type(output).__name__), **_plain_fields(output)}
        if output in self._naming:
            facts["mentions"] = [self._naming.nickname]
        names = [name for name, value in facts.items() if isinstance(value, Iterator)]
        if not names:
            yield self._with(output, facts)
            return
        [name] = names
        values = facts[name]
        if self._with_lines:
            del facts[name]
            name, values = "lines", self._lines(output)
        chunk = list(islice(values, IN_A_LIST))
        while True:
            following = list(islice(values, IN_A_LIST))
            yield {**facts, name: chunk, "more": bool(following)}
            if not following:
                return
            chunk = following

    def _replayed(self, replay: Replay) -> Iterator[dict[str, Any]]:
        head = {"event": "replay", "of": replay.of.value, "count": len(replay.events)}
        yield {**head, "lines": [replay_head(replay, self.view.language)]} if self._with_lines else head
        for event in replay.events:
            facts = {"event": event_name(type(event).__name__), **_plain_fields(event), "replayed": True}
            if self._with_lines:
                facts["lines"] = [replayed_line(event, self.view, replay.now)]
            yield facts

    def _with(self, output: Output, facts: dict[str, Any]) -> dict[str, Any]:
        return {**facts, "lines": list(self._lines(output))} if self._with_lines else facts

    def _lines(self, output: Output) -> Iterator[str]:
        """Return what stands in the lines of text, without the marks of answers and refusals."""
        if isinstance(output, Event):
            return iter((event_line(output, self.view),))
        if isinstance(output, Refusal):
            return refusal_lines(output.error, self.view.language)
        if isinstance(output, Answer):
            return answer_lines(output, self.view)
        if isinstance(output, Note):
            return note_lines(output, self.view.language)
        return iter(
            [words] if isinstance(output, Goodbye) and (words := goodbye_words(output, self.view.language)) else []
        )


JSON_CODECS: Mapping[str, Callable[[], JSONCodec]] = {  # by the names of their formats
    "json": JSONCodec,
    "json+text": partial(JSONCodec, with_lines=True),
}


@cache  # at most as many as there are kinds of outputs
def event_name(kind: str) -> str:
    """Return what an output is called: the name of its class in snake_case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()


def _input(asked: Mapping[str, Any], typed_at: float, given_id: Any) -> Input:
    """@raises HallError: if it asks for nothing, or with something that is no text."""
    if "line" in asked:
        return Line(_text("line", asked["line"]), typed_at, given_id)
    if "do" not in asked:
        raise NothingAsked
    arguments = {name: value for name, value in asked.items() if name not in _FIELDS_OF_INPUT}
    name = one_line(_text("do", asked["do"]))
    return Command(name, {name: _text(name, value) for name, value in arguments.items()}, typed_at, given_id)


def _id(value: Any) -> str | int | None:
    """@raises BadArgument: for anything but a text or a whole number."""
    return value if value is None or type(value) is int else _text("id", value)


def _text(name: str, value: Any) -> str:
    """@raises HallError: if a value is no text that could stand in one line."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or "\n" in value or "\r" in value:
        raise BadArgument(name)
    encoded = value.encode(errors="replace")  # JSON may hold half a character
    if len(encoded) > MAX_TEXT:
        raise LineTooLong(MAX_TEXT)
    return encoded.decode()


def _hello(title: str, people: int, nickname: str | None, room: str | None) -> dict[str, Any]:
    return {
        "event": "hello",
        "protocol": PROTOCOL,
        "title": title,
        "people": people,
        "nickname": nickname,
        "room": room,
    }


def _refused(error: HallError, given_id: Any, language: Language) -> dict[str, Any]:
    facts = {
        "event": "refused",
        "code": type(error).__name__,
        "text": refusal_words(error, language),
        "unsent": error.unsent,
    }
    return facts if given_id is None else {**facts, "id": given_id}


def _goodbye(goodbye: Goodbye) -> dict[str, Any]:
    how = goodbye.how
    why = {"why": "refused"} if how is None else {"why": how.cause.value, "reason": how.why, "seconds": how.seconds}
    return {"event": "goodbye", **why}


def _plain_fields(value: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value) if field.metadata != FOR_PEOPLE}


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it; what is made as it is sent stays an iterator."""
    if isinstance(value, str | int | float | Mapping) or value is None:
        return value
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return _plain_fields(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return (_plain(item) for item in value)
