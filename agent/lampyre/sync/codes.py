"""MQTT 5's reason codes (OASIS MQTT 5.0, 2.4), those that we tell apart."""

SUCCESS = 0
FIRST_REFUSAL = 128  # MQTT 5, 2.4: reason codes from 0x80 say no
UNSPECIFIED = 0x80
BROKERS_OWN = 0x83
VERSION_REFUSED = 0x84
UNAVAILABLE = 0x88
BUSY = 0x89
TAKEN_OVER = 0x8E
TOPIC_INVALID = 0x90
ID_IN_USE = 0x91
QUOTA_EXCEEDED = 0x97
USE_ANOTHER = 0x9C
MOVED = 0x9D
TOO_MANY_CONNECTS = 0x9F
CLOSED_EARLY = -1  # no code of MQTT's: the broker read our CONNECT and closed without a word
