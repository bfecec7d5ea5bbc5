"""What is said of a lamp that hangs at the node itself, in words for a technician: French and English."""

# pattern of the agent's text, plain English, French; see whys.py
GEAR_TEXTS: tuple[tuple[str, str, str], ...] = (
    ("the way to it is lost: it stays as it was, as far as known",
     "the way to it is lost; as far as known it stays as it was",
     "le chemin vers elle est coupé ; autant qu'on sache, elle reste comme elle était"),
    (r"(\S+): takes no light for (\d+) s; check cable and power",
     "{0}: takes no light for {1} s; check cable and power",
     "{0} : ne prend aucun ordre de lumière depuis {1} s ; voir câble et alimentation"),
    # what its gear says
    (r"gear ([\d, ]+) says so", "gear {0} says so", "l'appareillage {0} le dit"),
    (r"no answer of gear ([\d, ]+)", "no answer of gear {0}; check its supply and its two DALI wires",
     "pas de réponse de l'appareillage {0} ; voir son alimentation et ses deux fils DALI"),
    ("its gear says so no more", "its gear says so no more", "son appareillage ne le dit plus"),
    # TALQ's events
    ("controlGearFailure", "control gear failed", "appareillage en panne"),
    ("controlGearCommFailure", "no way to its gear", "appareillage injoignable"),
    ("controlGearExternalSupplyUndervoltage", "mains voltage too low", "tension du réseau trop basse"),
    ("controlGearExternalSupplyOvervoltage", "mains voltage too high", "tension du réseau trop haute"),
    ("controlGearOutputPowerLimitation", "gear limits its power", "appareillage qui limite sa puissance"),
    ("controlGearThermalDerating", "gear too warm, gives less", "appareillage trop chaud, donne moins"),
    ("controlGearThermalShutdown", "gear too hot, gives nothing", "appareillage trop chaud, ne donne rien"),
    ("lightSourceShortCircuit", "short circuit in the LED module", "court-circuit dans le module LED"),
    ("lightSourceOpenCircuit", "LED module disconnected", "module LED débranché"),
    ("lightSourceThermalDerating", "LED module too warm, gives less", "module LED trop chaud, donne moins"),
    ("lightSourceThermalShutdown", "LED module too hot, gives nothing", "module LED trop chaud, ne donne rien"),
    # the way to a DALI line
    (r"(\S+): no DALI HAT answers; check the port, baud=19200 and that no console is on it",
     "{0}: no DALI HAT answers; check the port, its speed (19200) and that no console is on it",
     "{0} : aucun DALI HAT ne répond ; voir le port, sa vitesse (19200), et qu'aucune console n'y soit"),
    (r"(\S+): the DALI line has no power; check its supply, and for a short circuit",
     "{0}: the DALI line has no power; check its supply, and for a short circuit",
     "{0} : la ligne DALI n'a pas de tension ; voir son alimentation, et s'il y a un court-circuit"),
    (r"(\S+): the gateway says nothing; check its cable and power",
     "{0}: the gateway says nothing; check its cable and power",
     "{0} : la passerelle ne dit rien ; voir son câble et son alimentation"),
    (r"(\S+): frames collide; is another DALI master on the line\?",
     "{0}: frames collide; is another DALI master on the line?",
     "{0} : des trames se heurtent ; y a-t-il un autre maître DALI sur la ligne ?"),
)  # fmt: skip
