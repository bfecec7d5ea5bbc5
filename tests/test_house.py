"""The house rules that no linter holds: what the code must not do, and that the README speaks of what there is."""

import argparse
import ast
import importlib
import inspect
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lampyre import __main__ as node_words
from lampyre.settings import load_settings
from lampyre_sim import __main__ as street_words

ROOT = Path(__file__).parent.parent
AGENT = sorted((ROOT / "agent/lampyre").rglob("*.py"))
HOST = [
    *AGENT,
    *sorted(  # firmware/ starts MicroPython's main.py by exec
        path for path in (ROOT / "simulator/lampyre_sim").rglob("*.py") if path.parent.name != "firmware"
    ),
    *sorted((ROOT / "models/lampyre_models").rglob("*.py")),
    *sorted((ROOT / "boards/lampyre_boards").glob("*.py")),
]
NEVER = {"eval", "exec", "compile", "__import__"}  # names that run text as code
NEVER_OF = {  # ... and attributes: code from bytes, a shell, files that leave their folder, packages at run time
    "pickle": {"*"}, "marshal": {"*"}, "shelve": {"*"}, "yaml": {"load", "unsafe_load", "full_load"},
    "os": {"system", "popen"}, "subprocess": {"getoutput", "getstatusoutput"},
    "tarfile": {"*"}, "shutil": {"unpack_archive"}, "runpy": {"*"}, "pip": {"*"}, "ensurepip": {"*"},
    "ssl": {"CERT_NONE", "CERT_OPTIONAL", "_create_unverified_context"}, "time": {"time", "localtime", "gmtime"},
}  # fmt: skip
DOCUMENTED = [path for path in AGENT if path.name != "__main__.py"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def sins(path: Path) -> list[str]:
    """Return what the file does that no file may."""
    return [sin for node in ast.walk(tree(path)) for sin in (*of_names(node), *of_settings(node), *of_times(node))]


def of_names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=called)) if called in NEVER:
            yield f"{node.lineno}: {called}()"
        case ast.Attribute(value=ast.Name(id=module), attr=attr) if NEVER_OF.get(module, set()) & {attr, "*"}:
            yield f"{node.lineno}: {module}.{attr}"
        case ast.Import(names=names) if found := [one.name for one in names if "*" in NEVER_OF.get(one.name, ())]:
            yield f"{node.lineno}: import {found}"
        case ast.ImportFrom(module=str(module), names=names):
            if found := [one.name for one in names if NEVER_OF.get(module, set()) & {one.name, "*"}]:
                yield f"{node.lineno}: from {module} import {found}"


def of_settings(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(attr="extractall" | "tls_insecure_set"):
            yield f"{node.lineno}: {node.attr}"
        case ast.keyword(arg="shell" | "tls_insecure", value=value) if getattr(value, "value", True):
            yield f"{node.lineno}: {node.arg}="
        case ast.keyword(arg="check_hostname", value=value) if not getattr(value, "value", False):
            yield f"{node.lineno}: {node.arg}="
        case ast.Assign(targets=[ast.Attribute(attr="check_hostname" | "verify_mode")]):
            yield f"{node.lineno}: TLS checks are the library's, not ours to set"


def of_times(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Attribute(attr="now" | "fromtimestamp" as made, value=ast.Name(id="datetime"))):
            if len(node.args) + len(node.keywords) < (1 if made == "now" else 2):
                yield f"{node.lineno}: datetime.{made} without a zone"
        case ast.Attribute(attr="utcnow" | "utcfromtimestamp"):
            yield f"{node.lineno}: {node.attr} is naive"


@pytest.mark.parametrize("path", HOST, ids=name)
def test_no_file_runs_text_opens_a_shell_unpacks_drops_tls_checks_or_takes_a_naive_time(path: Path) -> None:
    assert sins(path) == []


def test_the_lint_sees_what_it_is_for(tmp_path: Path) -> None:
    wrong = [
        "eval('1')", "exec(text)", "import pickle", "from pickle import loads", "yaml.load(text)", "os.system('ls')",
        "from os import system", "subprocess.run(x, shell=True)", "archive.extractall()", "ssl.CERT_NONE",
        "from ssl import CERT_NONE", "context.check_hostname = False", "connect(check_hostname=False)", "time.time()",
        "from time import time", "datetime.now()", "datetime.fromtimestamp(5)", "datetime.utcnow()",
    ]  # fmt: skip
    for line in wrong:
        path = tmp_path / "wrong.py"
        path.write_text(line)
        assert sins(path), line
    path.write_text("datetime.now(UTC); subprocess.run(x); re.compile('x'); datetime.fromtimestamp(5, UTC)")
    assert sins(path) == []


def test_only_the_supervisor_catches_everything() -> None:
    def catches_all(node: ast.AST) -> bool:
        if not isinstance(node, ast.ExceptHandler):
            return False
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        names = {one.id for one in caught if isinstance(one, ast.Name)}
        raises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
        return node.type is None or "Exception" in names or ("BaseException" in names and not raises)

    found = [path.name for path in AGENT for node in ast.walk(tree(path)) if catches_all(node)]
    assert found == ["supervisor.py"] * 2, "one for a job, one for what is done for one asset"


@pytest.mark.parametrize("path", DOCUMENTED, ids=name)
def test_every_public_name_says_what_it_is_for(path: Path) -> None:
    if sys.flags.optimize > 1:
        pytest.skip("python -OO has no docstrings")
    module = importlib.import_module(
        ".".join(path.relative_to(ROOT / "agent").with_suffix("").parts).removesuffix(".__init__")
    )
    assert module.__doc__
    for own, found in vars(module).items():
        if own.startswith("_") or getattr(found, "__module__", None) != module.__name__:
            continue
        if not (inspect.isclass(found) or inspect.isfunction(found)):
            continue
        assert found.__doc__, f"{path.name}: {own}"
        members = vars(found).items() if inspect.isclass(found) else ()
        for member, thing in members:
            if not member.startswith("_") and (inspect.isfunction(thing) or isinstance(thing, property | classmethod)):
                assert inspect.getdoc(getattr(found, member)), f"{path.name}: {own}.{member}"


def commands(document: str) -> list[str]:
    """Return the lines of a document's shell blocks, without comments."""
    blocks = re.findall(r"```(?:sh|bash|console)\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.split(" # ")[0].strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def parsers() -> dict[str, argparse.ArgumentParser]:
    return {"lampyre": node_words._parser(), "lampyre-sim": street_words._parser()}


@pytest.mark.parametrize("document", ["README.md", "deploy/README.md", "CONTRIBUTING.md"])
def test_the_commands_of_the_documents_exist(document: str) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for line in commands(document):
        words = shlex.split(line, comments=True)
        while words and (words[0] in {"sudo", "-u"} or words[0] == "lampyre" == words[min(1, len(words) - 1)]):
            words = words[1:]
        program = words[0].rpartition("/")[2] if words else ""
        if program in parsers():
            parsers()[program].parse_args(words[1:])
        elif program == "make":
            assert words[1] in targets, line
        elif "/" in (words[0] if words else "") and not words[0].startswith("/"):
            assert (ROOT / words[0]).exists(), line


def test_the_readmes_node_and_the_example_files_are_understood(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    head, lamp, _ = blocks[0].partition("[[lamp]]")
    assert lamp
    for number, text in enumerate(blocks):
        path = tmp_path / f"{number}.toml"
        path.write_text(text if "[node]" in text else head + text, encoding="utf-8")  # some show a lamp alone
        load_settings(path)
    for path in (ROOT / "deploy").glob("*.toml"):
        load_settings(path)
