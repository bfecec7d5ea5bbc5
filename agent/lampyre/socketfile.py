"""A Unix socket at a path: only those it is for may knock, and nobody who still answers loses his place."""

import os
import socket
import stat
from pathlib import Path

from lampyre.errors import ConfigError

OWNER = 0o600  # for our own processes
GROUP = 0o660  # for a technician in the service's group; whoever else is on the machine stays outside
BACKLOG = 16  # connections that wait to be taken


def listen(path: Path, mode: int) -> socket.socket:
    """Return a listening socket at `path`, its folder made if absent; raises ConfigError with path and cure.

    What a process that died has left behind is removed; a socket that answers, or another kind of file, is not.
    """
    if path.is_socket() and _answers(path):
        raise ConfigError(f"{path}: another process serves it; stop that one, or give another path")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_socket():
            path.unlink()
        os.fchmod(listener.fileno(), mode)  # before it has a name: no moment in which it is open to all
        listener.bind(str(path))
        path.chmod(mode)  # the umask may have taken the group's part away
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(f"{path}: {_why(error, path)}") from error
    return listener


def remove(path: Path, listener: socket.socket) -> None:
    """Close the listener and take its name away, unless another has taken the place meanwhile."""
    listener.close()
    try:
        if stat.S_ISSOCK(path.stat().st_mode) and not _answers(path):
            path.unlink()
    except OSError:
        pass  # gone already, or not ours to remove


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as knock:
        try:
            knock.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:  # no permission, or its queue is full: somebody is there
            return True
        return True


def _why(error: OSError, path: Path) -> str:
    if error.errno is None:  # Python's own "AF_UNIX path too long"
        return f"{len(str(path))} characters; a socket's path has at most 107, choose a shorter runtime_dir"
    if path.exists() and not path.is_socket():
        return "there is a file of that name; move it away"
    return f"{os.strerror(error.errno)}; the service's user must be able to write in {path.parent}"
