"""What the rows of the evasion checklist are made of."""

from typing import Callable, NamedTuple, Tuple


class Case(NamedTuple):
    """One capture. `build` makes a Trace, or the bytes of a capture file."""
    name: str
    build: Callable
    expected: str
    config: str = ""
    status: int = 0
    deviation: str = ""


class Pointer(NamedTuple):
    """A test elsewhere that shows what no capture file can. It runs on its own;
    here it is only made sure that a file of this path names it."""
    path: str
    test: str
    why: str


class Row(NamedTuple):
    number: int
    title: str
    cases: Tuple[Case, ...] = ()
    pointers: Tuple[Pointer, ...] = ()

    def name_of(self, case):
        return "E%02d_%s" % (self.number, case.name)
