"""The words of the command line: run, check, nights, export, why, console, pin, schema. The only place that wires."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from lampyre import __version__
from lampyre.exits import ended
from lampyre.lean import spare

spare()

from lampyre.audit_words import add_audit  # noqa: E402
from lampyre.configured import look  # noqa: E402
from lampyre.document.word import add_schema  # noqa: E402
from lampyre.key_words import add_enrol, add_sign  # noqa: E402
from lampyre.register.word import add_privacy  # noqa: E402
from lampyre.service import become  # noqa: E402
from lampyre.settings import load_settings  # noqa: E402 - pydantic comes in here

log = logging.getLogger("lampyre")

INSTALLED = Path("/etc/lampyre/node.toml")  # where the installer puts it


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the words ask; every error is one line and exit code 2, or 1 where another try may help."""
    asked = _parser().parse_args(argv)
    return ended(partial(asked.do, asked), asked.log)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lampyre", description="The software of a roadside node.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--log", default="INFO", choices=["DEBUG", "INFO", "WARNING"], help="what goes to the journal")
    words = parser.add_subparsers(required=True, metavar="WORD")
    run = words.add_parser("run", help="look after the street until told to stop")
    run.add_argument("--config", type=Path, required=True, metavar="node.toml")
    run.set_defaults(do=_run)
    check = words.add_parser("check", help="say whether a node.toml can be run, and what it means")
    check.add_argument("config", type=Path, metavar="node.toml")
    check.set_defaults(do=_check)
    nights = words.add_parser("nights", help="print every switching of the coming nights, as the sun foresees them")
    nights.add_argument("config", type=Path, metavar="node.toml")
    nights.add_argument("--days", type=int, default=400, metavar="N", help="so many nights; default: 400")
    nights.add_argument("--lamp", metavar="ID", help="this lamp only")
    nights.add_argument("--since", type=_moment, metavar="ISO", help="UTC, or with an offset; default: now")
    form = nights.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="a table with a head line")
    form.add_argument("--json", action="store_true", help="an object a line")
    nights.set_defaults(do=_nights)
    export = words.add_parser("export", help="write what a town must be able to show")
    export.add_argument("what", choices=["compliance"], help="papers of each lamp, energy, saving, curfew, day by day")
    export.add_argument("--config", type=Path, required=True, metavar="node.toml")
    export.add_argument("--from", dest="begin", type=_day, metavar="DAY", help="first evening, such as 2026-01-01")
    export.add_argument("--to", dest="end", type=_day, metavar="DAY", help="last evening")
    form = export.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="the log, a line for each lamp and day")
    form.add_argument("--json", action="store_true", help="everything, as one object")
    export.set_defaults(do=_export)
    why = words.add_parser("why", help="ask the running agent why a lamp or bin is as it is, or a lamp was")
    why.add_argument("asset", metavar="LAMP|BIN")
    why.add_argument("--at", metavar="TIME", help="of the last two days: 23:40, or 2026-12-24T23:40; default: now")
    why.add_argument("--json", action="store_true", help="the answer as one object")
    why.add_argument("--config", type=Path, default=INSTALLED, metavar="node.toml", help=f"default: {INSTALLED}")
    why.set_defaults(do=_why)
    console = words.add_parser("console", help="serve the technician's console")
    console.add_argument("--config", type=Path, required=True, metavar="node.toml")
    console.add_argument("--serial", metavar="/dev/NAME", help="serial line, 9600 baud unless ?baud= says otherwise")
    console.add_argument(
        "--socket", type=Path, metavar="PATH", help="Unix socket; default: console.sock in runtime_dir"
    )
    console.add_argument("--stdio", action="store_true", help="this terminal instead of serving others")
    console.set_defaults(do=_console)
    _board_words(words)
    _probe_words(words)
    pin = words.add_parser("pin", help="make the line for node.toml that unlocks the console")
    pin.set_defaults(do=_pin)
    for add in (add_enrol, add_sign, add_audit):
        add(words, print)
    add_privacy(words, print)
    add_schema(words, print)
    return parser


