"""What `make hardware` says: a line for each test, as soon as it is known."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.hardware.guest import Failed, Guest


class Report:
    """Counts and prints."""

    def __init__(self, *, verbose: bool) -> None:
        self.passed = self.failed = 0
        self._verbose = verbose

    def note(self, text: str) -> None:
        """Say what is going on."""
        print(f"hardware: {text}", flush=True)

    @contextmanager
    def test(self, name: str) -> Iterator[Callable[[str], None]]:
        """One test that this side plays; what it says is its result."""
        said: list[str] = []
        try:
            yield said.append
        except (AssertionError, Failed) as error:
            self._told(False, name, f"{'; '.join(said)} {type(error).__name__}: {error}")
        else:
            self._told(True, name, "; ".join(said))

    def script(self, guest: Guest, name: str, command: str) -> None:
        """Tests that are played in the guest, which says how each went."""
        beside: list[str] = []

        def heard(line: str) -> None:
            kind, _, rest = line.partition(" ")
            if kind in {"=", "!"}:
                test, _, said = rest.partition(": ")
                self._told(kind == "=", test, said)
            elif self._verbose:
                print(f"        {line}", flush=True)
            beside.append(line)

        before = self.failed
        try:
            guest.run(command, heard)
        except Failed as error:
            self._told(False, name, str(error))
        if self.failed > before and not self._verbose:
            print("\n".join(f"        {line}" for line in beside[-60:]), flush=True)

    def _told(self, good: bool, name: str, said: str) -> None:
        self.passed += good
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'}  {name}: {said}", flush=True)
