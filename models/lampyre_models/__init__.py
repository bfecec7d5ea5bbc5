"""The shipped models: for each a folder with model.tflite, card.toml and vectors.json."""
