"""Bytes of real sensors and of their makers' papers, with where they come from, and what they mean."""

from lampyre_sim.contract import Capture

BANNER = b"HRXL-MaxSonar-WR\rPN:MB7369\rCopyright 2011-2013\rMaxBotix Inc.\rRoHS 1.8b090 0713\rTempI\r"

CAPTURES: dict[str, list[Capture]] = {
    "maxbotix": [
        Capture(
            "HRXL-MaxSonar-WR data sheet: R, four digits, return", b"\r" + b"R1234\r" * 5, ((1.234,),), within=0.05
        ),
        Capture("... after the banner of its start", BANNER + b"R0771\r" * 5, ((0.771,),), within=0.05),
        Capture("... with one echo lost", b"\rR2001\rR2003\rR5000\rR2002\rR2001\r", ((2.002,),), within=0.05),
    ],
}
