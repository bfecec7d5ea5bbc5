"""`lampyre check`: what a node.toml means, in the words of the street, and what looks wrong about it."""

import os
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from lampyre.board import Definition
from lampyre.board_settings import OUR_BOARDS, BoardSettings
from lampyre.bounds import envelope_of, safe_signal
from lampyre.computer import computer_of, enabled_by, explain_pins
from lampyre.decide.bins.collect import RISK_H
from lampyre.decide.holidays import holidays_of
from lampyre.decide.light.classes import in_words
from lampyre.drivers import driver_of
from lampyre.errors import ConfigError, ModelRejected
from lampyre.guides import DUTIES, Duty, load_guide
from lampyre.hardware import definitions
from lampyre.keeping import outbox_lines
from lampyre.link import parse_address
from lampyre.papers import broker_told
from lampyre.permits import group_of, shut
from lampyre.policies import volume_of
from lampyre.policy_settings import beyond, next_to
from lampyre.portnames import unsteady
from lampyre.records import Fine
from lampyre.sandbox import out_of_reach
from lampyre.settings import BinSettings, LampSettings, Settings
from lampyre.sync.datagrams import key_of
from lampyre.tongues import tongues_told

SUN_CEL = 50.0  # in a dark container on a day of 35 degC


def explain(settings: Settings) -> Iterator[str]:
    """Yield a line for each thing the file says; `!` begins what a technician should look at; raises ConfigError."""
    boards = definitions(settings)
    node = settings.node
    yield f"node {node.site}/{node.id} at {node.latitude:.4f}, {node.longitude:.4f}, {node.time_zone}"
    holidays_of(node.country)
    yield f"public holidays of {node.country}" if node.country else "no country: the forecasts know no public holidays"
    yield f"broker {settings.broker.url}" + ("" if settings.broker.tls else " (plain text, not encrypted)")
    yield from broker_told(settings)
    computer = computer_of(node.computer)
    yield from explain_pins(computer, settings.board)
    for board in settings.board:
        yield f"board {board.id}: {board.kind} on {board.link}"
        path = parse_address(board.link).path
        if path and not Path(path).exists():
            line = enabled_by(computer, path) if computer is not None else ""
            cure = f"write {line} into /boot/firmware/config.txt" if line else "plug it in"
            yield f"! board {board.id}: {path} is not there now; {cure}, or correct link"
        elif path and not os.access(path, os.R_OK if Path(path).is_dir() else os.R_OK | os.W_OK):
            yield f"! board {board.id}: {path} may not be opened by you; the service needs its group ({group_of(path)})"
        yield from _speed(board)
    yield from unsteady(settings.board)
    yield from out_of_reach(settings)
    yield from shut(settings)
    for lamp in settings.lamp:
        yield from _lamp(lamp, settings, boards[lamp.board])
        yield from _hung(lamp, settings)
    yield from _between(settings)
    for bin_ in settings.bin:
        yield from _bin(bin_, settings, boards)
    for duty in DUTIES:
        yield _model(duty, settings)
    yield from outbox_lines(settings)
    yield from tongues_told(settings)
    if node.console_pin is None:
        yield "! console_pin is not set: the console only reads; `lampyre pin` makes one"


def _bin(bin_: BinSettings, settings: Settings, boards: Mapping[str, Definition]) -> Iterator[str]:
    shape = "by its own curve" if bin_.curve else bin_.shape
    full = f"full at {bin_.full_at:.0%}"
    yield f"bin {bin_.id}: {bin_.stream}, {bin_.height_m:g} m deep, {shape}, {full}, by {bin_.distance}"
    yield f"bin {bin_.id}: {_rounds(bin_)}"
    board, _, name = bin_.distance.partition(".")
    sees_m = next(channel.high for channel in boards[board].channels if channel.name == name)
    if bin_.height_m > sees_m:
        yield f"! bin {bin_.id}: {bin_.distance} sees {sees_m:g} m; empty, at {bin_.height_m:g} m, it will be in doubt"
    for other in settings.bin:
        if other.distance == bin_.distance and other.id < bin_.id:
            yield f"! bin {bin_.id}: {bin_.distance} is {other.id}'s too; one sensor sees one bin"
    if bin_.temperature is None:
        yield f"! bin {bin_.id}: no temperature: a fire in it is not seen"
    elif bin_.fire_at < SUN_CEL:
        yield f"! bin {bin_.id}: fire_at {bin_.fire_at:g}: the sun alone heats a bin to {SUN_CEL:g} degC"


def _rounds(bin_: BinSettings) -> str:
    wanted, budget = bin_.collection, bin_.sampling
    risk_h = RISK_H if wanted.risk_h is None else wanted.risk_h
    old = "" if wanted.age_most_days is None else f", or after {wanted.age_most_days:g} days"
    looks = "on mains" if budget.looks is None else f"{budget.looks:.0f} looks a year"
    return (
        f"somebody can come {wanted.access}, and should where waiting would cost over {risk_h:g} h full{old}; "
        f"{looks}, {budget.states} states"
    )


