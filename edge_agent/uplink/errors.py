"""Why there is no connection, by whose fault, with the next step."""


class UplinkError(Exception):
    """Anything that keeps the node from its broker."""


class BrokerUnreachableError(UplinkError):
    """No connection, or it was lost; tried again soon."""


class BrokerRefusedError(UplinkError):
    """The broker does not want this node as it is configured; tried again slowly."""


class EndpointError(UplinkError):
    """The `[broker]` section cannot be used as it stands."""
