"""What can be wrong with a sensor, by whose fault: the configuration's, or the sensor's."""


class SensorError(Exception):
    """Anything that keeps readings from coming."""


class SensorConfigError(SensorError):
    """The driver or one of its options is unknown or out of bounds; says what to write instead."""


class SensorUnavailableError(SensorError):
    """The sensor does not answer, or answers nonsense; says what to do."""
