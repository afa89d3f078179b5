"""What is wrong with a scene: always the fault of the text."""


class SceneError(Exception):
    """A scene cannot be used; the message names the file, the place and the next step."""
