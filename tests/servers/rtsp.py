"""A real RTSP server (GStreamer's, from Debian) that sends live H.264 as a camera does."""

import os
import sys
from pathlib import Path

from servers.debian import obtain
from servers.process import ServerProcess

PACKAGE = "libgstrtspserver-1.0-0"


class RtspServer(ServerProcess):
    """Serves `url` over TCP; with a user, only with digest authentication."""

    name = "rtsp"

    def __init__(
        self, directory: Path, *, user: str = "", password: str = "", port: int | None = None
    ) -> None:
        super().__init__(directory, port=port)
        self._user = user
        self._password = password
        self._debian = obtain(PACKAGE)

    @property
    def url(self) -> str:
        """The address of the stream, with the right user and password in it if it needs them."""
        login = f"{self._user}:{self._password}@" if self._user else ""
        return f"rtsp://{login}127.0.0.1:{self.port}/stream"

    def command(self) -> list[str]:
        login = [self._user, self._password] if self._user else []
        program = Path(__file__).with_name("rtsp_program.py")
        return [sys.executable, str(program), str(self.port), *login]

    def environment(self) -> dict[str, str]:
        root = self._debian.root
        variables = os.environ | self._debian.environment()
        if root is not None:
            plugins = {
                path.parent for path in root.rglob("libgst*.so") if path.parent.name == "gstreamer-1.0"
            }
            variables["GST_PLUGIN_PATH"] = ":".join(str(path) for path in plugins)
            # Kept beside the packages: looking through two hundred plugins takes seconds.
            variables["GST_REGISTRY"] = str(root / "gst-registry.bin")
            for scanner in root.rglob("gst-plugin-scanner"):
                variables["GST_PLUGIN_SCANNER"] = str(scanner)
        return variables
