"""DALI (IEC 62386): lamps on a two-wire line behind a serial gateway."""
