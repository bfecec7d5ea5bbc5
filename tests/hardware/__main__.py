"""`make hardware`: pins, relays, buses and USB adapters on a real kernel, in a Debian guest.

Where it cannot run it says what is missing and ends well; with CI=true that is a failure, so that no skip is silent.
"""

import argparse
import os
import sys
import time

from tests.deploy.roots import CannotRun
from tests.hardware import usb
from tests.hardware.guest import Guest, guest
from tests.hardware.image import image, why_not
from tests.hardware.report import Report

PYTHON = "/opt/lampyre/venv/bin/python"  # the installed node's own
INSIDE = f"cd /root/code && {PYTHON} -m tests.hardware.inside."
COMPLAINTS = "dmesg | grep -E 'Oops|BUG:|general protection|WARNING:' | head -n 3 || true"
# each in a guest of its own: a chip that is torn out at the end of one has harmed Debian 12's kernel
ROUNDS = (("presence",), ("pwm", "relay"), ("agent", "usb"))
PARTS = [part for together in ROUNDS for part in together]


def main() -> int:
    """Run what was asked for; 0: all is well, or nothing could be run."""
    parser = argparse.ArgumentParser(prog="make hardware", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all")
    parser.add_argument(
        "--patient", action="store_true", help="pull a sensor for ten minutes too, until it is an alarm"
    )
    parser.add_argument("--verbose", action="store_true", help="what the scripts and the agent say beside it")
    asked = parser.parse_args()
    if unknown := set(asked.only) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    wanted = set(asked.only or PARTS)
    if "usb" in wanted:
        wanted.add("agent")  # it listens
    report = Report(verbose=asked.verbose)
    try:
        if reason := why_not():
            raise CannotRun(reason)
        return _run(wanted, report, patient=asked.patient)
    except CannotRun as reason:
        if report.passed + report.failed:
            print(f"hardware: ENDED EARLY after {report.passed} passed, {report.failed} failed: {reason}", flush=True)
            return 1
        print(f"hardware: SKIPPED, nothing was tested: {reason}", flush=True)
        return int(os.environ.get("CI") == "true")


def _run(wanted: set[str], report: Report, *, patient: bool) -> int:
    began_s = time.monotonic()
    made = image(report.note)
    for together in ROUNDS:
        parts = [part for part in together if part in wanted]
        if parts:
            since_s = time.monotonic()
            with guest(made, report.note) as machine:
                report.note(f"a guest after {time.monotonic() - since_s:.0f} s: {_about(machine)}")
                _play(machine, parts, report, patient=patient)
    print(f"hardware: {report.passed} passed, {report.failed} failed in {time.monotonic() - began_s:.0f} s")
    return int(report.failed > 0)


def _play(machine: Guest, parts: list[str], report: Report, *, patient: bool) -> None:
    failed = report.failed
    for part in parts:
        if part == "usb":
            usb.play(machine, report)
        else:
            report.script(machine, part, INSIDE + part)
    if "agent" in parts:
        report.script(machine, "agent", INSIDE + "agent torn")
        if patient:
            usb.play_silence(machine, report)
        if report.failed > failed:
            print(machine.run("journalctl --no-pager --output=cat --unit=lampyre | tail -n 60"))
    if said := machine.run(COMPLAINTS):
        report.note(f"the guest's own kernel complains (docs/hardware.md): {said}")


def _about(machine: Guest) -> str:
    return machine.run(f"uname -r; {PYTHON} -c 'import gpiod; print(\"gpiod\", gpiod.__version__)'").replace("\n", ", ")


if __name__ == "__main__":
    sys.exit(main())
