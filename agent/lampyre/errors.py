"""Every error that Lampyre raises on purpose, as one tree.

LampyreError
├── ConfigError        a file we were given does not say what we need; names file, key and cure
├── ModelRejected      a model bundle that we will not run; names the bundle and the reason
├── LinkDown           a byte link is not there (any more); names the link
├── OutboxError        the outbox could not keep a parcel
│   ├── OutboxFull     ... because its space is used up
│   └── OutboxBroken   ... because the disk or the file failed
│       └── OutboxHeld ... because another agent has it
├── UplinkDown         no session with the broker; names the broker and the reason
└── CommandRefused     a command that we will not do; the text goes back to whoever sent it
"""


class LampyreError(Exception):
    """Root of all errors below; its text is a message to someone."""


class ConfigError(LampyreError):
    """A file does not say what we need: file, key, cure."""


class ModelRejected(LampyreError):
    """A model bundle that we will not run: bundle, reason."""


class LinkDown(LampyreError):
    """A byte link is not there (any more): link, reason."""


class OutboxError(LampyreError):
    """The outbox could not keep a parcel."""


class OutboxFull(OutboxError):
    """The outbox has no space left for this class of parcel."""


class OutboxBroken(OutboxError):
    """The disk or the file under the outbox failed."""


class OutboxHeld(OutboxBroken):
    """Another process has the outbox: waiting does not help while it runs."""


class UplinkDown(LampyreError):
    """No session with the broker: broker, reason; `code` is what MQTT 5 calls it, 0 where the broker named nothing."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


class CommandRefused(LampyreError):
    """A command that we will not do; the text goes back to its sender."""
