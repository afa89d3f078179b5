"""What can go wrong in a technician's tool, by whose fault."""


class SceneToolError(Exception):
    """The tool cannot do what was asked; the message says why and what to do."""


class SceneFileError(SceneToolError):
    """The scene file cannot be read or written."""


class SceneChangedError(SceneFileError):
    """The file is no longer what was read: somebody else wrote it meanwhile."""


class PictureError(SceneToolError):
    """There is no still to draw on."""


class SurveyError(SceneToolError):
    """Surveyed points cannot be used."""
