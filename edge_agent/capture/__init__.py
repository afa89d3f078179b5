"""Frames from cameras: one file per kind of source, one thread per camera, newest frame wins."""