def _speed(board: BoardSettings) -> Iterator[str]:
    driver = None if board.kind in OUR_BOARDS else driver_of(board.kind)
    baud = parse_address(board.link).baud
    if driver is None or not baud:
        return
    if driver.speech is not None and baud != driver.speech.baud:
        yield f"! board {board.id}: {board.kind} leaves the factory at {driver.speech.baud} baud, the link says {baud}"
    if driver.bus is not None and baud != driver.bus.baud:  # where several share a line, that is as it must be
        yield f"board {board.id}: {board.kind} leaves the factory at {driver.bus.baud} baud; it must be set to {baud}"


def _between(settings: Settings) -> Iterator[str]:
    moving = settings.moving
    others = sorted(beyond(next_to((lamp.id, lamp.neighbours) for lamp in settings.lamp)))
    if moving.between_nodes == "off":
        return
    if not others:
        yield f'! moving: between_nodes = "{moving.between_nodes}", and no lamp names a neighbour at another node'
        return
    way = "the broker" if moving.between_nodes == "broker" else "datagrams"
    yield f"moving light: {', '.join(others)} hears of who comes, by {way}; it must name ours in its file too"
    if moving.datagrams is not None:
        yield f"moving light: signed datagrams at {moving.datagrams.listen}, the one network socket that listens"
        try:
            key_of(moving.datagrams.key_file)
        except ConfigError as error:
            yield f"! {error}"


def _lamp(lamp: LampSettings, settings: Settings, board: Definition) -> Iterator[str]:
    envelope = envelope_of(lamp, settings.node)
    quiet = f"{in_words(lamp.quiet_class)} at {envelope.floor:.0%}"
    full = f"class {in_words(lamp.lighting_class)} at {lamp.class_level:.0%}"
    doubt = f"{envelope.safe_level:.0%} when in doubt"
    if lamp.policy == "on_demand":
        held = f"held {lamp.hold_s:.0f} to {lamp.hold_most_s:.0f} s"
        yield f"lamp {lamp.id}: {full} when somebody is there, {quiet} when nobody is, {doubt}; {held}"
    else:
        yield f"lamp {lamp.id}: {full}, never below {quiet}, {doubt}"
        yield f"lamp {lamp.id}: {_by_policy(lamp)}"
    others = next_to((one.id, one.neighbours) for one in settings.lamp)[lamp.id]
    if others:
        rises = "" if lamp.policy == "on_demand" else f'; policy = "{lamp.policy}" itself never rises for it'
        yield f"lamp {lamp.id}: next to {', '.join(others)}; who comes at one is expected at the next{rises}"
    if lamp.groups:
        yield f"lamp {lamp.id}: also meant by {', '.join(dict.fromkeys(lamp.groups))}"
    if envelope.most < 1.0:
        yield f"lamp {lamp.id}: never above {envelope.most:.0%}, but by a technician"
    if envelope.curfew is not None:
        curfew = envelope.curfew
        hours = f"{curfew.begin:%H:%M} to {curfew.end:%H:%M}"
        yield f"lamp {lamp.id}: {hours} not above {curfew.most:.0%}, but by a command"
    if envelope.cap(Fine.PRESENCE, None) < lamp.class_level:
        yield f"! lamp {lamp.id}: class {lamp.lighting_class} needs {lamp.class_level:.0%}: limits.most forbids it"
    if 0.0 < envelope.floor < envelope.least:
        asked = f"{lamp.quiet_class} asks {envelope.floor:.0%}"
        yield f"! lamp {lamp.id}: {asked} and gets {envelope.least:.0%}: output.minimum"
    if envelope.floor == 0.0:
        yield f"! lamp {lamp.id}: quiet class {lamp.quiet_class} asks for no light: dark when nobody is there"
    safe = safe_signal(lamp, envelope, board.safe_level)
    if safe > board.safe_level and board.kind in OUR_BOARDS:
        yield f"lamp {lamp.id}: its board is told to keep a safe signal of {safe:.0%}, for the day the node is silent"


def _hung(lamp: LampSettings, settings: Settings) -> Iterator[str]:
    """Yield what becomes of a lamp that hangs directly at the node, and what it misses beside a board of ours."""
    kind = next(board.kind for board in settings.board if board.id == lamp.board)
    hung = None if kind in OUR_BOARDS else driver_of(kind).lamp
    if hung is None:
        return
    yield f"lamp {lamp.id}: hangs at the node; while no agent runs, {hung.alone}"
    if lamp.presence is None and lamp.policy != "program":
        yield f"! lamp {lamp.id}: presence names no sensor: it is never darker than in doubt"


def _by_policy(lamp: LampSettings) -> str:
    if lamp.adaptive is None:
        return "by its programme alone" if lamp.programme or lamp.calendar else "its class all night, whoever comes"
    volume = volume_of(lamp, lamp.adaptive)
    if volume.classes[0] == volume.classes[-1]:
        return f"by traffic, but {lamp.quiet_class} is its class and its floor: never less"
    steps = zip(pairwise(volume.classes), volume.levels[1:], lamp.adaptive.thresholds, strict=True)
    less = ", ".join(
        f"{name} at {level:.0%} below {share * volume.design_per_h:g}"
        for (above, name), level, share in steps
        if name != above
    )
    return f"by traffic: {less} passages an hour" + ("; without steps between them" if volume.continuous else "")


def _model(duty: Duty, settings: Settings) -> str:
    try:
        model = load_guide(duty, settings)
    except ModelRejected as error:
        return f"! model for {duty}: refused, the rule decides: {error}"
    return f"model for {duty}: {model.source}" if model else f"model for {duty}: none, the rule decides"
