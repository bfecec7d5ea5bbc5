"""What a forecast costs beside the bare invoke of the same model, in one run: python tests/bench/inference.py."""

import sys
import time
from collections.abc import Callable

from lampyre.decide.inference import load_model
from lampyre.records import Features
from lampyre_models import folder

CALLS, ROUNDS = 2000, 7


def best_us(call: Callable[[], object]) -> float:
    """Return the microseconds of one call in the quickest round."""
    found = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        found.append((time.perf_counter() - start) / CALLS * 1e6)
    return min(found)


def main() -> None:
    """Print one line for each model."""
    for name in ("activity_v1", "fill_v1"):
        model = load_model(folder(name))
        features = Features(model.card.names, tuple((one.low + one.high) / 2 for one in model.card.inputs))
        whole = best_us(lambda model=model, features=features: model.predict(features))  # type: ignore[misc]
        bare = best_us(model._interpreter.invoke)
        sys.stdout.write(f"{name}: predict {whole:.1f} us, invoke {bare:.1f} us, ratio {whole / bare:.1f}\n")


if __name__ == "__main__":
    main()
