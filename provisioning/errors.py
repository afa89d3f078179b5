"""Errors of the technician's tool: each says what is wrong and what to do next."""


class ProvisioningError(Exception):
    """Base of all."""


class LocalSetupError(ProvisioningError):
    """This machine cannot run the system as it is: a port, a file, a program."""


class PartFailedError(ProvisioningError):
    """A part of the system that was started here ended or did not become ready."""