def _probe_words(words: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    probe = words.add_parser("probe", help="listen who speaks on the serial ports that no program holds; or ask")
    probe.add_argument("ports", nargs="*", metavar="PORT", help="default: all that look like one")
    probe.add_argument("--ask", action="store_true", help="ask meters and chips too; only in a node that is at rest")
    probe.add_argument("--most", type=int, choices=range(1, 248), default=16, metavar="N", help="meters' addresses; 16")
    probe.set_defaults(do=_probe)


def _board_words(words: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    board = words.add_parser("board", help="list, flash, watch and measure boards whose line no agent holds")
    board.set_defaults(do=_board)
    words = board.add_subparsers(required=True, metavar="WORD", dest="board_word")
    each = words.add_parser("list", help="say what answers at each serial port, and which build it runs")
    each.add_argument("ports", nargs="*", metavar="PORT", help="default: all that look like one")
    flash = words.add_parser(
        "flash", help="write this version's firmware over a board's REPL (USB), verified, on trial"
    )
    flash.add_argument("port", metavar="/dev/ttyACM0")
    flash.add_argument("--kind", required=True, metavar="lamp_bin_pico", help="or lamp_bin_esp32")
    flash.add_argument("--line", metavar="/dev/NAME", help="the board's UART: wait until it calls the firmware good")
    flash.add_argument("--source", action="store_true", help="as sources, not compiled")
    watch = words.add_parser("monitor", help="print every frame, decoded, on one line")
    watch.add_argument("line", metavar="/dev/NAME", help="or tcp://host:port; - reads printed lines again")
    bench = words.add_parser("bench", help="measure round trip and loss")
    bench.add_argument("line", metavar="/dev/NAME", help="or tcp://host:port")
    bench.add_argument("--asks", type=int, default=100, metavar="N", help="default: 100")


def _run(asked: argparse.Namespace) -> int:
    if sys.flags.optimize < 2 and not sys.flags.dev_mode:
        become(asked.config, asked.log)
    from lampyre.serve import run

    return run(asked.config)


def _check(asked: argparse.Namespace) -> int:
    from lampyre.check import explain
    from lampyre.clock import SystemClock
    from lampyre.configured import which
    from lampyre.lint import explain_light

    settings = load_settings(asked.config)
    for line in which(look(asked.config)):
        print(line)
    for line in explain(settings):
        print(line)
    for line in explain_light(settings, SystemClock().now()):
        print(line)
    return 0


def _nights(asked: argparse.Namespace) -> int:
    from lampyre.clock import SystemClock
    from lampyre.nights import as_csv, as_json, as_text, coming

    changes = coming(look(asked.config).settings, asked.since or SystemClock().now(), asked.days, asked.lamp)
    return _told(as_csv(changes) if asked.csv else as_json(changes) if asked.json else as_text(changes))


def _export(asked: argparse.Namespace) -> int:
    from lampyre.compliance import as_csv, as_json, read
    from lampyre.compliance_text import as_text

    settings = look(asked.config).settings
    found = read(settings, asked.begin, asked.end)
    if asked.csv:
        sys.stdout.write(as_csv(found))
    elif asked.json:
        sys.stdout.write(as_json(settings, found))
    else:
        print("\n".join(as_text(settings, found)))
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: give a day such as 2026-01-31") from None


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r}: give a date and time such as 2026-12-24T16:30Z") from None


def _why(asked: argparse.Namespace) -> int:
    from lampyre.console.why import why

    return _told([why(look(asked.config).settings, asked.asset, asked.at, as_json=asked.json)])


def _told(lines: Iterable[str]) -> int:
    """Print lines for as long as somebody reads them."""
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has seen enough: `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _console(asked: argparse.Namespace) -> int:
    from lampyre.console.main import run

    return run(look(asked.config).settings, serial=asked.serial, socket=asked.socket, stdio=asked.stdio)


def _board(asked: argparse.Namespace) -> int:
    from lampyre import board_words
    from lampyre.clock import SystemClock

    clock = SystemClock()
    if asked.board_word == "list":
        good = asyncio.run(board_words.list_boards(asked.ports or board_words.ports(), print)) > 0
    elif asked.board_word == "flash":
        flashing = board_words.flash_board(asked.port, asked.kind, asked.line, print, compiled=not asked.source)
        good = asyncio.run(flashing)
    elif asked.board_word == "bench":
        good = asyncio.run(board_words.bench(asked.line, asked.asks, clock, print))
    elif asked.line == "-":
        return _told(board_words.decoded(iter(sys.stdin)))
    else:
        with suppress(KeyboardInterrupt, BrokenPipeError):
            asyncio.run(board_words.monitor(asked.line, clock, partial(print, flush=True)))
        return 0
    return 0 if good else 1


def _probe(asked: argparse.Namespace) -> int:
    from lampyre.board_words import ports
    from lampyre.probe import probe

    if asked.ask:
        from lampyre.clock import SystemClock
        from lampyre.seek import seek

        return 0 if asyncio.run(seek(asked.ports or ports(), range(1, asked.most + 1), SystemClock(), print)) else 1
    return 0 if asyncio.run(probe(asked.ports or ports(), print)) else 1


def _pin(_: argparse.Namespace) -> int:
    import getpass

    from lampyre.console.pin import make

    print(f'console_pin = "{make(getpass.getpass("PIN of at least four digits: "))}"')
    return 0


if __name__ == "__main__":
    sys.exit(main())
