"""The RTSP server's own process: GStreamer's RTSP server library (Debian), driven through ctypes.

    python rtsp_program.py PORT [USER PASSWORD]

Serves /stream: live H.264 of a moving ball, 320x240 at 15 frames a second, over TCP only, so that a client
which asks for UDP gets nothing. With a user, digest authentication is needed. `servers.rtsp` sets the
LD_LIBRARY_PATH and GST_PLUGIN_PATH that it needs.
"""

import ctypes
import sys

LOWER_TRANSPORT_TCP = 4
AUTH_DIGEST = 2
G_TYPE_BOOLEAN = ctypes.c_size_t(5 << 2)
G_TYPE_STRING = ctypes.c_size_t(16 << 2)
END = ctypes.c_void_p(None)
ROLE = b"viewer"
LAUNCH = (
    b"( videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1"
    b" ! openh264enc gop-size=15 ! rtph264pay config-interval=-1 name=pay0 pt=96 )"
)


def library(name: str) -> ctypes.CDLL:
    loaded = ctypes.CDLL(name)
    for function in (
        "gst_rtsp_server_new",
        "gst_rtsp_server_get_mount_points",
        "gst_rtsp_media_factory_new",
        "gst_rtsp_auth_new",
        "gst_rtsp_token_new",
    ):
        if name.startswith("libgstrtspserver"):
            getattr(loaded, function).restype = ctypes.c_void_p
    return loaded


def demand_password(
    rtsp: ctypes.CDLL, server: ctypes.c_void_p, factory: ctypes.c_void_p, user: str, password: str
) -> None:
    auth = ctypes.c_void_p(rtsp.gst_rtsp_auth_new())
    token = ctypes.c_void_p(rtsp.gst_rtsp_token_new(b"media.factory.role", G_TYPE_STRING, ROLE, END))
    rtsp.gst_rtsp_auth_set_supported_methods(auth, AUTH_DIGEST)
    rtsp.gst_rtsp_auth_add_digest(auth, user.encode(), password.encode(), token)
    rtsp.gst_rtsp_server_set_auth(server, auth)
    access = (b"media.factory.access", G_TYPE_BOOLEAN, 1)
    construct = (b"media.factory.construct", G_TYPE_BOOLEAN, 1)
    rtsp.gst_rtsp_media_factory_add_role(factory, ROLE, *access, *construct, END)


def main() -> None:
    port, *credentials = sys.argv[1:]
    rtsp = library("libgstrtspserver-1.0.so.0")
    glib = library("libglib-2.0.so.0")
    glib.g_main_loop_new.restype = ctypes.c_void_p
    library("libgstreamer-1.0.so.0").gst_init(None, None)
    server = ctypes.c_void_p(rtsp.gst_rtsp_server_new())
    rtsp.gst_rtsp_server_set_address(server, b"127.0.0.1")
    rtsp.gst_rtsp_server_set_service(server, port.encode())
    factory = ctypes.c_void_p(rtsp.gst_rtsp_media_factory_new())
    rtsp.gst_rtsp_media_factory_set_launch(factory, LAUNCH)
    rtsp.gst_rtsp_media_factory_set_protocols(factory, LOWER_TRANSPORT_TCP)
    if credentials:
        demand_password(rtsp, server, factory, *credentials)
    mounts = ctypes.c_void_p(rtsp.gst_rtsp_server_get_mount_points(server))
    rtsp.gst_rtsp_mount_points_add_factory(mounts, b"/stream", factory)
    if rtsp.gst_rtsp_server_attach(server, None) == 0:
        sys.exit(f"port {port} is taken")
    glib.g_main_loop_run(ctypes.c_void_p(glib.g_main_loop_new(None, 0)))


if __name__ == "__main__":
    main()
