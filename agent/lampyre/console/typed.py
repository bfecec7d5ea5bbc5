"""What is typed: bytes of a keyboard, in any portions, to lines; nothing that steers a terminal passes."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

LINE_LIMIT = 200  # characters; the longest word with all it may carry has 60
LETTERS = 0x250  # Latin with all its accents; no marks that combine, turn round or take two columns
STARRED = ("pin ", "pi ")  # behind these stars are echoed
BACK = {"\b", "\x7f"}
RUB_OUT = "\b \b"


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was meant, and whether it was longer than LINE_LIMIT."""

    text: str
    too_long: bool = False


class Keyboard:
    """Turns bytes into lines, and says what to echo; remembers at most one unfinished line."""

    def __init__(self) -> None:
        self.hidden = False  # a PIN is being typed: stars only
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        self._text: list[str] = []
        self._too_long = False
        self._after_return = False
        self._escape = ""  # "": none; "start": after ESC; "csi": in ESC [ ...; "one": one more character

    def feed(self, data: bytes) -> Iterator[str | Line]:
        """Yield what `data` brings, in order: texts to echo, and finished lines; `hidden` may change in between."""
        echo: list[str] = []
        for letter in self._decoder.decode(data):
            line = self._letter(letter, echo)
            if line is not None:
                yield "".join(echo)
                yield line
                echo.clear()
        if echo:
            yield "".join(echo)

    def _letter(self, letter: str, echo: list[str]) -> Line | None:
        if self._escape and letter not in "\r\n":  # a broken sequence ends with the line
            self._in_escape(letter)
        elif letter == "\x1b":
            self._escape = "start"
        elif letter == "\x9b":  # the same as ESC [ in one character
            self._escape = "csi"
        elif letter in "\r\n":
            return self._end(letter, echo)
        elif letter in BACK:
            if self._text:
                self._text.pop()
                echo.append(RUB_OUT)
        elif letter in "\x03\x15":  # Ctrl-C, Ctrl-U: begin again
            echo.append(RUB_OUT * len(self._text))
            self._text.clear()
            self._too_long = False
        elif letter == "\x04" and not self._text:  # Ctrl-D on an empty line
            return Line("bye")
        else:
            self._add(" " if letter == "\t" else letter, echo)
        self._after_return = False
        return None

    def _add(self, letter: str, echo: list[str]) -> None:
        if not letter.isprintable() or ord(letter) >= LETTERS:
            return
        if len(self._text) >= LINE_LIMIT:
            self._too_long = True
            return
        secret = self.hidden or "".join(self._text[:4]).lower().startswith(STARRED)
        self._text.append(letter)
        echo.append("*" if secret and letter != " " else letter)

    def _end(self, letter: str, echo: list[str]) -> Line | None:
        self._escape = ""
        if letter == "\n" and self._after_return:  # the second half of \r\n
            self._after_return = False
            return None
        self._after_return = letter == "\r"
        echo.append("\r\n")
        line = Line("".join(self._text).strip(), self._too_long)
        self._text.clear()
        self._too_long = False
        return line

    def _in_escape(self, letter: str) -> None:
        """Swallow what arrow keys and the like send: ESC [ parameters final, ESC O final, ESC letter."""
        if letter == "\x1b":
            self._escape = "start"
        elif self._escape == "start":
            self._escape = {"[": "csi", "O": "one"}.get(letter, "")
        elif self._escape == "one" or "@" <= letter <= "~":
            self._escape = ""
