"""The technician's tools for scenes: check, calibrate, edit."""
