"""Bytes of real sensors and of their makers' papers, with where they come from, and what they mean."""

from math import nan

from lampyre_sim.contract import Capture

BANNER = b"HRXL-MaxSonar-WR\rPN:MB7369\rCopyright 2011-2013\rMaxBotix Inc.\rRoHS 1.8b090 0713\rTempI\r"

DYP = bytes.fromhex("FF 07 A1 A7")  # DFRobot wiki, SEN0311, SEN0312, SEN0313: 1953 mm
DYP_NEAR = bytes.fromhex("FF 01 A1 A1")  # DFRobot wiki, SEN0627 (whose unit is the centimetre): 417
DYP_NONE = bytes.fromhex("FF 00 00 FF")  # what an A02 says in the open; a report on waterproof_small_blind_..._DYP-A02
TFMINI = bytes.fromhex("59 59 7B 00 E8 03 60 09 81")  # built by SJ-PM-TFmini-S 5.3: 123 cm, strength 1000, 44 degC
TFMINI_WEAK = bytes.fromhex("59 59 7B 00 32 00 60 09 C8")  # ... strength 50
TFMINI_CODE = bytes.fromhex("59 59 FE FF FF FF 60 09 16")  # ... table 8: -2, overexposed
# https://github.com/shabaz (LD2410 tool, 2023): both moving and still
RADAR_BOTH = bytes.fromhex("F4F3F2F1 0D00 02AA 03 4F00 64 4C00 64 3200 5500 F8F7F6F5")
# Hi-Link, serial communication protocol V1.02, 2.3: somebody stands still
RADAR_STILL = bytes.fromhex("F4F3F2F1 0D00 02AA 02 5100 00 0000 3B 0000 5500 F8F7F6F5")
RADAR_NONE = bytes.fromhex("F4F3F2F1 0D00 02AA 00 0000 00 0000 37 0000 5500 F8F7F6F5")  # notes in Tasmota's driver
RMC = b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n"  # bytefusion.com, aboutgprmc
GGA = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"  # the same page
RMC_3 = b"$GPRMC,222414.00,A,4915.3920,N,12259.8072,W,000.2,242.0,211210,,,A*49\r\n"  # cypress.bc.ca, message 82
MUNICH = (48 + 7.038 / 60, 11 + 31.0 / 60)

CAPTURES: dict[str, list[Capture]] = {
    "maxbotix": [
        Capture(
            "HRXL-MaxSonar-WR data sheet: R, four digits, return", b"\r" + b"R1234\r" * 5, ((1.234,),), within=0.05
        ),
        Capture("... after the banner of its start", BANNER + b"R0771\r" * 5, ((0.771,),), within=0.05),
        Capture("... with one echo lost", b"\rR2001\rR2003\rR5000\rR2002\rR2001\r", ((2.002,),), within=0.05),
    ],
    "dyp_a01": [Capture("SEN0313", DYP * 5, ((1.953,),), within=0.05)],
    "dyp_a02": [
        Capture("SEN0311", DYP * 5, ((1.953,),), within=0.05),
        Capture("SEN0627", DYP_NEAR * 5, ((0.417,),), within=0.05),
        Capture("... with one echo lost", DYP * 2 + DYP_NONE + DYP * 2, ((1.953,),), within=0.05),
        Capture("noise before it", b"\x07\xff\xff" + DYP * 5, ((1.953,),), within=0.05),
    ],
    "tfmini_s": [
        Capture("SJ-PM-TFmini-S 5.3", TFMINI * 5, ((1.23,),), within=0.05),
        Capture("... 5.4", TFMINI * 2 + TFMINI_CODE + TFMINI * 2, ((1.23,),), within=0.05),
        Capture("... strength", TFMINI * 2 + TFMINI_WEAK + TFMINI * 2, ((1.23,),), within=0.05),
    ],
    "tf_luna": [Capture("the same frames", TFMINI * 5, ((1.23,),), within=0.05)],
    "ld2410": [
        Capture("both", RADAR_BOTH * 2, ((1.0, 0.79),), within=0.3),
        Capture("still", RADAR_STILL * 2, ((1.0, 0.0),), within=0.3),
        Capture("none", RADAR_NONE * 2, ((0.0, nan),), within=0.3),
    ],
    "nmea": [
        Capture(
            "bytefusion.com", RMC + GGA + RMC, ((*MUNICH, nan), (*MUNICH, 3920186119.0)), within=(0.01, 0.01, 10.0)
        ),
        Capture(
            "cypress.bc.ca",
            RMC_3 * 2,
            ((49 + 15.392 / 60, -(122 + 59.8072 / 60), 1292970254.0),),
            within=(0.01, 0.01, 10.0),
        ),
    ],
}
