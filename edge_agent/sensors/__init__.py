"""Sensors: one driver a file, one thread a sensor. A sensor that fails gives no data, never 0."""
